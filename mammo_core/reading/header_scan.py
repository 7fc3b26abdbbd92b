"""A DICOM header's wanted elements from the first bytes of a file, stepping over all others.

pydicom looks at each of the 100 to 300 elements of a mammogram's header, which costs more than all
else that an index does. This scan reads tags and lengths alone and hands pydicom the bytes of the
elements that are wanted. It knows the little-endian syntaxes without deflation, which is what
mammograms come in, and gives up on whatever is not plainly in order, so that pydicom judges that.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from pydicom.charset import convert_encodings, python_encoding
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import BaseTag

START = 132
"""The preamble and the prefix (DICOM PS3.10, 7.1)."""
SHORT = {
    *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO"),
    *(b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"),
}
"""Value representations with a length of two bytes (DICOM PS3.5, 7.1.2)."""
LONG = {
    *(b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"),
}
"""Those with two reserved bytes and a length of four."""
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA, PIXEL_TAGS = 0x7FE00010, (0x7FE00008, 0x7FE00009, 0x7FE00010)
CHARACTER_SET, TRANSFER_SYNTAX = 0x00080005, 0x00020010
IMPLICIT, BIG_ENDIAN, DEFLATED = b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.2", b"1.2.1.99"
META = {TRANSFER_SYNTAX: BaseTag(TRANSFER_SYNTAX)}
MAX_DEPTH = 8

START_OF_ELEMENT = Struct("<HH2sH")
TAG = Struct("<HH")
LENGTH = Struct("<L")
SHORT_LENGTH = Struct("<H")


class Irregular(Exception):
    """The bytes are not plainly in order; never leaves this module."""


class Element(NamedTuple):
    """Where an element's value lies, `end` being that of the whole element."""

    tag: int
    vr: bytes | None
    start: int
    stop: int
    end: int


class Scanned(NamedTuple):
    """What a scan found: the wanted elements, and whether pixels follow."""

    dataset: Dataset
    has_pixels: bool


def scan_header(head: bytes, keywords: Collection[str]) -> Scanned | None:
    """The wanted elements of a file that begins with these bytes; None where pydicom must look.

    Args:
        head: As many bytes as hold the whole header, else None comes back.
        keywords: Of the dictionary, such as "Rows"; the character set comes in any case.
    """
    wanted = _tags_of(tuple(keywords))
    if head[START - 4 : START] != b"DICM":
        return None
    try:
        meta, at = _scan(head, START, False, META, group=2)
        is_implicit = _is_implicit(meta)
        found, at = _scan(head, at, is_implicit, wanted)
        charset = found[wanted[CHARACTER_SET]].value if CHARACTER_SET in found else b""
        encodings = _read_encodings(charset or b"")
        is_pixel_data = _read_tag(head, at) == PIXEL_DATA
    except Irregular:
        return None
    dataset = Dataset({**found})
    dataset.file_meta = FileMetaDataset({**meta})
    dataset.set_original_encoding(is_implicit, True, encodings)
    return Scanned(dataset, is_pixel_data)


@lru_cache(maxsize=64)
def _read_encodings(charset: bytes) -> list[str]:
    """Python's names of a character set's encodings; cached, for a collection has few."""
    names = [name.strip() for name in charset.decode("latin-1").rstrip("\0 ").split("\\")]
    if not python_encoding.keys() >= set(names):
        raise Irregular
    return list(convert_encodings(names))


@lru_cache(maxsize=8)
def _tags_of(keywords: tuple[str, ...]) -> dict[int, BaseTag]:
    tags = [CHARACTER_SET, *filter(None, map(tag_for_keyword, keywords))]
    return {tag: BaseTag(tag) for tag in tags}


def _is_implicit(meta: Mapping[BaseTag, RawDataElement]) -> bool:
    """Whether value representations are left out."""
    syntax = meta[META[TRANSFER_SYNTAX]].value if meta else None
    name = (syntax or b"").rstrip(b"\0 ")
    if not name.startswith(IMPLICIT) or name == BIG_ENDIAN or name.endswith(DEFLATED):
        raise Irregular
    return name == IMPLICIT


def _scan(
    head: bytes, at: int, is_implicit: bool, wanted: dict[int, BaseTag], group: int | None = None
) -> tuple[dict[BaseTag, RawDataElement], int]:
    """(the wanted elements, where the pixels or another group than the one named begin)."""
    found: dict[BaseTag, RawDataElement] = {}
    while at + 8 <= len(head):
        high, low, vr, length = START_OF_ELEMENT.unpack_from(head, at)
        tag = (high << 16) | low
        if tag in PIXEL_TAGS or (group is not None and high != group):
            return found, at
        if tag not in wanted and vr in SHORT and not is_implicit:
            at += 8 + length  # by far the most elements, without a call
            continue
        element = _read_element(head, at, tag, is_implicit, 0)
        if tag in wanted:
            value = head[element.start : element.stop]
            name = element.vr.decode() if element.vr else None
            found[wanted[tag]] = RawDataElement(
                wanted[tag], name, len(value), value, element.start, is_implicit, True
            )
        at = element.end
    raise Irregular


def _read_tag(head: bytes, at: int) -> int:
    if at + 8 > len(head):
        raise Irregular
    group, number = TAG.unpack_from(head, at)
    return (group << 16) | number


def _read_element(head: bytes, at: int, tag: int, is_implicit: bool, depth: int) -> Element:
    vr = None if is_implicit else head[at + 4 : at + 6]
    if vr is None:
        length, start = LENGTH.unpack_from(head, at + 4)[0], at + 8
    elif vr in SHORT:
        length, start = SHORT_LENGTH.unpack_from(head, at + 6)[0], at + 8
    elif vr in LONG and at + 12 <= len(head):
        length, start = LENGTH.unpack_from(head, at + 8)[0], at + 12
    else:
        raise Irregular
    if length == UNDEFINED:
        if vr not in (None, b"SQ"):
            raise Irregular
        stop = _find_sequence_end(head, start, is_implicit, depth)
        return Element(tag, b"SQ" if vr else None, start, stop, stop + 8)
    if start + length > len(head):
        raise Irregular
    return Element(tag, vr, start, start + length, start + length)


def _find_sequence_end(head: bytes, at: int, is_implicit: bool, depth: int) -> int:
    """Where the delimiter of a sequence of undefined length stands."""
    if depth >= MAX_DEPTH:
        raise Irregular
    while (tag := _read_tag(head, at)) == ITEM:
        length = LENGTH.unpack_from(head, at + 4)[0]
        at += 8
        at = _find_item_end(head, at, is_implicit, depth) if length == UNDEFINED else at + length
    if tag != SEQUENCE_END:
        raise Irregular
    return at


def _find_item_end(head: bytes, at: int, is_implicit: bool, depth: int) -> int:
    """Where what follows an item of undefined length begins."""
    while (tag := _read_tag(head, at)) != ITEM_END:
        at = _read_element(head, at, tag, is_implicit, depth + 1).end
    return at + 8
