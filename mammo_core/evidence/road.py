"""Remove and debias."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.base import Family
from mammo_core.evidence.imputation import IMPUTATIONS
from mammo_core.evidence.logit_stream import Probe
from mammo_core.evidence.perturbing import Judge, Perturbing, Plan
from mammo_core.evidence.pixel_flipping import area_under
from mammo_core.evidence.scene import Trial
from mammo_core.evidence.target_scores import Score, check_score

Shares = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Road(Perturbing):
    """How much more the most important pixels are missed than the least important ones.

    The score without the least important share of pixels less that without the most important
    share, averaged from 0 (where both are the unperturbed score) to the largest share by
    trapezoids. What is taken out is imputed from what is left, so that the picture stays plausible
    and the shape of the hole tells less. Departure from the paper: the score of the target in
    place of the accuracy, which a single image has not.

    Attributes:
        shares: Of the pixels that are removed, rising, between 0 and 1.
        imputation: "noisy_linear", the "mean" of what is left, or the "blurred" image.
        noise: Standard deviation of what is added to linearly imputed pixels, so that they are not
            known by their smoothness.
        seed: Draws the noise and orders pixels of equal value.
    """

    title: ClassVar[str] = "ROAD"
    reference: ClassVar[str] = "Rong et al. 2022, arXiv:2202.00449"
    family: ClassVar[Family] = "faithfulness"
    higher_is_better: ClassVar[bool] = True
    range: ClassVar[tuple[float | None, float | None]] = (-1.0, 1.0)
    of_random: ClassVar[str] = "0 on average: a random order is as good as its reverse"
    cost: ClassVar[int] = 10
    score: Score = "probability"
    shares: Shares = (0.1, 0.3, 0.5, 0.7, 0.9)
    imputation: str = "noisy_linear"
    noise: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        check_score(self.score)
        steps = np.diff([0.0, *self.shares, 1.0])
        if not self.shares or steps.min() <= 0 or self.noise < 0:
            raise ValueError(
                "Expected rising shares between 0 and 1 and noise >= 0, got "
                f"{self.shares}, {self.noise}"
            )
        if self.imputation not in IMPUTATIONS:
            raise ValueError(
                f"imputation must be one of {tuple(IMPUTATIONS)}, got {self.imputation!r}"
            )

    def plan(self, trial: Trial) -> Plan:
        """At each share, without the most and without the least important pixels."""
        return Plan(self._probes(trial), _gap_over(self.shares))

    def _probes(self, trial: Trial) -> Iterator[Probe]:
        order = trial.order(self.seed)
        for share in self.shares:
            count = min(max(round(share * len(order)), 1), len(order) - 1)
            for pixels in (order[:count], order[-count:]):
                yield Probe(partial(self._remove, trial.scene.image, pixels))

    def _remove(self, image: NDArray[np.float32], pixels: NDArray[np.intp]) -> NDArray[np.float32]:
        gone = np.zeros(image.shape[:2], dtype=bool)
        gone.ravel()[pixels] = True
        imputed = IMPUTATIONS[self.imputation](image, gone)
        if self.imputation == "noisy_linear":
            noise = np.random.default_rng(self.seed).standard_normal(image.shape, dtype=np.float32)
            imputed[gone] += np.float32(self.noise) * noise[gone]
        return imputed


def _gap_over(shares: Shares) -> Judge:
    at = np.array([0.0, *shares])

    def judge(scores: NDArray[np.float64]) -> float:
        without_most, without_least = scores[0::2], scores[1::2]
        return area_under(at, np.concatenate([[0.0], without_least - without_most]))

    return judge
