"""Weights copied out of a foreign file: plain arrays, and the texts that order them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Text = bytes | tuple[bytes, ...]


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
    def n_bytes(self) -> int:
        """Of all its numbers."""
        n_bytes = self.bytes_each
        for side in self.shape:
            n_bytes *= side
        return n_bytes


@dataclass(frozen=True)
class StoredWeights:
    """What was copied.

    Attributes:
        arrays: In the order of the file.
        groups: Texts by name, by the path of their group; "" is the file itself.
        folder: Where the copies lie.
    """

    arrays: tuple[StoredArray, ...]
    groups: Mapping[str, Mapping[str, Text]]
    folder: Path

    def place(self, number: int) -> Path:
        """The copy of an array, in NumPy's own format."""
        return self.folder / f"{number:06d}.npy"

    def save(self, number: int, values: NDArray[Any]) -> None:
        """Keep the values of an array.

        Raises:
            ValueError: Where they are not what was told of it.
        """
        array = self.arrays[number]
        if (values.shape, values.dtype.kind) != (array.shape, array.kind):
            raise ValueError(f"{array.path} is not what it declares")
        np.save(self.place(number), values, allow_pickle=False)

    def read(self) -> Iterator[tuple[StoredArray, NDArray[Any]]]:
        """The arrays with their values, one in memory at a time."""
        for number, array in enumerate(self.arrays):
            yield array, np.load(self.place(number), allow_pickle=False)

    def read_floats(self) -> Iterator[NDArray[Any]]:
        """The values of the arrays of floating point."""
        return (values for array, values in self.read() if array.kind == "f")
