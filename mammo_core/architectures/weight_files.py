"""Weights out of HDF5 files as Keras writes them, read as arrays: nothing in a file is executed.

Three forms are known: `.weights.h5` and the `.keras` archive of Keras 3, whose groups carry their
layer's name, and the `.h5` of Keras 2 and of keras.applications, which lists its layers in order.
A damaged file can make the HDF5 library crash, so that a process of its own reads it.
"""

import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration, UnreadableFile
from mammo_core.guarded_reading import Bounds, read_guarded

MEMBER = "model.weights.h5"
"""Where a `.keras` archive has its weights."""
READER_SECONDS = 60.0
"""For the process that reads, however large a file of the architecture may be."""
READER_BYTES = 500_000_000
"""Of memory for the HDF5 library, beside the weights and their copy."""
UNREADABLE = (
    *(OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError),
    *(ArithmeticError, AssertionError, SystemError, EOFError, zlib.error, zipfile.BadZipFile),
)
"""What HDF5 and zip files raise where they are damaged or built otherwise."""


@dataclass(frozen=True)
class StoredArray:
    """An array of a file.

    Attributes:
        place: Its name in the copy.
        shape: Its sides.
        kind: The letter of its type, "f" for floating point.
    """

    place: str
    shape: tuple[int, ...]
    kind: str


@dataclass(frozen=True)
class StoredWeights:
    """The arrays of a file.

    Attributes:
        layers: Arrays by layer name, each layer's in the order of its weights.
        is_ordered: Whether the layers stand in the order of the forward pass.
        copy: Where their values lie, in NumPy's own format.
    """

    layers: dict[str, list[StoredArray]]
    is_ordered: bool
    copy: Path

    def read(self, array: StoredArray) -> NDArray[np.float32]:
        """The values of one of the arrays."""
        with np.load(self.copy, allow_pickle=False) as arrays:
            return np.asarray(arrays[array.place], np.float32)


@dataclass(frozen=True)
class WeightCopy:
    """What is to be copied from where to where, and the most bytes that it may take."""

    source: Path
    target: Path
    limit: int


@contextmanager
def open_weights(path: Path, limit: int) -> Iterator[StoredWeights]:
    """The weights of a file, of which a copy exists until the block ends.

    Args:
        path: A `.keras`, `.weights.h5` or `.h5` file.
        limit: The most bytes that its weights may take.

    Raises:
        BadConfiguration: Where it is none of these, is damaged or too large, or refers to data
            outside itself.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = WeightCopy(path, Path(folder) / "copy.npz", limit)
        answer = _copy_apart(copy)
        if not isinstance(answer, StoredWeights):
            raise BadConfiguration(
                f"Setting 'weights' must be a file of Keras weights, got {path.name}: {answer}"
            )
        yield answer


def _copy_apart(copy: WeightCopy) -> StoredWeights | str:
    """What `copy_weights` returns, from a process that may crash."""
    try:
        return read_guarded(
            copy_weights, copy, Bounds(READER_SECONDS, READER_BYTES + 3 * copy.limit)
        )
    except UnreadableFile as error:
        return f"it is damaged, for {error}"


def copy_weights(copy: WeightCopy) -> StoredWeights | str:
    """Copy all arrays of a file; the reason where it cannot be read."""
    try:
        is_archive = copy.source.suffix == ".keras"
        with h5py.File(_unpack(copy) if is_archive else copy.source, "r") as file:
            return _copy_layers(file, copy)
    except UNREADABLE as error:
        return str(error).splitlines()[0] if str(error) else type(error).__name__


def _unpack(copy: WeightCopy) -> io.BytesIO:
    with zipfile.ZipFile(copy.source) as archive:
        declared = archive.getinfo(MEMBER).file_size
        if declared > copy.limit:
            raise ValueError(
                f"its {MEMBER} declares {declared} bytes, more than {copy.limit} for this "
                "architecture"
            )
        with archive.open(MEMBER) as stream:
            return io.BytesIO(stream.read(copy.limit))


def _copy_layers(file: Any, copy: WeightCopy) -> StoredWeights:
    layers, is_ordered = _list_layers(file)
    arrays = [array for group in layers.values() for array in group]
    declared = sum(array.nbytes for array in arrays)
    if declared > copy.limit:
        raise ValueError(f"it declares {declared} bytes, more than {copy.limit}")
    places = {array.id: f"array_{number}" for number, array in enumerate(arrays)}
    known = {
        name: [StoredArray(places[a.id], a.shape, a.dtype.kind) for a in group]
        for name, group in layers.items()
    }
    np.savez(copy.target, **{places[a.id]: a[()] for a in arrays if a.dtype.kind == "f"})
    return StoredWeights(known, is_ordered, copy.target)


def _list_layers(file: Any) -> tuple[dict[str, list[Any]], bool]:
    """HDF5 datasets by layer name, and whether the layers stand in order."""
    root = _child(file, "model_weights") if "model_weights" in file else file
    if "layer_names" in root.attrs:
        names = [_text(name) for name in root.attrs["layer_names"]]
        return {name: _legacy_arrays(_child(root, name)) for name in names}, True
    found: dict[str, list[Any]] = {}

    def note(path: str, group: Any) -> None:
        if path.endswith("vars") and "name" in group.attrs:
            arrays = [_child(group, key) for key in sorted(group, key=int)]
            found.setdefault(_text(group.attrs["name"]), arrays)

    root.visititems(note)
    return found, False


def _legacy_arrays(group: Any) -> list[Any]:
    return [_child(group, _text(name)) for name in group.attrs["weight_names"]]


def _child(group: Any, path: str) -> Any:
    """What the group itself holds there; HDF5 could also point into other files.

    Raises:
        ValueError: For anything but content of this very file.
    """
    for part in path.split("/"):
        if not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise ValueError(f"{group.name}/{part} is missing or points elsewhere")
        group = group[part]
    if isinstance(group, h5py.Dataset) and (group.external or group.is_virtual):
        raise ValueError(f"{group.name} keeps its data in another file")
    return group


def _text(name: Any) -> str:
    return name.decode("utf-8") if isinstance(name, bytes) else str(name)
