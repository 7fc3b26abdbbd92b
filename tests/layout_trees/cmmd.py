"""CMMD in small: a made table and DICOM files in the structure that TCIA's retriever writes."""

import openpyxl
from made_files import write_dicom
from pydicom.dataset import Dataset

from layout_trees.tables import write_csv

COLUMNS = ("ID1", "LeftRight", "Age", "number", "abnormality", "classification", "subtype")
VIEW_CODES = {"CC": "399162004", "MLO": "399368009"}

BREASTS = (
    ("D1-0001", "R", 44, 2, "calcification", "Benign", None),
    ("D1-0002", "L", 40, 2, "both", "Benign", None),
    ("D1-0003", "L", 39, 2, "mass", "Malignant", None),
    ("D1-0003", "R", 39, 2, "mass", "Benign", None),
    ("D1-0004", "R", 51, 2, "mass", "Malignant", None),
    ("D2-0001", "R", 47, 2, "mass", "Malignant", "Luminal B"),
)
"""The rows of the table; D1-0004 has images of her other breast, with no word on it."""
BOTH_SIDES = ("D1-0003", "D1-0004")


def write_cmmd(root, manifest="manifest-1616439774456"):
    """Five patients with two views of one breast or both, the table beside the manifest."""
    sides = {row[0]: {row[1]} | (set("LR") if row[0] in BOTH_SIDES else set()) for row in BREASTS}
    for patient, own in sides.items():
        views = [(side, view) for side in sorted(own) for view in VIEW_CODES]
        for number, (side, view) in enumerate(views, 1):
            write_image(root / manifest, patient, number, side, view)
    write_sheet(root / "CMMD_clinicaldata_revision.xlsx", BREASTS)
    return root


def write_image(place, patient, number, side, view, exam="07-18-2010-NA-NA-79377"):
    """A file whose view stands in a code alone."""
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = VIEW_CODES[view], "SCT"
    return write_dicom(
        place / "CMMD" / patient / exam / "1.000000-NA-70244" / f"1-{number}.dcm",
        PatientID=patient,
        ImageLaterality=side,
        ViewCodeSequence=[code],
        PixelData=bytes(f"{patient}{number}{side}{exam}".ljust(1280), "ascii"),
    )


def write_sheet(path, rows, columns=COLUMNS):
    book = openpyxl.Workbook()
    book.active.append(columns)
    for row in rows:
        book.active.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def write_table(path, rows, separator=","):
    """The same as CSV, as many people convert it."""
    told = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return write_csv(path, COLUMNS, told, separator)
