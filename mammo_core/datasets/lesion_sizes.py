"""How large the marked lesions of a dataset's images are, measured once and kept."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mammo_core.datasets.dataset import Dataset
from mammo_core.datasets.naming import safe_name
from mammo_core.datasets.storage import INDEX
from mammo_core.errors import MammoError
from mammo_core.paths import read_json, state_folder, write_json
from mammo_core.types import Progress, no_progress

NEEDED = ("mask_path", "pixel_spacing_mm")


def can_measure(folder: Path) -> bool:
    """Whether the index in a folder knows masks and pixel spacings, told by its footer alone."""
    try:
        footer = pq.read_metadata(folder / INDEX)
    except (OSError, pa.ArrowException):
        return False
    names = footer.schema.names
    return all(name in names and _has_values(footer, names.index(name)) for name in NEEDED)


def read_lesion_sizes(dataset: Dataset, *, progress: Progress = no_progress) -> dict[str, float]:
    """The marked area in mm² of each image with a mask and a known pixel spacing.

    Args:
        dataset: Whose masks they are; measured again when it has changed.
        progress: Told before each mask.

    Raises:
        MammoError: Where a mask cannot be read or the answer cannot be kept.
    """
    path = state_folder() / "lesion_sizes" / f"{safe_name(dataset.name)}.json"
    try:
        kept = read_json(path)
    except MammoError:
        kept = None
    if isinstance(kept, dict) and kept.get("version") == dataset.version:
        return {str(name): float(size) for name, size in kept["mm2"].items()}
    sizes = _measure(dataset, progress)
    write_json(path, {"version": dataset.version, "mm2": sizes})
    return sizes


def _measure(dataset: Dataset, progress: Progress) -> dict[str, float]:
    index = dataset.index
    known = index[index["mask_path"].notna() & index["pixel_spacing_mm"].notna()]
    spacings = dict(zip(known["image_id"], known["pixel_spacing_mm"], strict=True))
    sizes = {}
    for number, (image_id, spacing_mm) in enumerate(spacings.items()):
        progress(number, len(spacings), "Measuring lesions")
        mask = dataset.read_mask(image_id)
        if mask is not None:
            sizes[image_id] = round(float(mask.sum()) * float(spacing_mm) ** 2, 2)
    return sizes


def _has_values(footer: Any, column: int) -> bool:
    """Whether a column has any value; where no statistics were written, it may."""
    groups = [footer.row_group(k) for k in range(footer.num_row_groups)]
    stated = [(group.num_rows, group.column(column).statistics) for group in groups]
    return any(found is None or found.null_count < n_rows for n_rows, found in stated)
