"""What a DICOM header tells about a mammogram without its pixels: view, side, spacing, syntax."""

import logging
import math
import re
import struct
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError

from mammo_core.types import Laterality

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
    InvalidDicomError,
    BytesLengthException,
)
"""What pydicom and its decoders raise on damaged files."""

VIEW_CODES = {
    "399162004": "CC",
    "R-10242": "CC",
    "399368009": "MLO",
    "R-10226": "MLO",
    "399260004": "ML",
    "R-10224": "ML",
    "399352003": "LM",
    "R-10228": "LM",
    "399192008": "XCCL",
    "R-1024A": "XCCL",
}
"""Code values of SNOMED CT and SNOMED RT for the standard views (DICOM PS3.16, CID 4014)."""

MODIFIER_CODES = {
    "399163009": "magnification",
    "R-102D6": "magnification",
    "399055006": "spot compression",
    "R-102D7": "spot compression",
    "399209000": "implant displaced",
    "R-102D5": "implant displaced",
}
"""View modifiers that change what a picture shows (DICOM PS3.16, CID 4015)."""

VIEWS = ("CC", "MLO", "ML", "LM", "LMO", "XCCL", "XCCM", "AT")


logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # it quotes header bytes: names, dates


@contextmanager
def quiet() -> Iterator[None]:
    """Keep pydicom's warnings, which quote header bytes such as names, from being shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def describe_header(ds: Dataset) -> dict[str, Any]:
    """Facts of a header that carry no identity; None where the header is silent."""
    syntax = getattr(ds, "file_meta", {}).get("TransferSyntaxUID")
    spacing, basis = read_spacing(ds)
    return {
        "kind": "DICOM",
        "modality": read_text(ds, "Modality").upper() or None,
        "sop_class_uid": read_text(ds, "SOPClassUID") or None,
        "transfer_syntax": str(syntax) if syntax else None,
        "body_part": read_text(ds, "BodyPartExamined").upper() or None,
        "intent": read_text(ds, "PresentationIntentType").upper() or None,
        "photometric": read_text(ds, "PhotometricInterpretation").upper() or None,
        "laterality": read_laterality(ds),
        "view": read_view(ds),
        "view_modifiers": read_modifiers(ds),
        "rows": read_integer(ds, "Rows", 0),
        "columns": read_integer(ds, "Columns", 0),
        "frames": read_integer(ds, "NumberOfFrames", 1),
        "samples": read_integer(ds, "SamplesPerPixel", 1),
        "bits_stored": read_integer(ds, "BitsStored", 0),
        "manufacturer": read_text(ds, "Manufacturer") or None,
        "pixel_spacing_mm": spacing,
        "spacing_basis": basis,
        "has_pixels": "PixelData" in ds,
    }


def read_laterality(ds: Dataset) -> Laterality | None:
    """The side from the first of three tags that names one."""
    for tag in ("ImageLaterality", "Laterality", "FrameLaterality"):
        side = read_text(ds, tag).upper()[:1]
        if side in ("L", "R"):
            return cast(Laterality, side)
    return None


def read_view(ds: Dataset) -> str | None:
    """The view from its code, then ViewPosition, then PatientOrientation (as CBIS-DDSM has it)."""
    for item in read_items(ds, "ViewCodeSequence"):
        if view := VIEW_CODES.get(read_text(item, "CodeValue")):
            return view
    for tag in ("ViewPosition", "PatientOrientation"):
        word = re.sub(r"[^A-Z]", "", read_text(ds, tag).upper())
        if word in VIEWS:
            return word
    return None


def read_modifiers(ds: Dataset) -> list[str]:
    """Names of the view modifiers, such as magnification."""
    codes = [
        read_text(modifier, "CodeValue")
        for view in read_items(ds, "ViewCodeSequence")
        for modifier in read_items(view, "ViewModifierCodeSequence")
    ]
    return [MODIFIER_CODES[code] for code in codes if code in MODIFIER_CODES]


def read_spacing(ds: Dataset) -> tuple[float | None, str | None]:
    """(millimetres a pixel in the breast, what that rests on); (None, None) where unknown."""
    if spacing := _first_positive(read_value(ds, "PixelSpacing")):
        return spacing, "PixelSpacing"
    if not (spacing := _first_positive(read_value(ds, "ImagerPixelSpacing"))):
        return None, None
    magnification = _first_positive(read_value(ds, "EstimatedRadiographicMagnificationFactor"))
    if magnification:
        return spacing / magnification, "ImagerPixelSpacing / magnification"
    return spacing, "ImagerPixelSpacing, at the detector"


def read_value(ds: Dataset, tag: str) -> Any:
    """The tag's value, None where it is missing or damaged."""
    try:
        return ds.get(tag)
    except DAMAGED:
        return None


def read_text(ds: Dataset, tag: str) -> str:
    """The tag's first value as text, empty where it is missing."""
    value = read_value(ds, tag)
    if value is None:
        return ""
    if not isinstance(value, str) and hasattr(value, "__getitem__"):
        value = value[0] if len(value) == 1 else ""
    return str(value).strip()


def read_integer(ds: Dataset, tag: str, default: int) -> int:
    """The tag as an integer, `default` where it is missing or no number."""
    try:
        value = read_value(ds, tag)
        return default if value is None else int(value)
    except (TypeError, ValueError):
        return default


def read_number(ds: Dataset, tag: str, default: float) -> float:
    """The tag's first value as a finite number, else `default`."""
    return next(iter(read_numbers(ds, tag)), default)


def read_numbers(ds: Dataset, tag: str) -> list[float]:
    """The tag's values as numbers; those that are none are left out."""
    return _numbers(read_value(ds, tag))


def _numbers(value: Any) -> list[float]:
    if value is None:
        return []
    many = value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    found = []
    for item in many:
        try:
            found.append(float(item))
        except (TypeError, ValueError):
            continue
    return [number for number in found if math.isfinite(number)]


def _first_positive(value: Any) -> float | None:
    return next((number for number in _numbers(value) if number > 0), None)


def read_items(ds: Dataset, tag: str) -> list[Dataset]:
    """The items of a sequence, none where it is missing or damaged."""
    items = read_value(ds, tag)
    if not isinstance(items, Iterable):
        return []
    return [item for item in items if isinstance(item, Dataset)]
