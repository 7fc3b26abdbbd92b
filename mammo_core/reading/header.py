"""What a DICOM header tells about a mammogram without its pixels: view, side, spacing, syntax."""

import re
from typing import Any

from pydicom.dataset import Dataset

from mammo_core.reading.acquisition import tell_acquisition, tell_implant
from mammo_core.reading.elements import Elements
from mammo_core.reading.spacing import find_implausible, read_spacing
from mammo_core.reading.views import SPECIMEN_VIEW, read_projection

PROCESSING_CLASSES = frozenset({"1.2.840.10008.5.1.4.1.1.1.2.1", "1.2.840.10008.5.1.4.1.1.1.1.1"})
"""SOP classes of mammograms and X-ray images FOR PROCESSING."""


CODE = re.compile(r"[A-Z0-9_ ,./^-]{1,32}")
IDENTIFIER = re.compile(r"[0-9.]{1,64}")
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
"""Forms of code strings, UIDs and short texts (PS3.5 6.2). In a damaged header the wrong bytes may
stand here, such as a patient's name; what has another form is not kept."""


def describe_header(ds: Dataset) -> dict[str, Any]:
    """Facts of a header that carry no identity; None where the header is silent."""
    header = Elements(ds)
    groups = next(iter(header.items("SharedFunctionalGroupsSequence")), None)
    projection = read_projection(header, groups)
    spacing = read_spacing(header, groups)
    frames = header.integer("NumberOfFrames", 1)
    syntax = getattr(ds, "file_meta", {}).get("TransferSyntaxUID")
    return {
        "kind": "DICOM",
        "modality": _keep(CODE, header.word("Modality")),
        "sop_class_uid": _keep(IDENTIFIER, header.text("SOPClassUID")),
        "transfer_syntax": _keep(IDENTIFIER, str(syntax or "")),
        "body_part": _keep(CODE, header.word("BodyPartExamined")),
        "intent": _read_intent(header),
        "photometric": _keep(CODE, header.word("PhotometricInterpretation")),
        "acquisition": tell_acquisition(header, projection, frames),
        "implant": tell_implant(header, projection),
        "partial_view": {"YES": True, "NO": False}.get(header.word("PartialView")),
        "laterality": projection.laterality,
        "view": None if projection.view == SPECIMEN_VIEW else projection.view,
        "view_modifiers": list(projection.modifiers),
        "conflicts": list(projection.conflicts),
        "rows": header.integer("Rows", 0),
        "columns": header.integer("Columns", 0),
        "frames": frames,
        "samples": header.integer("SamplesPerPixel", 1),
        "bits_stored": header.integer("BitsStored", 0),
        "manufacturer": _keep(NAME, header.text("Manufacturer")),
        "pixel_spacing_mm": spacing.rows_mm,
        "spacing_basis": spacing.basis,
        "implausible_spacing": find_implausible(header),
        "square_pixels": spacing.is_square,
        "has_pixels": "PixelData" in header,
    }


def _read_intent(header: Elements) -> str | None:
    intent = header.word("PresentationIntentType")
    if not intent and header.text("SOPClassUID") in PROCESSING_CLASSES:
        return "FOR PROCESSING"
    return _keep(CODE, intent)


def _keep(form: re.Pattern[str], text: str) -> str | None:
    """The text where it has the form that it must have, else None."""
    return text if form.fullmatch(text) else None
