"""One DICOM image without what tells who the patient is, or the reason why there can be none."""

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mammo_core.errors import UnreadableFile
from mammo_core.privacy import hide_id

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from mammo_core.breast import Breast
    from mammo_core.reading.decoding import StoredPixels
    from mammo_core.types import Mammogram

NO_DICOM = "Not a DICOM file"
NO_UID = "The header names no SOP Class or Instance UID"
NO_MAMMOGRAM = "It doesn't look like a mammogram, so that text in it cannot be told from tissue"
NOT_ENCODED = "Its pixels cannot be encoded anew"
PIXEL_DATA = 0x7FE00010
DAMAGED_HEADER = "The header is damaged"
DISORDER = "The header is damaged: its elements are out of order, as if items had come loose"


def find_place(path: Path) -> PurePosixPath:
    """Where a file's clean copy belongs, by hidden ids: patient, exam, image.

    Raises:
        UnreadableFile: Where it is no DICOM file or its header doesn't name the image.
    """
    from mammo_core.reading.dicom_file import is_dicom, load_header

    if not is_dicom(path):
        raise UnreadableFile(NO_DICOM)
    patient, exam, image = _ids(load_header(path)[0])
    return PurePosixPath(patient, exam, f"{image}.dcm")


def clean_image(path: Path, *, leave_pixels: bool = False) -> "Dataset":
    """The clean copy of an image, ready to be saved.

    Args:
        path: A DICOM file.
        leave_pixels: Whether to keep all pixels, with the text that may be burned into them.

    Raises:
        UnreadableFile: Where it cannot be cleaned in full.
    """
    from mammo_core.deidentification.header import clean_header
    from mammo_core.deidentification.method import record_method
    from mammo_core.deidentification.pixels import blank_outside, encode
    from mammo_core.reading.decoding import decode
    from mammo_core.reading.dicom_file import load_whole
    from mammo_core.reading.elements import DAMAGED

    ds = load_whole(path)
    _check_order(ds)
    try:
        clean = clean_header(ds)
    except DAMAGED as error:  # its text may quote the header
        raise UnreadableFile(f"{DAMAGED_HEADER} ({type(error).__name__})") from error
    stored = decode(ds)
    mammogram, breast = _find_breast(ds, stored)
    values, is_clear = stored.values(), False
    if not leave_pixels:
        blanked = blank_outside(values, mammogram.pixels, breast)
        values, is_clear = blanked.values, blanked.is_clear
    try:
        encode(clean, values, stored, str(ds.file_meta.TransferSyntaxUID))
        _name(clean, ds)
    except DAMAGED as error:
        raise UnreadableFile(f"{NOT_ENCODED} ({type(error).__name__})") from error
    record_method(clean, is_blanked=not leave_pixels, is_clear=is_clear)
    return clean


def claims_clear(copy: Path) -> bool:
    """Whether a clean copy says that nothing is burned into its pixels.

    Raises:
        UnreadableFile: Where it cannot be read.
    """
    from mammo_core.reading.dicom_file import load_header
    from mammo_core.reading.elements import read_text

    return read_text(load_header(copy)[0], "BurnedInAnnotation") == "NO"


def save(clean: "Dataset", path: Path) -> None:
    """Write a clean data set as a file of its own, whole or not at all.

    Raises:
        UnreadableFile: Where a value of it has no form in a file.
        MammoError: Where the disk is full or cannot be written to.
    """
    from mammo_core.paths import writing
    from mammo_core.reading.elements import DAMAGED

    try:
        with writing(path) as temporary:
            clean.save_as(temporary, enforce_file_format=True)
    except DAMAGED as error:
        raise UnreadableFile(f"{DAMAGED_HEADER} ({type(error).__name__})") from error


def _check_order(ds: "Dataset") -> None:
    """Refuse a header whose elements do not ascend: damage may have set a sequence's items free.

    What follows the pixels doesn't count; programs leave all sorts of bytes there.

    Raises:
        UnreadableFile: Where it is so.
    """
    tags = [int(tag) for tag in ds.keys()]  # noqa: SIM118 - iteration would sort them
    before = tags[: tags.index(PIXEL_DATA)]
    if before != sorted(before):
        raise UnreadableFile(DISORDER)


def _find_breast(ds: "Dataset", stored: "StoredPixels") -> "tuple[Mammogram, Breast]":
    """The image, a mammogram by its header and its pixels, and the breast in it.

    Raises:
        UnreadableFile: Where it is none.
    """
    from mammo_core.breast import find_breast
    from mammo_core.gate import judge
    from mammo_core.header_evidence import judge_header
    from mammo_core.reading.header import describe_header
    from mammo_core.reading.voi import to_gray
    from mammo_core.types import Mammogram

    header = describe_header(ds)
    objections, _ = judge_header(header)
    if objections:
        raise UnreadableFile("; ".join(objections))
    mammogram = Mammogram(to_gray(stored, ds)[0], header=header)
    breast = find_breast(mammogram.pixels)
    if judge(mammogram, breast).verdict == "refuse":
        raise UnreadableFile(NO_MAMMOGRAM)
    return mammogram, breast


def _ids(ds: "Dataset") -> tuple[str, str, str]:
    """The hidden ids of patient, exam and image; a missing one follows from the next."""
    from mammo_core.reading.elements import read_text

    image = read_text(ds, "SOPInstanceUID")
    if not (image and read_text(ds, "SOPClassUID")):
        raise UnreadableFile(NO_UID)
    exam = read_text(ds, "StudyInstanceUID") or image
    patient = read_text(ds, "PatientID") or exam
    return hide_id(patient), hide_id(exam, "exam"), hide_id(image, "image")


def _name(clean: "Dataset", ds: "Dataset") -> None:
    """Give the clean copy its hidden patient id and the file meta information."""
    from pydicom.dataset import FileMetaDataset

    clean.PatientID = _ids(ds)[0]
    clean.PatientName = f"Patient^{clean.PatientID}"
    syntax = clean.file_meta.TransferSyntaxUID
    clean.file_meta = FileMetaDataset()
    clean.file_meta.TransferSyntaxUID = syntax
    clean.file_meta.MediaStorageSOPClassUID = clean.SOPClassUID
    clean.file_meta.MediaStorageSOPInstanceUID = clean.SOPInstanceUID
