"""The plain content of an HDF5 file, no link of it followed; for a process that may crash."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np

from mammo_core.errors import BadModel
from mammo_core.importing.copying import Copying
from mammo_core.importing.limits import (
    HARMLESS_BYTES,
    MAX_DEPTH,
    MAX_EXPANSION,
    MAX_FILE_BYTES,
    MAX_OBJECTS,
    MAX_TOTAL_EXPANSION,
)
from mammo_core.importing.stored_weights import StoredArray, StoredWeights, Text

NOT_READ = ("optimizer", "optimizer_weights", "metrics", "compile_metrics")
"""Groups of the training's state, which an import leaves behind."""
TEXTS = ("layer_names", "weight_names", "keras_version", "backend", "model_config")
"""What Keras's older format tells beside the arrays; parts of long lists are numbered."""
DAMAGE = (
    *(OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError),
    *(ArithmeticError, AssertionError, SystemError),
)
"""What h5py and NumPy raise about structures that make no sense."""


@dataclass(frozen=True)
class Content:
    """What lies in a file.

    Attributes:
        arrays: The arrays, described.
        groups: The texts of each group, by its path.
        seen: Addresses of what was found.
    """

    arrays: list[StoredArray] = field(default_factory=list)
    groups: dict[str, dict[str, Text]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)


def copy_hdf5(copying: Copying) -> StoredWeights:
    """Copy the arrays of an HDF5 file and its texts, the training's state aside.

    Raises:
        BadModel: Where the file is damaged, points outside of itself, or declares more than it
            holds.
    """
    try:
        with h5py.File(copying.source, "r") as file:
            content = Content()
            _walk(file, "", content, 0)
            _check_total(content, copying.n_bytes)
            weights = StoredWeights(tuple(content.arrays), content.groups, copying.target)
            for number, array in enumerate(weights.arrays):
                weights.save(number, np.asarray(file[array.path][()]))
    except DAMAGE as error:
        raise BadModel(f"The file cannot be read as HDF5: {_first_line(error)}") from error
    return weights


def _walk(group: Any, prefix: str, content: Content, depth: int) -> None:
    """Note what lies under a group; each object once, hard links only."""
    if depth > MAX_DEPTH or len(content.seen) > MAX_OBJECTS:
        raise BadModel("Expected a plain tree of weights, got one too deep or too wide")
    content.groups[prefix] = dict(_read_texts(group))
    for name in group:
        if not prefix and name in NOT_READ:
            continue
        if not (isinstance(name, str) and name.isprintable()):
            raise BadModel(f"Expected names of weights in plain letters, got {name[:60]!a}")
        path = f"{prefix}/{name}".lstrip("/")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise BadModel(f"The weights at {path} are a link to elsewhere, which is not followed")
        item = group[name]
        address = h5py.h5o.get_info(item.id).addr
        if address in content.seen:
            raise BadModel(f"The weights at {path} are stored under a second name")
        content.seen.add(address)
        if isinstance(item, h5py.Group):
            _walk(item, path, content, depth + 1)
        else:
            content.arrays.append(_describe(item, path))


def _describe(item: Any, path: str) -> StoredArray:
    if not isinstance(item, h5py.Dataset) or item.shape is None or item.dtype.kind not in "fiub":
        raise BadModel(f"Expected numbers in the weights at {path}, got another kind")
    if item.external or item.is_virtual:
        raise BadModel(f"The weights at {path} lie in another file, which is not opened")
    array = StoredArray(path, tuple(item.shape), item.dtype.kind, item.dtype.itemsize)
    stored = item.id.get_storage_size()
    if array.n_bytes > max(HARMLESS_BYTES, MAX_EXPANSION * stored):
        raise BadModel(
            f"The weights at {path} declare {array.n_bytes:,} bytes, of which the file stores "
            f"{stored:,}"
        )
    return array


def _check_total(content: Content, n_bytes: int) -> None:
    declared = sum(array.n_bytes for array in content.arrays)
    allowed = min(MAX_FILE_BYTES, MAX_TOTAL_EXPANSION * n_bytes + HARMLESS_BYTES)
    if declared > allowed:
        raise BadModel(
            f"The weights declare {declared:,} bytes, expected at most {allowed:,} in such a file"
        )


def _read_texts(group: Any) -> Iterator[tuple[str, Text]]:
    for name in group.attrs:
        if name.rstrip("0123456789") in TEXTS:
            yield name, _to_text(name, group.attrs[name])


def _to_text(name: str, value: Any) -> Text:
    """A text or a list of them, in UTF-8."""
    if isinstance(value, str | bytes):
        return _encode(value)
    items: list[Any] = value.tolist() if np.ndim(value) == 1 else [None]
    if not all(isinstance(item, str | bytes) for item in items):
        raise BadModel(f"Expected a text in the file's attribute {name}, got another kind")
    return tuple(_encode(item) for item in items)


def _encode(text: str | bytes) -> bytes:
    return (text.decode("utf-8") if isinstance(text, bytes) else text).encode("utf-8")


def _first_line(error: Exception) -> str:
    text = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
    return (text.strip().splitlines() or [type(error).__name__])[0]
