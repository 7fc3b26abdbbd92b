"""What a model says of an image with a region erased, and with random ones erased instead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.batch_size import cut_batches
from mammo_core.erasing.fills import BREAST, FILLS, Eraser, Fill, Image, Region, Zones
from mammo_core.erasing.random_regions import draw_regions
from mammo_core.errors import BadConfiguration
from mammo_core.targets import check_scores, name_target, weigh_target
from mammo_core.types import Classifier, Contrast, Progress, no_progress

ERASED_IMAGES = "Asking about erased images"


@dataclass(frozen=True, eq=False)
class Drop:
    """How far one number of the target falls: its probability, or its logit.

    Attributes:
        before: Of the whole image.
        after: With the region erased.
        random: (n,) with each random region erased; empty where the breast has no room for one.
    """

    before: float
    after: float
    random: NDArray[np.float64]

    @property
    def drop(self) -> float:
        """What erasing the region takes away; negative where it adds."""
        return self.before - self.after

    @property
    def n_as_large(self) -> int:
        """How many random regions take away as much."""
        return int((self.before - self.random >= self.drop).sum())

    @property
    def n_as_far(self) -> int:
        """How many random regions move it as far the same way, down or up."""
        moved = self.before - self.random
        return int((moved <= self.drop).sum()) if self.drop < 0 else self.n_as_large

    @property
    def p(self) -> float | None:
        """(k + 1) / (n + 1) of k among n random regions that take away as much, None without any.

        The Monte Carlo p-value of one place among places drawn alike (Davison and Hinkley 1997,
        section 4.2): never below 1 / (n + 1), since the region itself is one of the places.
        """
        n = len(self.random)
        return (self.n_as_large + 1) / (n + 1) if n else None

    def percentile(self, percent: float) -> float | None:
        """Of the number with random regions erased, None without any."""
        return float(np.percentile(self.random, percent)) if len(self.random) else None


@dataclass(frozen=True, eq=False)
class Erasure:
    """A region erased, and random regions of its size and shape erased one at a time.

    Attributes:
        classes: The model's.
        target: What was asked about: "malignant", "malignant vs benign".
        fill: What stood in for the region.
        before: (classes,) probabilities of the whole image.
        after: (classes,) with the region erased.
        random: (n, classes) with each random region erased.
        probability: Of the target; of two classes, the difference of their probabilities.
        logit: Of the target; of two classes, the difference of their logits.
        n_pixels: Of the region on the grid of the model's input.
        share: The region's area as a share of the breast's.
        share_inside: Of the region, how much lies in the breast.
        n_wanted: How many random regions were asked for.
        region: (H, W) what was erased.
        erased: (H, W, C) the image with it erased.
        regions: (n, H, W) what was erased instead.
    """

    classes: tuple[str, ...]
    target: str
    fill: Fill
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    random: NDArray[np.float32]
    probability: Drop
    logit: Drop
    n_pixels: int
    share: float
    share_inside: float
    n_wanted: int
    region: Region
    erased: Image
    regions: NDArray[np.bool_]

    @property
    def n_random(self) -> int:
        """How many random regions were erased."""
        return len(self.random)


def erase(
    model: Classifier,
    image: Image,
    region: Region,
    zones: Zones,
    target: int | str | Contrast,
    *,
    fill: Fill = "blurred",
    n_random: int = 20,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Erasure:
    """What the model says with the region erased, and with random ones of its size and shape.

    Random regions lie in the breast and nowhere on the region itself: they say what erasing just
    anything does.

    Args:
        model: The classifier.
        image: (H, W, C) float32 in [0, 1], as the model is given it; left untouched.
        region: (H, W), what to erase.
        zones: (H, W), where air and breast are: `AIR`, `BREAST`, or `BEYOND` for what is neither.
        target: A class, or a contrast of two.
        fill: A key of `FILLS`.
        n_random: How many random regions.
        seed: Of their places.
        progress: Told before each image is erased, and after each pass; may end the work.

    Raises:
        BadConfiguration: For an empty region, or an unknown fill.
        BadModel: Where the model answers with values that are not numbers.
        ValueError: For an unknown class.
        Cancelled: Where `progress` raises it.
    """
    read_fill(fill)
    if not region.any():
        raise BadConfiguration(
            "Expected a region with a pixel that the model sees at least, got none: what lies "
            "beside the crop that the model is given cannot be erased; choose a place in the breast"
        )
    breast = zones == BREAST
    regions = draw_regions(region, breast & ~region, n_random, seed)
    eraser = FILLS[fill](image, zones)
    probabilities, logits = _ask(model, image, eraser, [region, *regions], progress)
    weights = weigh_target(target, model.classes, 1)[0]
    return Erasure(
        classes=tuple(model.classes),
        target=name_target(target, model.classes),
        fill=fill,
        before=probabilities[0],
        after=probabilities[1],
        random=probabilities[2:],
        probability=_compare(probabilities, weights),
        logit=_compare(logits, weights),
        n_pixels=int(region.sum()),
        share=float(region.sum() / max(1, breast.sum())),
        share_inside=float(breast[region].mean()),
        n_wanted=n_random,
        region=region,
        erased=eraser(region),
        regions=np.array(regions, dtype=bool).reshape(-1, *region.shape),
    )


def read_fill(text: str) -> Fill:
    """The fill of that name.

    Raises:
        BadConfiguration: Where there is none.
    """
    for fill in FILLS:
        if fill == text:
            return fill
    raise BadConfiguration(f"Fill must be one of {', '.join(FILLS)}, got '{text}'")


def _ask(
    model: Classifier,
    image: Image,
    eraser: Eraser,
    regions: Sequence[Region],
    progress: Progress,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(probabilities, logits), both (1 + regions, classes), of the whole image first."""
    from scipy.special import softmax

    answers = [model.logits(image[None])]
    for part in cut_batches(len(regions), model):
        answers.append(model.logits(np.stack(list(_erase_each(eraser, regions, part, progress)))))
        progress(part.stop, len(regions), ERASED_IMAGES)
    logits = np.concatenate(answers)
    check_scores(logits)
    return softmax(logits, axis=1), logits


def _erase_each(
    eraser: Eraser, regions: Sequence[Region], part: slice, progress: Progress
) -> Iterator[Image]:
    for place, region in enumerate(regions[part], part.start):
        progress(place, len(regions), ERASED_IMAGES)
        yield eraser(region)


def _compare(values: NDArray[np.float32], weights: NDArray[np.float32]) -> Drop:
    numbers = values.astype(np.float64) @ weights
    return Drop(float(numbers[0]), float(numbers[1]), numbers[2:])
