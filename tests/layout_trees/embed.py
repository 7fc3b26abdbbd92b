"""EMBED's open data in small: made tables and DICOM files in the structure of its AWS release."""

import pandas as pd
from made_files import write_dicom

from layout_trees.tables import edit_csv, write_csv

CLINICAL_COLUMNS = (
    *("empi_anon", "acc_anon", "study_date_anon", "desc", "tissueden", "asses", "numfind"),
    *("side", "massshape", "calcfind", "bside", "path1", "path_severity", "age_at_study"),
    *("loc_num", "RACE_DESC"),
)
METADATA_COLUMNS = (
    *("empi_anon", "acc_anon", "study_date_anon", "StudyDescription", "SeriesDescription"),
    *("FinalImageType", "ImageLateralityFinal", "ViewPosition", "spot_mag", "cohort_num"),
    *("anon_dicom_path", "num_roi", "ROI_coords", "match_level", "Manufacturer"),
    *("ManufacturerModelName", "BreastImplantPresent"),
)
DISK = "/mnt/NAS2/mammo/anon_dicom"
"""Where the files lay when the table was written."""

FINDINGS = (
    # patient, exam, side, asses, path_severity, bside
    ("11", "901", "B", "N", "", ""),
    ("12", "902", "L", "A", "", ""),
    ("12", "902", "R", "N", "", ""),
    ("13", "903", "L", "S", "4.0", "L"),
    ("13", "903", "L", "M", "1.0", "L"),
    ("13", "903", "R", "B", "", ""),
    ("14", "904", "R", "K", "0.0", "R"),
    ("15", "905", "", "S", "2.0", "L"),
    ("16", "906", "L", "S", "5.0", "L"),
    ("17", "907", "R", "S", "6.0", "R"),
)
"""Of exam 904, 906 and 907 one breast has no row; the finding of 905 has no side but a biopsied
one."""


def write_embed(root):
    """Seven patients with two views of either breast."""
    clinical = [finding_row(*finding) for finding in FINDINGS]
    write_csv(root / "tables" / "EMBED_OpenData_clinical.csv", CLINICAL_COLUMNS, clinical)
    exams = {(row["empi_anon"], row["acc_anon"]) for row in clinical}
    files = [
        file_row(patient, exam, side, view)
        for patient, exam in sorted(exams)
        for side in "LR"
        for view in ("CC", "MLO")
    ]
    files[8]["ROI_coords"], files[8]["num_roi"] = "((4, 6, 14, 20), (30, 2, 36, 8))", 2
    for row in files:
        write_image(root, row)
    write_csv(root / "tables" / "EMBED_OpenData_metadata.csv", METADATA_COLUMNS, files)
    return root


def add_special_views(root):
    """A synthetic image and a spot view of the left breast in exam 903."""
    rows = [
        file_row("13", "903", "L", "CC", kind="cview"),
        file_row("13", "903", "L", "CC", spot_mag="1.0"),
    ]
    for row in rows:
        write_image(root, row)
    table = root / "tables" / "EMBED_OpenData_metadata.csv"
    edit_csv(table, lambda frame: pd.concat([frame, pd.DataFrame(rows)]).fillna(""))
    return root


def finding_row(patient, exam, side, asses, path_severity="", bside=""):
    """A row of the clinical table."""
    return {
        "empi_anon": patient,
        "acc_anon": exam,
        "tissueden": "3.0",
        "asses": asses,
        "side": side,
        "bside": bside,
        "path_severity": path_severity,
        "age_at_study": "57.25",
        "loc_num": "2",
    }


def file_row(patient, exam, side, view, kind="2D", spot_mag=""):
    """A row of the metadata."""
    name = f"1.2.826.{exam}.{side}{view}{kind}{spot_mag[:1]}".replace("L", "1").replace("R", "2")
    series = f"1.2.840.{exam}"
    return {
        "empi_anon": patient,
        "acc_anon": exam,
        "FinalImageType": kind,
        "ImageLateralityFinal": side,
        "ViewPosition": view,
        "spot_mag": spot_mag,
        "anon_dicom_path": f"{DISK}/cohort_1/{patient}/{exam}/{series}/{name}.dcm",
        "num_roi": 0,
        "ROI_coords": "()",
        "Manufacturer": "HOLOGIC, Inc.",
        "BreastImplantPresent": "NO",
    }


def place_of(root, row):
    """Where the file of a row of the metadata lies."""
    return root / "images" / row["anon_dicom_path"].removeprefix(f"{DISK}/")


def write_image(root, row):
    path = place_of(root, row)
    return write_dicom(
        path,
        ImageLaterality=row["ImageLateralityFinal"],
        ViewPosition=row["ViewPosition"],
        PixelData=bytes(f"{path.name:<1280}", "ascii"),
    )
