"""Infidelity."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.base import Family
from mammo_core.evidence.logit_stream import Probe
from mammo_core.evidence.perturbing import Judge, Perturbing, Plan
from mammo_core.evidence.scene import Trial
from mammo_core.evidence.target_scores import Score, check_score


@dataclass(frozen=True, kw_only=True)
class Infidelity(Perturbing):
    """What share of the effect of small noise a map does not foresee.

    With noise I the map foretells the effect <I, map>, the model has D = f(x) - f(x - I). The
    measure is E[(b <I, map> - D)^2] / E[D^2] with the b that makes it smallest (the paper's
    optimal scaling), so that the unit of a map does not count. Departures from the paper: b is not
    negative, or a map upside down would be as good; the error is divided by the mean squared
    effect, or an image with large logits would weigh more than others. Noise is the same in all
    channels, as maps have none, and for all images, so that luck with it does not average out.

    Attributes:
        samples: Draws of noise, at least 2; as many forward passes and one more, shared by all
            maps of an image.
        noise: Its standard deviation.
        seed: Draws it.
    """

    title: ClassVar[str] = "Infidelity"
    reference: ClassVar[str] = "Yeh et al. 2019, arXiv:1901.09392"
    family: ClassVar[Family] = "faithfulness"
    higher_is_better: ClassVar[bool] = False
    range: ClassVar[tuple[float | None, float | None]] = (0.0, 1.0)
    of_random: ClassVar[str] = (
        "1 - 1 / (2 samples) on average, 0.99, for noise of mean 0; for one of one sign less where "
        "the model answers to brightness, 1/4 for uniform noise on one that adds up the pixels"
    )
    cost: ClassVar[int] = 51
    score: Score = "logit"
    samples: int = 50
    noise: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        check_score(self.score)
        if self.samples < 2 or self.noise <= 0:
            raise ValueError(
                f"Expected samples >= 2 and noise > 0, got {self.samples}, {self.noise}"
            )

    def plan(self, trial: Trial) -> Plan:
        """The image, and the image less each draw of noise."""
        image = trial.scene.image
        draws = range(self.samples)
        foretold = [np.vdot(self._draw(image, k), trial.attribution) for k in draws]
        noisy = [
            Probe(partial(self._shake, image, k), ("noise", self.noise, self.seed, k))
            for k in draws
        ]
        return Plan([Probe(lambda: image, "image"), *noisy], _unforeseen(np.array(foretold)))

    def _shake(self, image: NDArray[np.float32], k: int) -> NDArray[np.float32]:
        return image - self._draw(image, k)[..., None]

    def _draw(self, image: NDArray[np.float32], k: int) -> NDArray[np.float32]:
        generator = np.random.default_rng([self.seed, k])
        noise = generator.standard_normal(image.shape[:2], dtype=np.float32)
        return np.float32(self.noise) * noise


def _unforeseen(foretold: NDArray[np.floating]) -> Judge:
    """The share of the squared effects that the best multiple of what was foretold leaves."""
    unit = np.asarray(foretold, dtype=np.float64)
    unit = unit / max(float(np.linalg.norm(unit)), 1e-300)

    def judge(scores: NDArray[np.float64]) -> float:
        effects = scores[0] - scores[1:]
        size = np.linalg.norm(effects)
        if not size > 0:
            return float("nan")
        left = effects - max(unit @ effects, 0) * unit
        return float((np.linalg.norm(left) / size) ** 2)

    return judge
