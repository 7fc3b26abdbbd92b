"""Where an image lies in a model's input: crop, flip, scale and padding, in both directions."""

import math
from dataclasses import astuple, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

FAR = 4
"""From this shrink factor on areas are averaged down and then across, several times as fast."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """The exact geometry between an image's own grid and a model's input grid.

    Pixels are areas (half-pixel convention): the crop's outer edges fall on the outer edges of the
    scaled region, so that coordinate x of the crop lies at (x + 0.5) * scale - 0.5.

    Attributes:
        rows, columns: The image's size.
        top, bottom, left, right: The crop in it, half-open.
        flip: Whether the crop is mirrored left to right.
        scaled_rows, scaled_columns: The crop's size in the model's grid.
        pad_top, pad_left: Where the scaled crop begins in the model's grid.
        model_rows, model_columns: The model's input size.
    """

    rows: int
    columns: int
    top: int
    bottom: int
    left: int
    right: int
    flip: bool
    scaled_rows: int
    scaled_columns: int
    pad_top: int
    pad_left: int
    model_rows: int
    model_columns: int

    def crop(self, array: Array) -> Array:
        """The crop of an (H, W) array in the image's grid, mirrored where the placement is."""
        if array.shape[:2] != (self.rows, self.columns):
            raise ValueError(
                f"Expected an array of {self.rows} x {self.columns}, got {array.shape[:2]}"
            )
        region = array[self.top : self.bottom, self.left : self.right]
        return region[:, ::-1] if self.flip else region

    def scale(self, region: Array, order: int = 1) -> Array:
        """A crop at the model's resolution: order 1 averages areas, order 0 takes the nearest."""
        return resize(region, (self.scaled_rows, self.scaled_columns), order)

    def pad(self, region: Array) -> Array:
        """A scaled crop in the model's input grid, 0 around it."""
        grid = np.zeros((self.model_rows, self.model_columns), region.dtype)
        grid[self._inside] = region
        return grid

    def to_model(self, array: Array, order: int = 1) -> Array:
        """An (H, W) array or mask of the image in the model's input grid.

        A mask (bool) keeps the cells that it covers at least half, and the best covered one where
        it would otherwise vanish.
        """
        if array.dtype == bool and order == 1:
            covered = self.to_model(array.astype(np.float32), 1)
            peak = float(covered.max())
            return covered >= min(0.5, peak) if peak > 0 else np.zeros(covered.shape, bool)
        return self.pad(self.scale(self.crop(array), order))

    def to_image(self, array: Array, order: int = 1) -> Array:
        """An (h, w) map of the model's input, at any resolution, in the image's own grid.

        What the model never saw is 0.
        """
        if array.dtype == bool:
            return self.to_image(array.astype(np.float32), order) >= 0.5
        whole = resize(array, (self.model_rows, self.model_columns), order)
        region = resize(
            whole[self._inside], (self.bottom - self.top, self.right - self.left), order
        )
        image = np.zeros((self.rows, self.columns), region.dtype)
        image[self.top : self.bottom, self.left : self.right] = (
            region[:, ::-1] if self.flip else region
        )
        return image

    @property
    def _inside(self) -> tuple[slice, slice]:
        return (
            slice(self.pad_top, self.pad_top + self.scaled_rows),
            slice(self.pad_left, self.pad_left + self.scaled_columns),
        )

    def to_numbers(self) -> tuple[int, ...]:
        """The fields in their order, as whole numbers."""
        return tuple(int(value) for value in astuple(self))

    @classmethod
    def from_numbers(cls, numbers: Array) -> "Placement":
        """The placement that `to_numbers` wrote."""
        names = list(cls.__dataclass_fields__)
        values: dict[str, Any] = {
            name: int(number) for name, number in zip(names, numbers, strict=True)
        }
        return cls(**{**values, "flip": bool(values["flip"])})


def place(
    shape: tuple[int, int], box: tuple[int, int, int, int], *, flip: bool, size: tuple[int, int]
) -> Placement:
    """The placement that scales a box of an image as large as `size` allows, aspect kept.

    The box starts at the left edge (the chest wall after mirroring) and is centered vertically.
    """
    top, bottom, left, right = box
    height, width = bottom - top, right - left
    factor = min(size[0] / height, size[1] / width)
    scaled_rows = min(size[0], max(1, round(height * factor)))
    scaled_columns = min(size[1], max(1, round(width * factor)))
    return Placement(
        rows=shape[0],
        columns=shape[1],
        top=top,
        bottom=bottom,
        left=left,
        right=right,
        flip=flip,
        scaled_rows=scaled_rows,
        scaled_columns=scaled_columns,
        pad_top=(size[0] - scaled_rows) // 2,
        pad_left=0,
        model_rows=size[0],
        model_columns=size[1],
    )


def resize(array: Array, shape: tuple[int, int], order: int = 1) -> Array:
    """An (H, W) array at another size in the half-pixel convention.

    Args:
        array: Any number type; bool only with order 0.
        shape: (rows, columns) of the result.
        order: 0 takes the nearest pixel; 1 averages areas where it shrinks and interpolates
            linearly where it enlarges.

    Raises:
        ValueError: For another order.
    """
    if order not in (0, 1):
        raise ValueError(f"Order must be 0 (nearest) or 1 (area or linear), got {order}")
    if array.shape == shape:
        return array
    if order == 0:
        return _nearest(array, shape)
    shrinks = shape[0] < array.shape[0] or shape[1] < array.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    if array.dtype == np.float32 and _is_far(array.shape, shape):
        return _average_far(array, shape)
    source = np.ascontiguousarray(array)
    result: Array = cv2.resize(source, shape[::-1], interpolation=how)
    return result


def _is_far(old: tuple[int, ...], new: tuple[int, int]) -> bool:
    return old[0] >= FAR * new[0] and old[1] >= FAR * new[1]


def _average_far(array: Array, shape: tuple[int, int]) -> Array:
    """The area average by INTER_AREA's definition, in float32 but for the order of the sums."""
    if array.strides[1] < 0:
        return _average_far(array[:, ::-1], shape)[:, ::-1]
    means = np.empty((shape[0], array.shape[1]), np.float32)
    edges = np.linspace(0, array.shape[0], shape[0] + 1)
    for mean, top, bottom in zip(means, edges[:-1], edges[1:], strict=True):
        first, last = math.floor(top), math.ceil(bottom)
        weights = np.ones(last - first, np.float32)
        weights[0] -= top - first
        weights[-1] -= last - bottom
        np.matmul(weights / weights.sum(), array[first:last], out=mean)
    averaged: Array = cv2.resize(means, shape[::-1], interpolation=cv2.INTER_AREA)
    return averaged


def _nearest(array: Array, shape: tuple[int, int]) -> Array:
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(np.intp)
        for new, old in zip(shape, array.shape, strict=True)
    )
    return array[np.ix_(rows, columns)]
