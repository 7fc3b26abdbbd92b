"""VinDr-Mammo 1.0.0 in small: made tables and DICOM files in its published structure."""

from made_files import write_dicom

from layout_trees.tables import write_csv

BREAST_COLUMNS = (
    *("study_id", "series_id", "image_id", "laterality", "view_position", "height", "width"),
    *("breast_birads", "breast_density", "split"),
)
FINDING_COLUMNS = (
    *("image_id", "study_id", "series_id", "laterality", "view_position", "height", "width"),
    *("breast_birads", "breast_density", "finding_categories", "finding_birads"),
    *("xmin", "ymin", "xmax", "ymax", "split"),
)
NAMELESS_SOP_CLASS = "1.2.3.4"
"""What VinDr's files say that they are."""

EXAMS = (
    ("training", {"L": "BI-RADS 1", "R": "BI-RADS 2"}),
    ("training", {"L": "BI-RADS 5", "R": "BI-RADS 1"}),
    ("training", {"L": "BI-RADS 3", "R": "BI-RADS 4"}),
    ("training", {"L": "BI-RADS 1", "R": "BI-RADS 1"}),
    ("test", {"L": "BI-RADS 1", "R": "BI-RADS 4"}),
)
BOXES = {
    "image1LCC": [("['Mass', 'Skin Retraction']", "BI-RADS 5", 4.5, 8.0, 14.5, 20.0)],
    "image2RMLO": [
        ("['Asymmetry']", "BI-RADS 3", 2, 3, 8, 9),
        ("['Suspicious Calcification']", "BI-RADS 4", 20, 30, 24, 36),
    ],
}
"""(categories, assessment, xmin, ymin, xmax, ymax) of the findings of an image."""


def write_vindr_mammo(root):
    """Five exams of four views in `root`, the last of them in the source's test set."""
    breasts, findings = [], []
    for number, (split, assessments) in enumerate(EXAMS):
        for side, birads in assessments.items():
            for view in ("CC", "MLO"):
                row = _row(number, side, view, birads, split)
                breasts.append(row)
                findings += _findings(row)
                write_image(root, row["study_id"], row["image_id"])
    write_csv(root / "breast-level_annotations.csv", BREAST_COLUMNS, breasts)
    write_csv(root / "finding_annotations.csv", FINDING_COLUMNS, findings)
    write_metadata(root, [row["image_id"] for row in breasts])
    return root


def write_image(root, study, image):
    """A DICOM file with no more header than VinDr's."""
    return write_dicom(
        root / "images" / study / f"{image}.dicom",
        SOPClassUID=NAMELESS_SOP_CLASS,
        PixelData=bytes(f"{image:<1280}", "ascii"),
    )


def write_metadata(root, images):
    columns = ("SOP Instance UID", "Patient's Age", "Manufacturer", "Manufacturer's Model Name")
    told = ("053Y", "SIEMENS", "Inspiration")
    rows = [dict(zip(columns, (name, *told), strict=True)) for name in images[1:]]
    rows.append({"SOP Instance UID": images[0]})
    return write_csv(root / "metadata.csv", columns, rows)


def _row(number, side, view, birads, split):
    return {
        "study_id": f"study{number}",
        "series_id": f"series{number}",
        "image_id": f"image{number}{side}{view}",
        "laterality": side,
        "view_position": view,
        "height": 40,
        "width": 32,
        "breast_birads": birads,
        "breast_density": f"DENSITY {'ABCD'[number % 4]}",
        "split": split,
    }


def _findings(row):
    boxes = BOXES.get(row["image_id"])
    if not boxes:
        return [{**row, "finding_categories": "['No Finding']"}]
    names = ("finding_categories", "finding_birads", "xmin", "ymin", "xmax", "ymax")
    return [row | dict(zip(names, box, strict=True)) for box in boxes]
