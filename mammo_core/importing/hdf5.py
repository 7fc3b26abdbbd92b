"""The arrays that an HDF5 file really holds, found without reading one or following a link."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammo_core.errors import BadModel
from mammo_core.importing.limits import (
    HARMLESS_BYTES,
    MAX_DEPTH,
    MAX_EXPANSION,
    MAX_FILE_BYTES,
    MAX_OBJECTS,
    MAX_TOTAL_EXPANSION,
)

NOT_READ = ("optimizer", "optimizer_weights", "metrics", "compile_metrics")
"""Groups of the training's state, which an import leaves behind."""


@dataclass(frozen=True)
class StoredArray:
    """An array of a file.

    Attributes:
        path: Its groups and its name.
        shape: As the file declares it, and holds it.
        kind: NumPy's letter: "f" float, "i" or "u" integer.
        bytes_each: Of one number.
    """

    path: str
    shape: tuple[int, ...]
    kind: str
    bytes_each: int

    @property
    def size(self) -> int:
        """How many numbers it has."""
        size = 1
        for side in self.shape:
            size *= side
        return size


def list_arrays(path: Path) -> tuple[StoredArray, ...]:
    """The arrays of an HDF5 file, the training's state aside.

    Raises:
        BadModel: Where the file is damaged, points outside of itself, or declares more than it
            holds.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            arrays = tuple(_walk(h5py, file, "", set(), 0))
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise BadModel(f"The weights cannot be read as HDF5: {_first_line(error)}") from error
    declared = sum(array.size * array.bytes_each for array in arrays)
    allowed = min(MAX_FILE_BYTES, MAX_TOTAL_EXPANSION * path.stat().st_size + HARMLESS_BYTES)
    if declared > allowed:
        raise BadModel(
            f"The weights declare {declared:,} bytes, expected at most {allowed:,} in such a file"
        )
    return arrays


def read_text_attribute(path: Path, name: str) -> str | None:
    """A text of the file's root; None where there is none of that name.

    Raises:
        BadModel: Where the file is damaged or the attribute is no text.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            text = file.attrs.get(name)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise BadModel(f"The file cannot be read as HDF5: {_first_line(error)}") from error
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if text is not None and not isinstance(text, str):
        raise BadModel(f"Expected a text in the file's attribute {name}, got another kind")
    return text


def _walk(h5py: Any, group: Any, prefix: str, seen: set[int], depth: int) -> list[StoredArray]:
    """The arrays under a group; each object once, hard links only."""
    if depth > MAX_DEPTH or len(seen) > MAX_OBJECTS:
        raise BadModel("Expected a plain tree of weights, got one too deep or too wide")
    found = []
    for name in group:
        if not prefix and name in NOT_READ:
            continue
        path = f"{prefix}/{name}".lstrip("/")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise BadModel(f"The weights at {path} are a link to elsewhere, which is not followed")
        item = group[name]
        address = h5py.h5o.get_info(item.id).addr
        if address in seen:
            raise BadModel(f"The weights at {path} are stored under a second name")
        seen.add(address)
        if isinstance(item, h5py.Group):
            found += _walk(h5py, item, path, seen, depth + 1)
        else:
            found.append(_describe(h5py, item, path))
    return found


def _describe(h5py: Any, item: Any, path: str) -> StoredArray:
    if not isinstance(item, h5py.Dataset) or item.shape is None or item.dtype.kind not in "fiub":
        raise BadModel(f"Expected numbers in the weights at {path}, got another kind")
    if item.external or item.is_virtual:
        raise BadModel(f"The weights at {path} lie in another file, which is not opened")
    if item.nbytes > max(HARMLESS_BYTES, MAX_EXPANSION * item.id.get_storage_size()):
        raise BadModel(
            f"The weights at {path} declare {item.nbytes:,} bytes, of which the file stores "
            f"{item.id.get_storage_size():,}"
        )
    return StoredArray(path, tuple(item.shape), item.dtype.kind, item.dtype.itemsize)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
