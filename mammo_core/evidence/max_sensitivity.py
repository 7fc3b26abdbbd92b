"""Max-sensitivity."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.asked import Asked
from mammo_core.evidence.base import Family, Images, Maps, MethodMetric, Scores


@dataclass(frozen=True, kw_only=True)
class MaxSensitivity(MethodMetric):
    """How much a map changes at most when the image changes by less than one can see.

    max over draws of ||map(x + e) - map(x)|| / ||map(x)||, each value of e uniform in
    [-radius, radius]. Noisy images are not cut off at 0 and 1: on the black air of a mammogram,
    noise would be one-sided. The more draws, the larger the maximum, so that only figures of the
    same `samples` compare. All images get the same noise. Departure from the paper, which takes
    the distance as it is: it is divided by the map's norm, so that maps of any unit compare.

    Attributes:
        samples: Draws of noise, at least 1.
        radius: The largest change of a pixel, in units of the image's range [0, 1].
        seed: Draws it.
    """

    title: ClassVar[str] = "Max-Sensitivity"
    reference: ClassVar[str] = "Yeh et al. 2019, arXiv:1901.09392"
    family: ClassVar[Family] = "robustness"
    higher_is_better: ClassVar[bool] = False
    range: ClassVar[tuple[float | None, float | None]] = (0.0, None)
    of_random: ClassVar[str] = "0.71 for uniform noise drawn anew for each image"
    explanations: ClassVar[int] = 5
    samples: int = 4
    radius: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        if self.samples < 1 or not self.radius > 0:
            raise ValueError(
                f"Expected samples >= 1 and radius > 0, got {self.samples} and {self.radius}"
            )

    def judge(self, asked: Asked) -> Scores:
        """(N,) relative changes; NaN where the map is empty or one of them is not finite."""
        noisy = (asked.images + self._draw(k, asked.images) for k in range(self.samples))
        after = [asked.explain_again(images=images) for images in noisy]
        with np.errstate(divide="ignore", invalid="ignore"):  # of empty maps, and infinite ones
            changes = [_measure_sizes(maps - asked.maps) for maps in after]
            found = np.max(changes, axis=0) / _measure_sizes(asked.maps)
        return np.where(np.isfinite(found), found, np.nan)

    def _draw(self, k: int, images: Images) -> NDArray[np.float32]:
        generator = np.random.default_rng([self.seed, k])
        noise = generator.random(images.shape[1:], dtype=np.float32)
        return np.float32(self.radius) * (2 * noise - 1)


def _measure_sizes(maps: Maps) -> Scores:
    """(N,) Euclidean lengths."""
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    return np.asarray(np.linalg.norm(flat, axis=1))
