"""Weights out of HDF5 files as Keras writes them, read as arrays: nothing in a file is executed.

Three forms are known: `.weights.h5` and the `.keras` archive of Keras 3, whose groups carry their
layer's name, and the `.h5` of Keras 2 and of keras.applications, which lists its layers in order.
"""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from mammo_core.errors import BadConfiguration

MEMBER = "model.weights.h5"
"""Where a `.keras` archive has its weights."""


@dataclass(frozen=True)
class StoredWeights:
    """The arrays of an open file.

    Attributes:
        layers: HDF5 datasets by layer name, each layer's in the order of its weights.
        is_ordered: Whether the layers stand in the order of the forward pass.
    """

    layers: dict[str, list[Any]]
    is_ordered: bool


@contextmanager
def open_weights(path: Path, limit: int) -> Iterator[StoredWeights]:
    """The weights of a file, which is closed after the block.

    Args:
        path: A `.keras`, `.weights.h5` or `.h5` file.
        limit: The most bytes that an archive's weights may take when unpacked.

    Raises:
        BadConfiguration: Where it is none of these, is damaged or too large, or refers to data
            outside itself.
    """
    try:
        source = _unpack(path, limit) if path.suffix == ".keras" else path
        with h5py.File(source, "r") as file:
            yield _list_layers(file)
    except (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadConfiguration(
            f"Setting 'weights' must be a file of Keras weights, got {path.name}: {reason}"
        ) from error


def _unpack(path: Path, limit: int) -> io.BytesIO:
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo(MEMBER).file_size > limit:
            raise ValueError(
                f"its {MEMBER} declares {archive.getinfo(MEMBER).file_size} bytes, more than "
                f"{limit} for this architecture"
            )
        with archive.open(MEMBER) as stream:
            return io.BytesIO(stream.read(limit))


def _list_layers(file: Any) -> StoredWeights:
    root = _child(file, "model_weights") if "model_weights" in file else file
    if "layer_names" in root.attrs:
        names = [_text(name) for name in root.attrs["layer_names"]]
        return StoredWeights({name: _legacy_arrays(_child(root, name)) for name in names}, True)
    found: dict[str, list[Any]] = {}

    def note(path: str, group: Any) -> None:
        if path.endswith("vars") and "name" in group.attrs:
            arrays = [_child(group, key) for key in sorted(group, key=int)]
            found.setdefault(_text(group.attrs["name"]), arrays)

    root.visititems(note)
    return StoredWeights(found, False)


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
