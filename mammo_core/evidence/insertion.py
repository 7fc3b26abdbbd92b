"""Insertion."""

from dataclasses import dataclass
from typing import ClassVar

from mammo_core.evidence.base import Family
from mammo_core.evidence.perturbing import Perturbing, Plan
from mammo_core.evidence.pixel_flipping import check_steps, plan_flipping
from mammo_core.evidence.scene import Trial, check_fill
from mammo_core.evidence.target_scores import Score, check_score


@dataclass(frozen=True, kw_only=True)
class Insertion(Perturbing):
    """How soon the score rises while the pixels come that the map calls most important.

    The area under the score over the share of pixels shown, from none to all, by trapezoids.
    Departures from the paper: pixels come in `steps` equal parts, and equal values in an order
    drawn from the seed.

    Attributes:
        steps: Parts, at least 1; forward passes less one.
        fill: What is there before: the "blurred" image, "black", or each channel's "mean".
        seed: Orders pixels of equal value.
    """

    title: ClassVar[str] = "Insertion"
    reference: ClassVar[str] = "Petsiuk et al. 2018, arXiv:1806.07421"
    family: ClassVar[Family] = "faithfulness"
    higher_is_better: ClassVar[bool] = True
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
        """From the fill to the image."""
        start = (self.fill, trial.scene.filled(self.fill))
        end = ("image", trial.scene.image)
        return plan_flipping(start, end, trial.order(self.seed), self.steps)
