"""INbreast in small: its semicolon table, made DICOM files and property lists of outlines."""

import plistlib
from dataclasses import dataclass

import numpy as np
from pydicom.uid import DigitalMammographyXRayImageStorageForPresentation

from layout_trees.masks import write_dicom_picture
from layout_trees.tables import write_csv

SHAPE = (90, 70)
COLUMNS = (
    *("Patient ID", "Patient age", "Laterality", "View", "Acquisition date", "File Name"),
    *("ACR", "Bi-Rads"),
)
SQUARE = ("Mass", ((20.0, 10.0), (40.0, 10.0), (40.0, 30.0), (20.0, 30.0)))
"""A mass as (x, y) corners: columns 20 to 40, rows 10 to 30."""
POINT = ("Calcification", ((5.4, 60.7),))
DASH = ("Calcifications", ((50.2, 70.1), (51.6, 70.3)))
CLUSTER = ("Cluster", DASH[1])
ASYMMETRY = ("Assymetry", SQUARE[1])


@dataclass(frozen=True)
class Image:
    """A row of the table, and the outlines drawn on the image."""

    number: int
    patient: str
    side: str
    view: str
    date: str
    acr: str
    birads: str
    outlines: tuple = ()

    @property
    def stem(self):
        """The file's name, in which MLO is called ML."""
        view = "ML" if self.view == "MLO" else self.view
        return f"{self.number}_{self.patient}_MG_{self.side}_{view}_ANON"


IMAGES = (
    Image(20586908, "6c613a14b80a8591", "R", "CC", "201001", "2", "5", (SQUARE, POINT)),
    Image(20586960, "6c613a14b80a8591", "R", "MLO", "201001", "2", "4c", (SQUARE,)),
    Image(20586934, "6c613a14b80a8591", "L", "CC", "201001", "2", "1"),
    Image(22678622, "61b13c59bcba149e", "R", "CC", "200802", "4", "2", (POINT, DASH)),
    Image(50995762, "61b13c59bcba149e", "R", "CC", "201003", "     ", "3", (CLUSTER,)),
    Image(53580804, "e634830794f5c1bd", "L", "MLO", "200907", "1", "4a", (ASYMMETRY,)),
)  # fmt: skip


def write_inbreast(root, images=IMAGES, separator=";"):
    """The release: the table, `AllDICOMs`, `AllXML` and folders that no reader needs."""
    write_csv(root / "INbreast.csv", COLUMNS, [_row(image) for image in images], separator)
    for image in images:
        write_image(root, image)
        if image.outlines:
            write_outlines(root / "AllXML" / f"{image.number}.xml", image.outlines)
    write_outlines(root / "PectoralMuscle" / "Pectoral Muscle XML" / "53580804_muscle.xml", ())
    (root / "README.txt").write_text("INbreast")
    return root


def write_image(root, image):
    """A file with the tags of the hospital's device."""
    return write_dicom_picture(
        root / "AllDICOMs" / f"{image.stem}.dcm",
        np.random.default_rng(image.number).integers(0, 4096, SHAPE).astype(np.uint16),
        SOPClassUID=DigitalMammographyXRayImageStorageForPresentation,
        PresentationIntentType="FOR PRESENTATION",
        Manufacturer="SIEMENS",
        BodyPartExamined="BREAST",
        ImageLaterality=image.side,
        ViewPosition=image.view,
        ImagerPixelSpacing=[0.07, 0.07],
    )


def write_outlines(file, outlines):
    """A property list as OsiriX exports it."""
    regions = [
        {
            "Area": 0.5,
            "IndexInImage": number,
            "Name": name,
            "NumberOfPoints": len(points),
            "Point_mm": [f"({x * 0.07:.6f}, {y * 0.07:.6f}, 0.000000)" for x, y in points],
            "Point_px": [f"({x:.6f}, {y:.6f})" for x, y in points],
            "Type": 15,
        }
        for number, (name, points) in enumerate(outlines)
    ]
    image = {"ImageIndex": 0, "NumberOfROIs": len(regions), "ROIs": regions}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(plistlib.dumps({"Images": [image]}))
    return file


def _row(image):
    return {
        "Patient ID": "removed",
        "Patient age": "removed",
        "Laterality": image.side,
        "View": image.view,
        "Acquisition date": image.date,
        "File Name": image.number,
        "ACR": image.acr,
        "Bi-Rads": image.birads,
    }
