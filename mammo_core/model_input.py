"""What a model is given of one image: its channels, and for two-view models the other view."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import Mask, find_breast
from mammo_core.dicom import read_mammogram
from mammo_core.hanging import hang, pair_views, place_of, take_own
from mammo_core.model_store import StoredModel
from mammo_core.overlays import pool_strongest
from mammo_core.pixels import prepare_one
from mammo_core.placement import Placement, resize

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset


@dataclass(frozen=True, eq=False)
class ModelInput:
    """One image as a model takes it, and the way back.

    Attributes:
        image: (H, W, C) float32 in [0, 1].
        placement: Where the asked image lies in its own part of that input.
        is_hung: Whether the input holds two views side by side.
        view: Which of them the asked image is.
        breast: (rows, columns) where the breast is on the image's own grid, None where unknown.
    """

    image: NDArray[np.float32]
    placement: Placement
    is_hung: bool = False
    view: str | None = None
    breast: Mask | None = None

    @cached_property
    def zones(self) -> NDArray[np.uint8]:
        """(H, W): 2 on the breast, 1 on what else of the image the model sees, 0 beyond it.

        Where the breast is not known, all of the image counts as breast.
        """
        seen = self.to_input(np.ones((self.placement.rows, self.placement.columns), dtype=bool))
        breast = seen if self.breast is None else self.to_input(self.breast)
        return seen.astype(np.uint8) + (seen & breast)

    def to_input(self, mask: Mask) -> Mask:
        """(H, W) of a (rows, columns) mask of the asked image, on the grid of the whole input."""
        own: Mask = self.placement.to_model(mask)
        return hang(own, None, self.view) if self.is_hung else own

    @property
    def own_column(self) -> int:
        """Where the asked image's own part of the input begins."""
        return place_of(self.view) * self.placement.model_columns if self.is_hung else 0

    def cut_own(self, array: NDArray[Any]) -> NDArray[Any]:
        """What an (H, W) array of the whole input holds of the asked image, the file's way round.

        Returns:
            (scaled rows, scaled columns), without padding, the other view and the mirroring.
        """
        place = self.placement
        left = self.own_column + place.pad_left
        rows = slice(place.pad_top, place.pad_top + place.scaled_rows)
        part = array[rows, left : left + place.scaled_columns]
        return np.ascontiguousarray(part[:, ::-1] if place.flip else part)

    def to_image(self, attribution: NDArray[np.float32]) -> NDArray[np.float32]:
        """An (h, w) map of the whole input, at any resolution, on the asked image's own grid."""
        own = take_own(attribution, self.view) if self.is_hung else attribution
        placed: NDArray[np.float32] = self.placement.to_image(np.ascontiguousarray(own))
        return placed

    def to_thumbnail(self, attribution: NDArray[np.float32], most: int) -> NDArray[np.float32]:
        """An (H, W) map of the whole input on the asked image's grid, made coarser.

        A cell has the value of the largest size within it. The image's own grid, which may be of
        fourteen megapixels, is never filled.

        Args:
            attribution: On the grid of the whole input.
            most: Longest side of what is returned.
        """
        place = self.placement
        step = max(1, -(-max(place.rows, place.columns) // most))
        coarse = np.zeros((-(-place.rows // step), -(-place.columns // step)), dtype=np.float32)
        box = (
            _coarsen(place.top, place.bottom, step, coarse.shape[0]),
            _coarsen(place.left, place.right, step, coarse.shape[1]),
        )
        size = coarse[box].shape
        coarse[box] = resize(pool_strongest(self.cut_own(attribution), size), size)
        return coarse


def _coarsen(start: int, stop: int, step: int, length: int) -> slice:
    """The cells of a grid that is coarser by a step which a part covers, one at least."""
    first = min(round(start / step), length - 1)
    return slice(first, max(first + 1, round(stop / step)))


def input_of_case(stored: StoredModel, dataset: "Dataset", image_id: str) -> ModelInput:
    """The input for an image of a dataset, beside its breast's other view where the model asks.

    Raises:
        UnreadableFile: Where a file cannot be read.
        BadDataset: Where the dataset has no such image.
    """
    path = dataset.file_of(image_id)
    if not stored.views:
        return input_of_file(stored, path)
    other_id, view = find_other_view(dataset.index, image_id)
    other = prepare_one(dataset.file_of(other_id), stored.preprocess).image if other_id else None
    return _build(stored, path, view, other)


def input_of_file(stored: StoredModel, path: Path) -> ModelInput:
    """The input for a file that belongs to no dataset; the other view is not known then.

    Raises:
        UnreadableFile: Where the file cannot be read.
    """
    return _build(stored, path, None, None)


def shape_input(
    stored: StoredModel,
    image: NDArray[np.float32],
    view: str | None = None,
    other: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """(H, W, C) of an (H, W) prepared image: hung where the model takes two views, then repeated.

    Args:
        stored: The model.
        image: In [0, 1].
        view: The image's, for its place beside the other one.
        other: The other view of the same breast, prepared alike; None hangs black.
    """
    hung = hang(image, other, view) if stored.views else image
    return np.repeat(hung[..., None], stored.input_shape[2], axis=2)


def find_other_view(index: Any, image_id: str) -> tuple[str | None, str | None]:
    """(the id of the same breast's other view, None where there is none; the image's own view)."""
    own = index[index["image_id"] == image_id].iloc[0]
    rows = index[index["patient_id"].eq(own["patient_id"]) | index["image_id"].eq(image_id)]
    ids = rows["image_id"].tolist()
    pair = pair_views(rows)[ids.index(image_id)]
    others = [ids[place] for place in pair if place >= 0 and ids[place] != image_id]
    view = own["view"]
    return (others[0] if others else None), (view if isinstance(view, str) else None)


def _build(
    stored: StoredModel, path: Path, view: str | None, other: NDArray[np.float32] | None
) -> ModelInput:
    mammogram = read_mammogram(path)
    breast = find_breast(mammogram.pixels)
    prepared, view = stored.preprocess.apply(mammogram, breast), view or mammogram.view
    image = shape_input(stored, prepared.image, view, other)
    return ModelInput(image, prepared.placement, bool(stored.views), view, breast.mask)
