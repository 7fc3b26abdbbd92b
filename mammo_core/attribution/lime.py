"""LIME."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Access, Attributed, Attribution, Images, Maps, Question
from mammo_core.attribution.masking import (
    Fill,
    MaskedImages,
    RegionMasks,
    ask_masked,
    check_fill,
    fill_images,
    find_distinct,
    still_noise,
)
from mammo_core.batch_size import batch_size_of

Regions = Literal["superpixels", "grid"]


@dataclass(frozen=True, kw_only=True)
class Lime(Attribution):
    """What each region adds to the logit, by a linear fit to versions with regions hidden.

    A ridge regression of the logit on which regions are shown, versions nearer to the image
    weighing more: exp(-distance^2 / width^2), the distance being 1 - cosine of the shown regions
    with all regions. Each pixel has its region's coefficient. How much of the logits' variance
    the fit explains is noted beside the map: under a poor fit its coefficients mean little. It is
    adjusted for the degrees of freedom, so that logits of pure noise have 0 on average, where the
    plain R2 of 300 versions and 60 regions is 0.22.

    Departures: logits, not probabilities, and all regions rather than the few with the largest
    coefficients.

    Attributes:
        samples: Versions that the model is asked about; the first hides nothing.
        count: Regions, about; fewer where an image is tiny.
        regions: "superpixels" (SLIC), or squares on a "grid".
        fill: What hides: "blurred", "mean" (the image's own), "gray" or "black".
        width: Of the kernel.
        ridge: Penalty of the regression.
        seed: Of which regions are shown.
    """

    title: ClassVar[str] = "LIME"
    reference: ClassVar[str] = "Ribeiro et al. 2016, arXiv:1602.04938"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "samples (300) forward, for all classes together"
    cost: ClassVar[int] = 300
    access: ClassVar[Access] = "logits"
    revision: ClassVar[int] = 2
    samples: int = 300
    count: int = 60
    regions: Regions = "superpixels"
    fill: Fill = "blurred"
    width: float = 0.25
    ridge: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.samples < 2 or self.count < 1 or self.width <= 0 or self.ridge <= 0:
            raise ValueError(
                "Expected samples >= 2, count >= 1, width > 0 and ridge > 0, got "
                f"{self.samples}, {self.count}, {self.width}, {self.ridge}"
            )
        if self.regions not in REGIONS:
            raise ValueError(f"Expected regions of {', '.join(REGIONS)}, got '{self.regions}'")
        check_fill(self.fill)

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) maps of logits, constant within each region."""
        images, which = find_distinct(question.images)
        masks, logits = question.keep(self, lambda: self._ask(question, images))
        values = still_noise(np.einsum("nmk,nk->nm", logits[which], question.weights))
        fits = [self._fit(masks[i], value) for i, value in zip(which, values, strict=True)]
        maps, shares = zip(*fits, strict=True)
        return Attributed(np.stack(maps), note=_tell_fit(shares))

    def _ask(
        self, question: Question, images: Images
    ) -> tuple[list[RegionMasks], NDArray[np.float32]]:
        """(each image's masks, (N, samples, classes) logits of it behind each of them)."""
        model, masks = question.model, [self._draw_masks(image) for image in images]
        masked = MaskedImages(images, fill_images(images, self.fill), masks)
        return masks, ask_masked(masked, model.logits, batch_size_of(model), question.progress)

    def _draw_masks(self, image: Images) -> RegionMasks:
        labels = REGIONS[self.regions](image, self.count)
        draws = np.random.default_rng(self.seed).random((self.samples, labels.max() + 1))
        draws[0] = 0
        return RegionMasks(labels, (draws < 0.5).astype(np.float32))

    def _fit(self, masks: RegionMasks, values: NDArray[np.float32]) -> tuple[Maps, float]:
        """The (H, W) map, and the adjusted share of the variance it explains; NaN of none."""
        from sklearn.linear_model import Ridge

        spread = np.ptp(values)
        if not 0 < spread < np.inf:  # all alike, or not finite, which the map then is too
            return np.full(masks.labels.shape, spread, dtype=np.float32), np.nan
        distances = 1 - np.sqrt(masks.presence.mean(axis=1))
        nearness = np.exp(-((distances / self.width) ** 2))
        shares = values / spread  # whose sums stay within float32 however large the logits are
        fit = Ridge(alpha=self.ridge).fit(masks.presence, shares, nearness)
        missed = 1 - float(fit.score(masks.presence, shares, nearness))
        share = 1 - missed / share_left_of_noise(masks.presence, nearness, self.ridge)
        return (fit.coef_ * spread).astype(np.float32)[masks.labels], share


def share_left_of_noise(
    presence: NDArray[np.float32], nearness: NDArray[np.float64], ridge: float
) -> float:
    """What share of the weighted variance of pure noise the ridge regression leaves on average.

    tr((I - S)' W (I - S)) over the same with the weighted mean alone in place of the smoother S;
    under equal weights and no penalty (n - 1 - p) / (n - 1), as in the usual adjusted R2.

    Args:
        presence: (n, p) which regions are shown.
        nearness: (n,) weights.
        ridge: Penalty; above 0.
    """
    centered = presence - np.average(presence, axis=0, weights=nearness)
    gram = (centered * nearness[:, None]).T @ centered
    doubly = (centered * nearness[:, None] ** 2).T @ centered
    taken = np.linalg.solve(gram + ridge * np.eye(len(gram)), doubly)
    again = np.linalg.solve(gram + ridge * np.eye(len(gram)), gram)
    by_mean = nearness.sum() - (nearness**2).sum() / nearness.sum()
    left = by_mean - 2 * np.trace(taken) + np.trace(again @ taken)
    return float(left / by_mean) if by_mean > 0 else np.nan


def find_superpixels(image: Images, count: int) -> NDArray[np.intp]:
    """(H, W) numbers from 0 of regions of like gray (SLIC, on a slightly smoothed image).

    Without smoothing it finds no region at all in noise.
    """
    from skimage.segmentation import slic

    n = min(count, max(1, image[..., 0].size // 4))
    side = np.sqrt(image[..., 0].size / n)
    found = slic(
        image, n_segments=n, compactness=0.2, sigma=side / 4, convert2lab=False, channel_axis=-1
    )
    return np.unique(found, return_inverse=True)[1].reshape(found.shape)


def lay_grid(image: Images, count: int) -> NDArray[np.intp]:
    """(H, W) numbers from 0 of about square cells."""
    rows, columns = image.shape[:2]
    side = np.sqrt(rows * columns / count)
    n_rows, n_columns = (min(max(1, round(n / side)), n) for n in (rows, columns))
    down, across = np.arange(rows) * n_rows // rows, np.arange(columns) * n_columns // columns
    return down[:, None] * n_columns + across


REGIONS: dict[Regions, Callable[[Images, int], NDArray[np.intp]]] = {
    "superpixels": find_superpixels,
    "grid": lay_grid,
}


def _tell_fit(shares: tuple[float, ...]) -> str:
    known = [share for share in shares if np.isfinite(share)]
    if not known:
        return "The logit does not change when regions are hidden: there is nothing to fit."
    lowest, highest = (f"{share:.2f}" for share in (min(known), max(known)))
    return f"Local fit R2 (adjusted) = {lowest if lowest == highest else f'{lowest} to {highest}'}."
