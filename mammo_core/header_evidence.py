"""What a header says for or against a mammogram, as sentences for a radiographer."""

from collections.abc import Iterator, Sequence
from typing import Any

from mammo_core.reading.acquisition import MODIFIERS

OTHER_MODALITIES = (
    *("CT", "MR", "US", "NM", "PT", "XA", "RF", "ES", "SM", "XC", "ECG", "OP", "OPT", "IO", "PX"),
    *("GM", "IVUS", "BI", "RTSTRUCT", "RTPLAN", "RTDOSE", "RTIMAGE", "SEG", "SR", "PR", "DOC"),
    *("REG", "KO"),
)
"""Values of Modality (DICOM PS3.3 C.7.3.1.1.1) that no mammogram carries."""


OTHER_CLASSES = (
    *("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.6"),
    *("1.2.840.10008.5.1.4.1.1.3", "1.2.840.10008.5.1.4.1.1.20", "1.2.840.10008.5.1.4.1.1.128"),
    *("1.2.840.10008.5.1.4.1.1.12", "1.2.840.10008.5.1.4.1.1.77", "1.2.840.10008.5.1.4.1.1.481"),
)
"""SOP classes, with all below them, of CT, MR, ultrasound, nuclear medicine, PET, angiography,
visible light and radiotherapy (PS3.4 B.5)."""

BREAST_WORDS = (
    *("BREAST", "MAMM", "MAMA", "MAMO", "BRUST", "SEIN", "SENO", "BORST", "BRYST", "BROST"),
    *("PECHO", "PIERS", "SPECIMEN"),
)
"""What BodyPartExamined holds on mammograms, in the languages of those who type it."""
SILENT_PARTS = ("UNKNOWN", "OTHER", "MG", "NONE", "UNDEFINED")
"""What BodyPartExamined holds where nobody said which part it is."""

OTHER_PARTS = (
    *("CHEST", "THORAX", "LUNG", "HEART", "ABDOMEN", "PELVIS", "HIP", "SPINE", "CSPINE", "TSPINE"),
    *("LSPINE", "HEAD", "SKULL", "BRAIN", "NECK", "SHOULDER", "ARM", "ELBOW", "WRIST", "HAND"),
    *("LEG", "KNEE", "ANKLE", "FOOT", "EXTREMITY", "JAW", "TOOTH", "AXILLA", "WHOLEBODY"),
)
"""Body parts that are named in a reason; others may be free text, so they are not repeated."""

ACQUISITIONS = {
    "synthetic": "The image was computed from a tomosynthesis, not taken (synthetic 2-D)",
    "contrast": "The image belongs to a contrast-enhanced mammography",
    "biopsy": "The image was taken for a biopsy",
    "magnification": "The image is a magnification view",
    "spot": "The image is a spot compression view",
    "specimen": "The image shows a specimen, not a breast",
}
"""What to tell about acquisitions that a person should look at."""

ASKED_MODIFIERS = frozenset(
    {
        *("magnification", "spot compression", "implant displaced", "tangential"),
        *("cleavage", "axillary tail", "axillary tissue"),
    }
)
"""View modifiers that show another part than a screening view, or show it otherwise."""


def judge_header(header: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what speaks against a mammogram, what a person should look at) in a file's header.

    Args:
        header: What `describe_header` tells, or a part of it.
    """
    return tuple(_object(header)), tuple(_doubt(header))


def is_other_kind(header: dict[str, Any], objections: Sequence[str]) -> bool:
    """Whether a header alone proves another kind of image: two tags say so, or tomosynthesis.

    A single tag may be mistyped; where the pixels may still speak, it only raises a question.
    """
    return len(objections) > 1 or header.get("acquisition") == "tomosynthesis"


def _object(header: dict[str, Any]) -> Iterator[str]:
    modality, sop_class = header.get("modality"), header.get("sop_class_uid") or ""
    if modality in OTHER_MODALITIES:
        yield f"The header names modality {modality}, not mammography"
    if any(sop_class == other or sop_class.startswith(f"{other}.") for other in OTHER_CLASSES):
        yield "The header names another kind of image (SOP class), not mammography"
    body = header.get("body_part")
    if body and body not in SILENT_PARTS and not any(word in body for word in BREAST_WORDS):
        yield f"The header names {_name_part(body)}, not the breast"
    if header.get("acquisition") == "tomosynthesis":
        yield _tell_volume(header.get("frames", 1))


def _tell_volume(frames: int) -> str:
    if frames > 1:
        return f"The file holds a tomosynthesis volume of {frames:,} frames, not a mammogram"
    return "The image is a slice or projection of a tomosynthesis, not a mammogram"


def _name_part(body: str) -> str:
    return f"the body part {body}" if body in OTHER_PARTS else "another body part"


def _doubt(header: dict[str, Any]) -> Iterator[str]:
    modifiers = [name for name in header.get("view_modifiers", ()) if name in ASKED_MODIFIERS]
    yield from (f"The header names a {name} view" for name in modifiers)
    acquisition = header.get("acquisition")
    if acquisition in ACQUISITIONS and acquisition not in map(MODIFIERS.get, modifiers):
        yield ACQUISITIONS[acquisition]
    if header.get("implant"):
        yield "The breast holds an implant"
    if header.get("partial_view"):
        yield "The image shows only a part of the breast (partial view)"
    if header.get("intent") == "FOR PROCESSING":
        yield "The image is FOR PROCESSING: raw detector values, not for display"
    if header.get("square_pixels") is False:
        yield "The pixels are not square: the image would be shown distorted"
    if tag := header.get("implausible_spacing"):
        yield f"{tag} gives the pixels a size that no mammogram has: it is ignored"
    for conflict in header.get("conflicts", ()):
        yield f"The header contradicts itself: {conflict}"
