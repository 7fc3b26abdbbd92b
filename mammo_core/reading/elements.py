"""A data set's values by keyword, converted from their bytes only where somebody asks."""

import logging
import math
import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.values import convert_SQ

DAMAGED = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    RuntimeError,
    ArithmeticError,
    MemoryError,
    struct.error,
    zlib.error,
    InvalidDicomError,
    BytesLengthException,
)
"""What pydicom and its decoders raise on damaged files."""

INTEGERS = frozenset(
    {
        *("Rows", "Columns", "SamplesPerPixel", "BitsStored", "BitsAllocated", "HighBit"),
        *("PixelRepresentation", "PlanarConfiguration"),
    }
)
"""Keywords whose values are two binary bytes, not text."""

PADDING = " \0\t\r\n"

MAX_CACHED_BYTES = 4096
MAX_TEXT_BYTES = 65_535
"""What the two bytes of a length can tell, which texts and numbers have in explicit syntaxes."""
MAX_SEQUENCE_BYTES = 4_000_000
"""Thirty look-up tables of 65,536 entries: the largest sequence that is asked for."""
MAX_ITEMS = 4096
"""In a sequence and all within it; pydicom needs some 30 microseconds and 900 bytes each."""
ITEMS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
"""The tag that begins an item, in either byte order."""

logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # it quotes header bytes: names, dates


@contextmanager
def quiet() -> Iterator[None]:
    """Keep pydicom's warnings, which quote header bytes such as names, from being shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Code(NamedTuple):
    """One item of a code sequence.

    Attributes:
        value: Its code value, such as "399162004"; the scheme is told by its form.
        modifiers: Code values of its view modifiers.
    """

    value: str
    modifiers: tuple[str, ...]


class Elements:
    """The elements of one data set.

    pydicom converts an element in about ten microseconds, which is much where an index asks for
    forty of them in each of 100,000 files: plain text and integers are taken from the bytes here.

    Args:
        ds: As pydicom reads it, or as made in memory.
    """

    def __init__(self, ds: Dataset) -> None:
        self._ds = ds
        self._elements: dict[int, Any] = dict(ds.items())

    def __contains__(self, keyword: str) -> bool:
        """Whether the data set holds the element, be it empty."""
        return _tag(keyword) in self._elements

    def texts(self, keyword: str) -> list[str]:
        """All values as text without padding, none where the element is missing or empty."""
        element = self._elements.get(_tag(keyword))
        if element is None or _is_long(element):
            return []
        value = element.value
        if type(value) is bytes and value.isascii():
            text = value.decode("ascii")
            many: Iterable[Any] = text.split("\\") if "\\" in text else (text,)
        else:
            value = read_value(self._ds, keyword)
            many = _list_values(value)
        return [str(one).strip(PADDING) for one in many]

    def text(self, keyword: str) -> str:
        """The first value as text, empty where the element is missing."""
        element = self._elements.get(_tag(keyword))
        if element is None or _is_long(element):
            return ""
        value = element.value
        if type(value) is bytes and value.isascii():
            return value.decode("ascii").partition("\\")[0].strip(PADDING)
        return next(iter(self.texts(keyword)), "")

    def word(self, keyword: str) -> str:
        """The first value in capitals, as code strings are meant to be."""
        return self.text(keyword).upper()

    def integer(self, keyword: str, default: int) -> int:
        """The first value as an integer, `default` where it is missing or no number."""
        element = self._elements.get(_tag(keyword))
        if element is None:
            return default
        value = element.value
        if keyword in INTEGERS and type(value) is bytes and len(value) >= 2:
            return int.from_bytes(value[:2], "little" if element.is_little_endian else "big")
        return int(next(iter(self.numbers(keyword)), default))

    def numbers(self, keyword: str) -> list[float]:
        """The values of a number written as text; those that are none are left out."""
        return to_numbers(self.texts(keyword))

    def codes(self, keyword: str) -> tuple[Code, ...]:
        """The codes in a sequence, none where it is missing or damaged."""
        element = self._elements.get(_tag(keyword))
        if element is None:
            return ()
        value = element.value
        if isinstance(value, Sequence):
            return _list_codes(value)
        if type(value) is not bytes or len(value) > MAX_CACHED_BYTES:
            return ()
        return _parse_codes(value, element.is_implicit_VR, element.is_little_endian)

    def items(self, keyword: str) -> list["Elements"]:
        """The items of a sequence, none where it is missing or damaged."""
        if _tag(keyword) not in self._elements:
            return []
        return [Elements(item) for item in read_items(self._ds, keyword)]


def _is_long(element: Any) -> bool:
    """Whether its bytes are more than a text's, so that splitting them would take long."""
    value = element.value
    return type(value) is bytes and len(value) > MAX_TEXT_BYTES


def _is_large(element: Any) -> bool:
    """Whether its bytes hold more items than are made objects of."""
    value = element.value
    return type(value) is bytes and (
        len(value) > MAX_SEQUENCE_BYTES or any(value.count(tag) > MAX_ITEMS for tag in ITEMS)
    )


def _list_values(value: Any) -> Iterable[Any]:
    """One value or many, none of bytes that have no known meaning."""
    if value is None or isinstance(value, bytes):
        return ()
    return value if isinstance(value, (MultiValue, list, tuple)) else (value,)


@lru_cache(maxsize=256)
def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise ValueError(f"Expected a keyword of the DICOM dictionary, got {keyword!r}")
    return tag


@lru_cache(maxsize=1024)
def _parse_codes(value: bytes, is_implicit: bool, is_little: bool) -> tuple[Code, ...]:
    """Cached by content: a hundred thousand mammograms have a handful of view codes."""
    try:
        return _list_codes(convert_SQ(value, is_implicit, is_little))
    except DAMAGED:
        return ()


def _list_codes(items: Iterable[Dataset]) -> tuple[Code, ...]:
    found = []
    for item in items:
        elements = Elements(item)
        modifiers = elements.codes("ViewModifierCodeSequence")
        found.append(Code(elements.text("CodeValue"), tuple(code.value for code in modifiers)))
    return tuple(found)


def read_value(ds: Dataset, tag: str) -> Any:
    """The tag's value as pydicom converts it, None where it is missing or damaged."""
    try:
        return ds.get(tag)
    except DAMAGED:
        return None


def read_text(ds: Dataset, tag: str) -> str:
    """The tag's first value as text, empty where it is missing."""
    return Elements(ds).text(tag)


def read_number(ds: Dataset, tag: str, default: float) -> float:
    """The tag's first value as a finite number, else `default`."""
    return next(iter(read_numbers(ds, tag)), default)


def read_numbers(ds: Dataset, tag: str) -> list[float]:
    """The tag's values as numbers; those that are none are left out."""
    element = ds.get_item(_tag(tag))
    value = None if element is None or _is_long(element) else read_value(ds, tag)
    if value is None:
        return []
    is_many = hasattr(value, "__iter__") and not isinstance(value, str)
    return to_numbers(value if is_many else [value])


def read_items(ds: Dataset, tag: str) -> list[Dataset]:
    """The items of a sequence, none where it is missing, damaged or has more than MAX_ITEMS."""
    element = ds.get_item(_tag(tag))
    items = None if element is None or _is_large(element) else read_value(ds, tag)
    if not isinstance(items, Iterable):
        return []
    return [item for item in items if isinstance(item, Dataset)]


def to_numbers(values: Iterable[Any]) -> list[float]:
    """The finite numbers among the values."""
    found = []
    for value in values:
        try:
            found.append(float(value))
        except (TypeError, ValueError):
            continue
    return [number for number in found if math.isfinite(number)]
