"""A mammogram that carries identifying text in every place that a DICOM file has for it."""

from pathlib import Path

import numpy as np
from pydicom import Dataset, Sequence, dcmread
from pydicom.datadict import DicomDictionary
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian

from mammo_core.deidentification.header import WHO

SHIPPED = sorted((Path(__file__).resolve().parents[1] / "sample_data" / "dicom").rglob("*.dcm"))

WORD = "CANARY"
RECORD_NUMBER = "ZQ7391846"
DATE, TIME = "19431207", "112233.445566"
UID = "1.2.752.4711.31337"
NAME = "Schmidt-Kanariė^Žofie"

TRACES = (
    *(WORD.encode(), RECORD_NUMBER.encode(), b"7391846", DATE.encode(), b"112233", UID.encode()),
    *(part.encode() for part in ("Schmidt", "Kanari", "ofie")),
)
"""What may be nowhere in a clean copy."""

VALUES = {
    **dict.fromkeys(("AE", "LO", "LT", "SH", "ST", "UC", "UT"), f"{WORD} text"),
    **{"PN": NAME, "DA": DATE, "DT": DATE + TIME, "TM": TIME, "UI": UID, "AS": "099Y"},
    **{"UR": f"http://{WORD}", "OB": WORD.encode(), "OW": WORD.encode(), "UN": WORD.encode()},
}
NEEDED = {"SOPClassUID", "ReferencedSOPClassUID", "SpecificCharacterSet"}


def read_shipped(number=0):
    """A shipped image with its values as they are stored, uncompressed."""
    ds = dcmread(SHIPPED[number])
    ds.decompress(generate_instance_uid=False)
    return ds


def write_plain(path, number=0, **tags):
    """A shipped image with other tags."""
    ds = read_shipped(number)
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    return _save(ds, path)


def write_identified(path, number=0, *, in_kept_texts=True):
    """A shipped image with identifying text in all that the standard defines and beyond.

    `in_kept_texts` puts it even where a maker's own name belongs.
    """
    ds = read_shipped(number)
    _fill(ds)
    item = Dataset()
    _fill(item)
    deep = Dataset()
    deep.AnatomicRegionSequence = Sequence([item])
    ds.ViewCodeSequence[0].ViewModifierCodeSequence = Sequence([deep])
    ds.RequestAttributesSequence = Sequence([item])
    _name(ds, number)
    if in_kept_texts:
        _name_in_kept_texts(ds)
    _draw_over(ds)
    block = ds.private_block(0x0029, f"{WORD} MAKER", create=True)
    block.add_new(0x10, "LO", WORD)
    block.add_new(0x11, "SQ", Sequence([item]))
    ds.file_meta.SourceApplicationEntityTitle = WORD
    ds.file_meta.PrivateInformationCreatorUID = UID
    ds.file_meta.PrivateInformation = WORD.encode()
    ds.preamble = WORD.encode().ljust(128, b"\0")
    _save(ds, path)
    with path.open("ab") as file:
        file.write(WORD.encode() * 10)
    return path


def _fill(ds):
    """Identifying text in every attribute that the standard defines for it."""
    for tag, (kind, _, _, _, keyword) in DicomDictionary.items():
        known = keyword in NEEDED or Tag(tag).group in (0x0000, 0x0002, 0x0004, 0x7FE0)
        if kind in VALUES and not known and Tag(tag).element != 0:
            is_who = keyword in WHO and kind in ("LO", "SH")  # so that no text goes for its words
            ds.add_new(tag, kind, "Schmidt" if is_who else VALUES[kind])


def _name(ds, number):
    """Ids as a hospital writes them, and the texts that stay without them."""
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientID = RECORD_NUMBER
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{UID}.1.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = f"{UID}.2", f"{UID}.3"
    ds.Manufacturer, ds.ManufacturerModelName = "ACME", "Mammo 3"
    ds.SoftwareVersions, ds.AcquisitionDeviceProcessingCode = "1.0", "A1"


def _name_in_kept_texts(ds):
    """Words of the patient in the texts that stay."""
    ds.Manufacturer = f"Bought for {RECORD_NUMBER}"
    ds.ManufacturerModelName = "Schmidt"
    ds.SoftwareVersions = ["1.0", RECORD_NUMBER]
    for keyword in ("WindowCenterWidthExplanation", "LUTExplanation", "RescaleType"):
        setattr(ds, keyword, RECORD_NUMBER)
    ds.ModalityLUTType = ds.AcquisitionDeviceProcessingCode = RECORD_NUMBER
    ds.PixelSpacingCalibrationDescription = f"of {RECORD_NUMBER}"
    own = Dataset()
    own.CodeValue, own.CodingSchemeDesignator, own.CodeMeaning = "1", f"99{WORD}", WORD
    ds.AnatomicRegionSequence[0].AnatomicRegionModifierSequence.append(own)


def _draw_over(ds):
    """Overlays in an element and in unused bits of the pixels, a curve, and bytes behind them."""
    ds.add_new(0x60003000, "OW", WORD.encode() * 3)
    ds.add_new(0x60001500, "LO", WORD)
    ds.add_new(0x60023000, "OW", WORD.encode() * 3)
    ds.add_new(0x50003000, "OW", WORD.encode())
    values = np.frombuffer(ds.PixelData, "<u2").copy()
    values[:1000] |= 0xF000
    ds.PixelData = values.tobytes() + WORD.encode()


def _save(ds, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.save_as(path, enforce_file_format=True)
    return path
