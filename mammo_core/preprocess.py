"""From a mammogram to a model's input: crop, chest wall left, scale, window, blank, pad."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import Breast, find_breast
from mammo_core.config import fingerprint, to_mapping
from mammo_core.errors import BadConfiguration
from mammo_core.placement import Placement, place
from mammo_core.types import Mammogram, Step

VERSION = 1
"""Raised whenever the same settings would give other pixels, so that no old cache is taken."""

Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A model's input and how it came about.

    Attributes:
        image: (rows, columns) float32 in [0, 1], chest wall left, background 0.
        placement: The geometry between the file's grid and the model's.
        steps: What was done, from the file on.
    """

    image: Image
    placement: Placement
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Preprocess:
    """What is done to every mammogram before a model sees it; saved with the model.

    Attributes:
        size: (rows, columns) of the model's input.
        crop: Whether the image is cut to the breast.
        margin: Left around the breast but not at the chest wall; a share of its longer side.
        background: "blank" sets what lies outside the breast to 0, "keep" leaves it.
        low_percentile, high_percentile: The window within the breast that becomes [0, 1].
    """

    size: tuple[int, int] = (320, 192)
    crop: bool = True
    margin: float = 0.02
    background: Literal["blank", "keep"] = "blank"
    low_percentile: float = 0.5
    high_percentile: float = 99.8

    def __post_init__(self) -> None:
        rows, columns = self.size
        if not all(16 <= side <= 8192 for side in self.size):
            raise BadConfiguration(f"Size must be 16x16 to 8192x8192, got {rows}x{columns}")
        if not 0 <= self.margin <= 0.5:
            raise BadConfiguration(f"Margin must lie in 0 to 0.5, got {self.margin}")
        if not 0 <= self.low_percentile < self.high_percentile <= 100:
            raise BadConfiguration(
                "Percentiles must rise from 0 to 100, got "
                f"{self.low_percentile} and {self.high_percentile}"
            )

    @property
    def fingerprint(self) -> str:
        """Changes with every setting and with the algorithm."""
        return fingerprint({"preprocess": VERSION, **to_mapping(self)})

    def apply(self, mammogram: Mammogram, breast: Breast | None = None) -> Prepared:
        """The model's input for one mammogram.

        Args:
            mammogram: As read from a file.
            breast: Where the breast is, if that is known already.
        """
        breast = breast or find_breast(mammogram.pixels)
        placement = self.place(mammogram, breast)
        stages = list(self._stages(mammogram, breast, placement))
        steps = (*mammogram.steps, *(step for step, _ in stages))
        return Prepared(image=stages[-1][1], placement=placement, steps=steps)

    def place(self, mammogram: Mammogram, breast: Breast) -> Placement:
        """Where the mammogram will lie in the model's input."""
        shape = mammogram.rows, mammogram.columns
        box = _widen(breast, self.margin, shape) if self.crop else (0, shape[0], 0, shape[1])
        return place(shape, box, flip=breast.chest_wall == "right", size=self.size)

    def _stages(
        self, mammogram: Mammogram, breast: Breast, placement: Placement
    ) -> Iterator[tuple[Step, Image]]:
        """Each step and the image after it."""
        image = placement.crop(mammogram.pixels)
        yield _tell_crop(placement, breast), image
        image, inside = placement.scale(image), _scale_mask(breast, placement)
        yield _tell_scale(placement), image
        image, step = self._window(image, inside)
        yield step, image
        if self.background == "blank":
            image = np.where(inside, image, np.float32(0))
            yield Step("Blank the background", f"{1 - inside.mean():.0%} of the crop"), image
        yield _tell_pad(placement), placement.pad(image)

    def _window(self, image: Image, inside: NDArray[np.bool_]) -> tuple[Image, Step]:
        values = image[inside] if inside.any() else image
        low, high = np.percentile(values, (self.low_percentile, self.high_percentile))
        scale = np.float32(1 / max(high - low, 1e-6))
        windowed = np.clip((image - np.float32(low)) * scale, 0, 1, dtype=np.float32)
        detail = (
            f"{low:.3f} to {high:.3f} (percentiles {self.low_percentile:g} and "
            f"{self.high_percentile:g} within the breast) become 0 to 1"
        )
        return windowed, Step("Window the breast", detail)


def trace(mammogram: Mammogram, preprocess: Preprocess) -> list[tuple[Step, Image]]:
    """The image after each step, from the file's pixels to the model's input."""
    breast = find_breast(mammogram.pixels)
    read = Step("Read", "; ".join(f"{step.name}: {step.detail}" for step in mammogram.steps))
    placement = preprocess.place(mammogram, breast)
    return [(read, mammogram.pixels), *preprocess._stages(mammogram, breast, placement)]


def _widen(breast: Breast, margin: float, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """The breast's box with a margin on all sides but the chest wall's."""
    top, bottom, left, right = breast.box
    border = round(margin * max(bottom - top, right - left))
    return (
        max(0, top - border),
        min(shape[0], bottom + border),
        left if breast.chest_wall == "left" else max(0, left - border),
        right if breast.chest_wall == "right" else min(shape[1], right + border),
    )


def _scale_mask(breast: Breast, placement: Placement) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (
        placement.scale(placement.crop(breast.mask.view(np.uint8)), order=0) > 0
    )
    return inside


def _tell_crop(placement: Placement, breast: Breast) -> Step:
    mirrored = ", mirrored" if placement.flip else ""
    return Step(
        "Crop to the breast",
        f"rows {placement.top} to {placement.bottom}, columns {placement.left} to "
        f"{placement.right}, chest wall {breast.chest_wall}{mirrored}",
    )


def _tell_scale(placement: Placement) -> Step:
    factor = placement.scaled_rows / (placement.bottom - placement.top)
    return Step(
        "Scale",
        f"to {placement.scaled_rows} x {placement.scaled_columns}, factor {factor:.4f}, "
        f"{'area average' if factor < 1 else 'linear'}",
    )


def _tell_pad(placement: Placement) -> Step:
    below = placement.model_rows - placement.scaled_rows - placement.pad_top
    return Step(
        "Pad",
        f"to {placement.model_rows} x {placement.model_columns}: {placement.pad_top} above, "
        f"{below} below, {placement.model_columns - placement.scaled_columns} on the skin's side",
    )
