"""DICOM's look-up tables: modality, VOI and presentation (PS3.3 C.11.1, C.11.2 and C.11.6)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from mammo_core.errors import UnreadableFile
from mammo_core.reading.elements import read_numbers, read_value

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LookUpTable:
    """One table.

    Attributes:
        first: The input value that the first entry stands for.
        entries: (n,) what values are mapped to.
        top: The largest output that the table can express, at least 1.
    """

    first: float
    entries: Values
    top: float

    @property
    def length(self) -> int:
        """How many entries there are."""
        return int(self.entries.size)

    def apply(self, values: Values) -> Values:
        """The entry of each value; values outside take the first or the last one."""
        index = np.clip(np.rint(values - self.first), 0, self.length - 1).astype(np.intp)
        return self.entries[index]

    def apply_to_range(self, shown: Values) -> Values:
        """[0, 1] to [0, 1], the input spread over all entries (PS3.3 C.11.6.1)."""
        return self.apply(np.rint(shown * (self.length - 1)) + self.first) / self.top


def read_table(item: Dataset, *, is_signed: bool) -> LookUpTable:
    """The table in a sequence's item.

    Args:
        item: With LUTDescriptor and LUTData.
        is_signed: Whether its input can be negative, so that a first value beyond 32767 is too.

    Raises:
        UnreadableFile: Where it is damaged.
    """
    descriptor = read_numbers(item, "LUTDescriptor")
    content = read_value(item, "LUTData")
    if len(descriptor) != 3 or not content:
        raise UnreadableFile("Expected a look-up table with LUTDescriptor and LUTData")
    length, first, bits = int(descriptor[0]) or 65_536, descriptor[1], int(descriptor[2])
    entries = _read_entries(content, length, item)
    if not (1 <= bits <= 16 and entries.size):
        raise UnreadableFile(f"Expected a look-up table of 1 to 16 bits, got {bits}")
    if is_signed and first > 32_767:
        first -= 65_536
    return LookUpTable(first, entries, _find_top(entries, bits))


def _read_entries(content: Any, length: int, item: Dataset) -> Values:
    """Entries of two bytes, or of one where the data are only as long as that."""
    if not isinstance(content, bytes):
        return np.asarray(content, np.float64).ravel()[:length]
    order = ">" if item.original_encoding[1] is False else "<"
    kind = f"{order}u2" if len(content) >= 2 * length else "u1"
    return np.frombuffer(content, kind, min(length, len(content) // int(kind[-1]))).astype(float)


def _find_top(entries: Values, bits: int) -> float:
    """The full output by the descriptor; by the entries where these don't use half of it.

    Several devices write 16 bits above tables of 12: taken by the word they would show black.
    """
    largest = int(entries.max())
    if largest < 1 << (bits - 1) or largest >= 1 << bits:
        bits = max(largest.bit_length(), 1)
    return float((1 << bits) - 1)
