"""Deletion."""

from dataclasses import dataclass
from typing import ClassVar

from mammo_core.evidence.base import Family
from mammo_core.evidence.perturbing import Perturbing, Plan
from mammo_core.evidence.pixel_flipping import check_steps, plan_flipping
from mammo_core.evidence.scene import Trial, check_fill
from mammo_core.evidence.target_scores import Score, check_score


@dataclass(frozen=True, kw_only=True)
class Deletion(Perturbing):
    """How high the score stays while the pixels go that the map calls most important.

    The area under the score over the share of pixels replaced, from none to all, by trapezoids.
    Departures from the paper: pixels go in `steps` equal parts, equal values in an order drawn
    from the seed, and by default they give way to the blurred image: scattered black or gray pixels
    are themselves a finding (see docs/evidence.md).

    Attributes:
        steps: Parts, at least 1; forward passes less one.
        fill: What replaces them: the "blurred" image, "black", or each channel's "mean".
        seed: Orders pixels of equal value.
    """

    title: ClassVar[str] = "Deletion"
    reference: ClassVar[str] = "Petsiuk et al. 2018, arXiv:1806.07421"
    family: ClassVar[Family] = "faithfulness"
    higher_is_better: ClassVar[bool] = False
    range: ClassVar[tuple[float | None, float | None]] = (0.0, 1.0)
    of_random: ClassVar[str] = (
        "No fixed number: it depends on the model. Where the score is linear in the image, half of "
        "the unperturbed score plus half of the filled image's"
    )
    cost: ClassVar[int] = 21
    score: Score = "probability"
    steps: int = 20
    fill: str = "blurred"
    seed: int = 0

    def __post_init__(self) -> None:
        check_score(self.score)
        check_steps(self.steps)
        check_fill(self.fill)

    def plan(self, trial: Trial) -> Plan:
        """From the image to the fill."""
        start = ("image", trial.scene.image)
        end = (self.fill, trial.scene.filled(self.fill))
        return plan_flipping(start, end, trial.order(self.seed), self.steps)
