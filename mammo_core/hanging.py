"""Both views of a breast as one model input: CC on the left, MLO on the right of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from mammo_core.pixels import PixelCache

VIEWS = ("CC", "MLO")
"""What hangs where, from the left."""
NONE = -1
"""The place of a view that there is no image of; it hangs as black."""


@dataclass(frozen=True, eq=False)
class HungPixels:
    """Images side by side with the other view of the same breast, put together when they are read.

    Attributes:
        pixels: (N, H, W) uint16, memory-mapped; one view each.
        pairs: (N, 2) for each image the rows of `VIEWS`, its own among them; `NONE` is black.
    """

    pixels: NDArray[np.uint16]
    pairs: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(N, H, 2 W)."""
        n, rows, columns = self.pixels.shape
        return n, rows, len(VIEWS) * columns

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, positions: Any) -> NDArray[np.uint16]:
        """(H, 2 W) of one position, (n, H, 2 W) of several."""
        chosen = self.pairs[positions]
        hung = [self._view(chosen[..., k]) for k in range(len(VIEWS))]
        return np.concatenate(hung, axis=-1)

    def _view(self, rows: NDArray[np.int64]) -> NDArray[np.uint16]:
        view = np.array(self.pixels[np.maximum(rows, 0)])
        view[rows == NONE] = 0
        return view


def hang_views(cache: "PixelCache", index: "pd.DataFrame") -> Any:
    """The cache's pixels with each image beside its breast's other view; read like the array.

    Args:
        cache: The pixels of single views.
        index: With the columns image_id, patient_id, exam_id, laterality and view.
    """
    known = index.set_index("image_id").reindex(cache.image_ids)
    return HungPixels(cache.pixels, pair_views(known.reset_index()))


def pair_views(index: "pd.DataFrame") -> NDArray[np.int64]:
    """(N, 2) the rows of each row's breast in the order of `VIEWS`, `NONE` where there is none.

    A breast is patient, exam and laterality; an image without patient or side hangs alone. Of
    several images of a view the first hangs beside another's, and each in its own place.
    """
    places = [place_of(view) for view in index["view"]]
    pairs = np.full((len(index), len(VIEWS)), NONE, np.int64)
    first: dict[tuple[Any, int], int] = {}
    breasts = _name_breasts(index)
    for row, (breast, place) in enumerate(zip(breasts, places, strict=True)):
        first.setdefault((breast, place), row)
    for row, (breast, own) in enumerate(zip(breasts, places, strict=True)):
        pairs[row] = [first.get((breast, place), NONE) for place in range(len(VIEWS))]
        pairs[row, own] = row
    return pairs


def place_of(view: Any) -> int:
    """Where a view hangs: CC-like ones and unknown ones on the left, oblique and lateral right."""
    text = view if isinstance(view, str) else ""
    return 1 if "ML" in text or "LM" in text else 0


def label_breasts(labels: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N,) the worst label among an image and its breast's other view."""
    both = np.where(pairs == NONE, labels[:, None], labels[pairs])
    worst: NDArray[np.int64] = both.max(axis=1)
    return worst


def choose_one_a_breast(pairs: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first of those `rows` that show the same pair of images."""
    _, first = np.unique(pairs[rows], axis=0, return_index=True)
    return rows[np.sort(first)]


def hang(image: NDArray[Any], other: NDArray[Any] | None, view: Any) -> NDArray[Any]:
    """(H, 2 W) of an (H, W) image of that view and the other one, black where there is none."""
    other = np.zeros_like(image) if other is None else other
    return np.concatenate([other, image] if place_of(view) else [image, other], axis=1)


def take_own(array: NDArray[Any], view: Any) -> NDArray[Any]:
    """The half of an array (..., H, 2 w), or of a map at any resolution, where that view hangs."""
    half = array.shape[-1] // 2
    return array[..., half:] if place_of(view) else array[..., :half]


def _name_breasts(index: "pd.DataFrame") -> Sequence[tuple[Any, ...]]:
    """One key a row; a row that tells of no patient or side gets one of its own."""
    keys = index[["patient_id", "exam_id", "laterality"]].astype(object)
    is_known = keys[["patient_id", "laterality"]].notna().all(axis=1)
    keys = keys.where(keys.notna(), "")
    return [
        tuple(key) if known else (row,)
        for row, (key, known) in enumerate(zip(keys.to_numpy(), is_known, strict=True))
    ]
