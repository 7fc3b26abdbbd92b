"""Images with parts of them hidden: behind which masks, by what, and what a model says of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Images
from mammo_core.attribution.references import make_blurred, make_gray, make_mean
from mammo_core.types import Progress, no_progress

Fill = Literal["black", "gray", "mean", "blurred"]
FILLS: dict[Fill, Callable[[Images], Images]] = {
    "black": lambda image: make_gray(image, 0),
    "gray": lambda image: make_gray(image, 0.5),
    "mean": make_mean,
    "blurred": make_blurred,
}
"""What stands where an image is hidden; blurred, it is about the gray of the tissue around."""

MASKED_IMAGES = "masked images"
NOISE = 1e-5
"""Share of an answer below which its differences come from the order of summation alone."""


class Masks(Protocol):
    """As many masks of an image as `len` says, each drawn when it is asked for."""

    def __len__(self) -> int:
        """How many."""

    def __getitem__(self, number: int) -> NDArray[np.float32]:
        """(H, W) in [0, 1]: 1 shows the image, 0 what it is filled with."""


@dataclass(frozen=True, eq=False)
class RegionMasks:
    """Masks that show or hide whole regions.

    Attributes:
        labels: (H, W), the number of the region that each pixel belongs to.
        presence: (masks, regions), 1 where a region is shown.
    """

    labels: NDArray[np.intp]
    presence: NDArray[np.float32]

    def __len__(self) -> int:
        """How many masks."""
        return len(self.presence)

    def __getitem__(self, number: int) -> NDArray[np.float32]:
        """(H, W)."""
        return self.presence[number].take(self.labels)


@dataclass(frozen=True, eq=False)
class MaskedImages:
    """Every image behind each of its masks, never more than a batch of them at once.

    Attributes:
        images: (N, H, W, C).
        fills: (N, H, W, C), what shows where an image is hidden.
        masks: Those of each image, of one number for all; they may be the same ones.
    """

    images: Images
    fills: Images
    masks: Sequence[Masks]

    @property
    def n_masks(self) -> int:
        """How many masks an image has."""
        return len(self.masks[0])

    def __len__(self) -> int:
        """How many masked images there are."""
        return len(self.images) * self.n_masks

    def iterate_batches(self, size: int) -> Iterator[Images]:
        """Batches of (size, H, W, C), the first image's masks first; each overwrites the last one.

        All but the last are full, whatever number of masks an image has.
        """
        batch = np.empty((min(size, len(self)), *self.images.shape[1:]), dtype=np.float32)
        for start in range(0, len(self), size):
            masked = batch[: len(self) - start]
            for number, out in enumerate(masked, start):
                self._write(out, *divmod(number, self.n_masks))
            yield masked

    def _write(self, out: Images, image: int, mask: int) -> None:
        """What is shown in full is the image to the last bit."""
        hidden = 1 - self.masks[image][mask]
        np.subtract(self.fills[image], self.images[image], out=out)
        out *= hidden[..., None]
        out += self.images[image]


def ask_masked(
    masked: MaskedImages,
    ask: Callable[[Images], NDArray[np.float32]],
    batch_size: int,
    progress: Progress = no_progress,
) -> NDArray[np.float32]:
    """(N, masks, classes) what `ask` (a model's `logits` or `predict`) says of each masked image.

    Args:
        masked: The images.
        ask: Called with a batch of them.
        batch_size: Of the model, see `batch_size_of`.
        progress: Told after each batch.

    Raises:
        Cancelled: Where `progress` raises it.
    """
    answers: list[NDArray[np.float32]] = []
    done = 0
    for batch in masked.iterate_batches(batch_size):
        answers.append(ask(batch))
        done += len(batch)
        progress(done, len(masked), MASKED_IMAGES)
    return np.concatenate(answers).reshape(len(masked.images), masked.n_masks, -1)


def find_distinct(images: Images) -> tuple[Images, NDArray[np.intp]]:
    """(the images without repetitions, (N,) which of them each image is).

    Where one image is explained for several classes, its masked versions need one pass alone.
    """
    numbers: dict[bytes, int] = {}
    which = [numbers.setdefault(image.tobytes(), len(numbers)) for image in images]
    _, first = np.unique(which, return_index=True)
    return images[first], np.array(which, dtype=np.intp)


def still_noise(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """(N, M) answers; where hiding changes an image's no more than arithmetic does, all alike."""
    is_still = np.ptp(values, axis=1) <= NOISE * np.abs(values).max(axis=1)
    return np.where(is_still[:, None], values[:, :1], values)


def fill_images(images: Images, fill: Fill) -> Images:
    """(N, H, W, C) what each image is filled with where it is hidden."""
    return np.concatenate([FILLS[fill](image) for image in images])


def check_fill(fill: str) -> None:
    """See that there is such a fill.

    Raises:
        ValueError: Where there is none.
    """
    if fill not in FILLS:
        raise ValueError(f"Expected a fill of {', '.join(FILLS)}, got '{fill}'")
