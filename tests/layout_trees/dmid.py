"""DMID in small: a list or sheet in mini-MIAS's form, made pictures, masks and reports."""

import numpy as np
from PIL import Image

from layout_trees.masks import write_dicom_picture

SHAPE = (96, 72)
BOX = (20, 10, 50, 40)
"""(top, left, bottom, right) of every mask."""

EXPLANATION = """This file lists the images of the dataset and provides details as follows:

1st column: Image number (IMG001 to IMG510).
2nd column: Character of background tissue: F Fatty, G Fatty-glandular, D Dense-glandular
3rd column: Class of abnormality present: CALC, CIRC, SPIC, MISC, ARCH, ASYM, NORM
4th column: Severity of abnormality: B Benign, M Malignant
5th, 6th columns: x, y image-coordinates of centre of abnormality.
7th column: Approximate radius (in pixels) of a circle enclosing the abnormality.
"""
ROWS = (
    ("IMG001", "MLORT", "G", "CIRC", "B", "21", "34", "5"),
    ("IMG002", "CCLT", "D", "NORM", "N"),
    ("IMG003", "CCRT", "F", "NORM"),
    ("IMG004", "MLOLT", "D", "CLAC", "B", "40", "40", "9"),
    ("IMG004", "MLOLT", "D", "SPIC + ARCH", "M", "30", "20", "8"),
    ("IMG005", "CCLT", "G", "ASYM", "N", "30", "20", "8"),
)
"""The rows of the sheet; the list has no second column."""
REPORTS = {
    "IMG001": "BREAST COMPOSITION: ACR B\nFINDINGS:\nmass\nBIRADS: 2, 3.\n",
    "IMG002": "BREAST COMPOSITION: ACR D\nBIARDS 1",
    "IMG004": "BREAST COMPOSITION: ACR A or ACR B\nFINDINGS: 12 mm\nBIRADS: 4C",
}
MASKED = ("IMG001", "IMG004")


def write_dmid(root, rows=ROWS, sheet=False):
    """The archive with TIFF images, in folders of a folder of their own name."""
    (write_sheet if sheet else write_list)(root, rows)
    for number, image in enumerate(sorted({row[0] for row in rows})):
        write_tiff(root, image, number)
        if image in MASKED:
            write_mask(root, image)
        if image in REPORTS:
            file = root / "Reports" / "Reports" / f"Img{image[3:]}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(REPORTS[image])
    drawing = root / "Pixel-level annotation" / "Pixel-level annotation" / "IMG001.tif"
    drawing.parent.mkdir(parents=True)
    Image.new("RGB", SHAPE[::-1], "red").save(drawing)
    return root


def write_list(root, rows=ROWS):
    """Info.txt, which lies among the images."""
    file = root / "TIFF Images" / "TIFF Images" / "Info.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = ["  ".join((row[0], *row[2:])) for row in rows]
    file.write_text(EXPLANATION + "\n".join(lines) + "\n")
    return file


def write_sheet(root, rows=ROWS):
    """Metadata.xlsx, with the explanation in its first rows."""
    import openpyxl

    book = openpyxl.Workbook()
    for line in EXPLANATION.splitlines():
        book.active.append([line])
    for row in rows:
        book.active.append([int(cell) if cell.isdigit() else cell for cell in row])
    root.mkdir(parents=True, exist_ok=True)
    book.save(root / "Metadata.xlsx")


def write_tiff(root, image, seed):
    """A film as the archive has it: 8 bit, gray in four channels."""
    gray = np.random.default_rng(seed).integers(0, 255, SHAPE, dtype=np.uint8)
    file = root / "TIFF Images" / "TIFF Images" / f"{image}.tif"
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(gray).convert("RGBA").save(file)


def write_dicom(root, image, patient, shape=SHAPE):
    """The same image as DICOM."""
    return write_dicom_picture(
        root / "DICOM Images" / "DICOM Images" / f"{image}.dcm",
        np.random.default_rng(int(image[3:])).integers(0, 4096, shape).astype(np.uint16),
        PatientID=patient,
        BodyPartExamined="BREAST",
        Manufacturer="SIEMENS",
    )


def mask_of(shape=SHAPE):
    """The one mask of the archive, on a grid of any size."""
    mask = np.zeros(shape, bool)
    rows, columns = (new // old for new, old in zip(shape, SHAPE, strict=True))
    top, left, bottom, right = BOX
    mask[top * rows : bottom * rows, left * columns : right * columns] = True
    return mask


def write_mask(root, image):
    """A mask as the archive has it: black and white in four channels, packed by LZW."""
    file = root / "ROI Masks" / "ROI Masks" / f"{image}.tif"
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(mask_of().astype(np.uint8) * 255).convert("RGBA")
    picture.save(file, compression="tiff_lzw")
