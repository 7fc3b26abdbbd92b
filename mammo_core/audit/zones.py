"""The parts of a model's input that evidence may lie on, each pixel in exactly one of them."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mammo_core.audit.pectoral import find_pectoral
from mammo_core.breast import Breast, find_breast
from mammo_core.dicom import read_mammogram
from mammo_core.hanging import hang
from mammo_core.markers import find_markers
from mammo_core.model_input import find_other_view
from mammo_core.model_store import StoredModel
from mammo_core.types import Mammogram

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

Zones = NDArray[np.uint8]
"""(H, W) places in `ZONES` on the grid of a model's input."""

BORDER = 0.03
"""Width of the border, as a share of the input's shorter side (of one view)."""

ZONES: dict[str, str] = {
    "air": "outside the breast, without a marker",
    "parenchyma": "the breast without what follows",
    "pectoral": "the pectoral muscle, a straight line's estimate in MLO views",
    "border": f"the outermost {BORDER:.0%} of the picture, whatever it shows",
    "markers": "what is burned in beside the breast: letters, plates, tags",
    "lesion": "the marked lesion",
}
"""What each zone is; where two would hold a pixel, the later one has it."""

BREAST = "breast"
"""Beside the zones, and across them: all that lies on the breast, border and lesion with it."""


def list_zone(zones: Zones, name: str) -> NDArray[np.bool_]:
    """(H, W) where that zone is."""
    return zones == list(ZONES).index(name)


def find_zones(
    stored: StoredModel, dataset: "Dataset", image_id: str
) -> tuple[Zones, NDArray[np.bool_]]:
    """(H, W) zones of an image as the model is given it, and where the breast is.

    Of a model that takes two views the other view's zones hang beside them.

    Raises:
        UnreadableFile: Where the file cannot be read.
        BadDataset: Where the dataset has no such image, or its mask cannot be read.
    """
    own = _find_of_view(stored, dataset, image_id)
    if not stored.views:
        return own
    other_id, view = find_other_view(dataset.index, image_id)
    other = _find_of_view(stored, dataset, other_id) if other_id else (None, None)
    zones, breast = (hang(mine, theirs, view) for mine, theirs in zip(own, other, strict=True))
    return zones, breast


def _find_of_view(
    stored: StoredModel, dataset: "Dataset", image_id: str
) -> tuple[Zones, NDArray[np.bool_]]:
    mammogram = read_mammogram(dataset.file_of(image_id))
    view = dataset.index.loc[dataset.index["image_id"] == image_id, "view"].iloc[0]
    lesion = dataset.read_mask(image_id)
    return mark_zones(stored, mammogram, view if isinstance(view, str) else None, lesion)


def mark_zones(
    stored: StoredModel,
    mammogram: Mammogram,
    view: str | None = None,
    lesion: NDArray[np.bool_] | None = None,
) -> tuple[Zones, NDArray[np.bool_]]:
    """(H, W) zones of one view on the model's grid, and where the breast is.

    Args:
        stored: Whose preprocessing places the image.
        mammogram: As read.
        view: As the dataset says, for the muscle; else as the file does.
        lesion: (rows, columns) in the image's own grid, None where nothing is marked.
    """
    found = find_breast(mammogram.pixels)
    prepared = stored.preprocess.apply(mammogram, found)
    to_grid = prepared.placement.to_model
    breast = to_grid(found.mask)
    places = {
        "parenchyma": breast,
        "pectoral": find_pectoral(prepared.image, breast, view or mammogram.view) & breast,
        "border": find_border(breast.shape),
        "markers": to_grid(_draw_markers(mammogram, found)) & ~breast,
    }
    if lesion is not None:
        places["lesion"] = to_grid(lesion)
    zones = np.zeros(breast.shape, np.uint8)
    for code, name in enumerate(ZONES):
        if name in places:
            zones[places[name]] = code
    return zones, breast


def find_border(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(H, W) the outermost band of a picture."""
    width = max(1, round(BORDER * min(shape)))
    border = np.ones(shape, dtype=bool)
    border[width:-width, width:-width] = False
    return border


def _draw_markers(mammogram: Mammogram, found: Breast) -> NDArray[np.bool_]:
    drawn = np.zeros(mammogram.pixels.shape, dtype=bool)
    for box in find_markers(mammogram, found):
        drawn[box.top : box.bottom, box.left : box.right] = True
    return drawn
