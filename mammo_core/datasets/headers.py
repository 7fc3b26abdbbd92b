"""What a file's header tells the index, and whether it proves that the file is no mammogram.

Nothing here decodes a pixel.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from mammo_core.errors import UnreadableFile
from mammo_core.privacy import hide_id
from mammo_core.reading.header_tags import TAGS as DESCRIBING_TAGS
from mammo_core.reading.limits import check_size
from mammo_core.reading.patient_age import compute_age

TAGS = [*DESCRIBING_TAGS, "PatientAge"]
"""What `mammo_core.reading.header` describes, and the age."""

ID_TAGS = ["PatientID", "StudyInstanceUID", "SOPInstanceUID", "PatientBirthDate", "StudyDate"]
"""Who, which exam and image, read only for `hide_id`, and what an unstated age follows from."""

AGE_TAGS = ("PatientAge", "PatientBirthDate", "StudyDate")

END_BYTES = 65_536
"""How much of either end of a file tells it from others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What one file tells about itself; None where it doesn't.

    Attributes:
        rows: Height in pixels.
        columns: Width in pixels.
        pixel_spacing_mm: Millimeters a pixel at the breast.
        age: The patient's, in years.
        acquisition: How the image came about, "standard" for a screening image.
        patient_id: Hidden by `privacy.hide_id`, where it was asked for.
        exam_id: Hidden likewise.
        image_id: Hidden likewise; the same for all copies of an image.
        doubts: Why a person should look at the image before it is used.
    """

    rows: int
    columns: int
    pixel_spacing_mm: float | None = None
    manufacturer: str | None = None
    laterality: str | None = None
    view: str | None = None
    age: float | None = None
    implant: bool | None = None
    acquisition: str | None = None
    patient_id: str | None = None
    exam_id: str | None = None
    image_id: str | None = None
    doubts: tuple[str, ...] = ()


def read_header(path: Path, *, with_ids: bool = False) -> Header:
    """What the header of a DICOM file or a picture tells.

    Args:
        path: The file.
        with_ids: Whether to tell patient, exam and image too, hidden.

    Raises:
        UnreadableFile: Where the file cannot be read, holds no image of a size that mammograms
            have, or says itself that it shows something else.
    """
    from mammo_core.dicom import is_dicom
    from mammo_core.reading.elements import quiet

    with quiet():
        header = _read_dicom(path, with_ids) if is_dicom(path) else _read_picture(path)
    check_size(header.rows, header.columns)
    return header


def hash_file(path: Path) -> str:
    """The SHA-256 of the file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_file(path: Path) -> str:
    """The SHA-256 of the file's length and both its ends, which tells files apart at once.

    Copies have the same digest. Other files differ in it, because a mammogram's header, with the
    UID of the image, lies at the beginning, and the end of a compressed one depends on all of it.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(END_BYTES)
        file.seek(max(size - END_BYTES, file.tell()))
        content += file.read(END_BYTES)
    return hashlib.sha256(size.to_bytes(8, "big") + content).hexdigest()


def picture_shape(path: Path) -> tuple[int, int]:
    """(rows, columns) of a PNG, JPEG, PGM or TIFF, from its header.

    Raises:
        UnreadableFile: Where it is none of these, cannot be opened, is damaged, holds several
            pictures, or is of a size that no mammogram has.
    """
    from mammo_core.reading.pictures import read_picture_header

    header = read_picture_header(path)
    return header["rows"], header["columns"]


def read_series_description(path: Path) -> str:
    """What a DICOM file says that its series shows; empty for other files and damaged ones."""
    from mammo_core.reading.dicom_file import load_elements
    from mammo_core.reading.elements import read_text

    try:
        return read_text(load_elements(path, ["SeriesDescription"])[0], "SeriesDescription")
    except (UnreadableFile, OSError):
        return ""


def _read_picture(path: Path) -> Header:
    rows, columns = picture_shape(path)
    return Header(rows=rows, columns=columns)


def _read_dicom(path: Path, with_ids: bool) -> Header:
    from mammo_core.header_evidence import is_other_kind, judge_header
    from mammo_core.reading.dicom_file import load_elements
    from mammo_core.reading.elements import read_text
    from mammo_core.reading.header import describe_header

    ds, has_pixels = load_elements(path, TAGS + ID_TAGS if with_ids else TAGS)
    facts = describe_header(ds)
    objections, doubts = judge_header(facts)
    if is_other_kind(facts, objections):
        raise UnreadableFile("; ".join(objections))
    if not has_pixels:
        raise UnreadableFile("The DICOM object holds no pixels")
    return Header(
        rows=facts["rows"],
        columns=facts["columns"],
        pixel_spacing_mm=facts["pixel_spacing_mm"],
        manufacturer=facts["manufacturer"],
        laterality=facts["laterality"],
        view=facts["view"],
        age=compute_age(*(read_text(ds, tag) for tag in AGE_TAGS)),
        acquisition=facts.get("acquisition"),
        patient_id=_hide(read_text(ds, "PatientID"), "patient"),
        exam_id=_hide(read_text(ds, "StudyInstanceUID"), "exam"),
        image_id=_hide(read_text(ds, "SOPInstanceUID"), "image"),
        implant={"YES": True, "NO": False}.get(read_text(ds, "BreastImplantPresent")),
        doubts=(*objections, *doubts),
    )


def _hide(text: str, kind: str) -> str | None:
    return hide_id(text, kind) if text else None
