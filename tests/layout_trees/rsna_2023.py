"""RSNA 2023 in small: made tables and DICOM files in the competition's published structure."""

from made_files import write_dicom, write_picture
from pydicom.uid import DigitalXRayImageStorageForPresentation

from layout_trees.tables import write_csv

TRAIN_COLUMNS = (
    *("site_id", "patient_id", "image_id", "laterality", "view", "age", "cancer", "biopsy"),
    *("invasive", "BIRADS", "implant", "density", "machine_id", "difficult_negative_case"),
)
TEST_COLUMNS = (
    *("site_id", "patient_id", "image_id", "laterality", "view", "age", "implant"),
    *("machine_id", "prediction_id"),
)
PATIENTS = {
    "10006": {"site_id": 2, "age": "61.0", "machine_id": 29},
    "10011": {"site_id": 2, "age": "55.0", "machine_id": 21, "cancer": "L", "BIRADS": "0.0"},
    "10025": {"site_id": 1, "age": "", "machine_id": 49, "density": "C", "BIRADS": "2.0"},
    "10038": {"site_id": 1, "age": "71.0", "machine_id": 49, "density": "A"},
    "10042": {"site_id": 1, "age": "49.0", "machine_id": 170, "cancer": "R", "density": "B"},
}
TEST_PATIENT = "10008"


def write_rsna_2023(root):
    """Five labeled patients with four views and one of the test set, who has no label."""
    rows = [row for patient in PATIENTS for row in training_rows(patient)]
    for row in rows:
        write_image(root / "train_images", row)
    write_csv(root / "train.csv", TRAIN_COLUMNS, rows)
    tests = [
        _row(TEST_PATIENT, n, side, view) | {"prediction_id": f"{TEST_PATIENT}_{side}"}
        for n, (side, view) in enumerate(_views())
    ]
    for row in tests:
        write_image(root / "test_images", row)
    write_csv(root / "test.csv", TEST_COLUMNS, tests)
    return root


def write_image(folder, row):
    """A file with no more header than the competition's: no modality, no view, a DX class."""
    return write_dicom(
        folder / row["patient_id"] / f"{row['image_id']}.dcm",
        Modality=None,
        SOPClassUID=DigitalXRayImageStorageForPresentation,
        PixelData=bytes(f"{row['image_id']:<1280}", "ascii"),
    )


def write_rsna_pictures(root, flat):
    """The copies that others made of the training images: PNG beside train.csv."""
    rows = [row for patient in PATIENTS for row in training_rows(patient)]
    for n, row in enumerate(rows):
        joint = "_" if flat else "/"
        write_picture(root / "pngs" / f"{row['patient_id']}{joint}{row['image_id']}.png", n)
    write_csv(root / "train.csv", TRAIN_COLUMNS, rows)
    return root


def training_rows(patient):
    facts = PATIENTS[patient]
    for number, (side, view) in enumerate(_views()):
        has_cancer = int(facts.get("cancer") == side)
        yield {
            "BIRADS": "",
            "density": "",
            **_row(patient, number, side, view),
            **facts,
            "cancer": has_cancer,
            "biopsy": has_cancer,
            "invasive": 0,
            "difficult_negative_case": False,
        }


def _views():
    return [("L", "CC"), ("L", "MLO"), ("R", "CC"), ("R", "MLO")]


def _row(patient, number, side, view):
    return {
        "site_id": 2,
        "patient_id": patient,
        "image_id": str(int(patient) * 100 + number),
        "laterality": side,
        "view": view,
        "age": "66.0",
        "implant": 0,
        "machine_id": 29,
    }
