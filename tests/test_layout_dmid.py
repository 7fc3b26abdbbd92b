"""DMID: lines in mini-MIAS's form, masks of another folder, grades from reports."""

import shutil
from collections import Counter

import numpy as np
import pytest
from layout_trees.dmid import ROWS, SHAPE, mask_of, write_dicom, write_dmid, write_list, write_tiff

from mammo_core.datasets import LAYOUTS, index_dataset, load_dataset
from mammo_core.datasets.archive_tables import ABSENT, CONTRADICTION, UNLISTED
from mammo_core.datasets.detection import choose_layout
from mammo_core.datasets.labeling import Labeling
from mammo_core.datasets.layouts.dmid import NO_PATIENTS, UNCLEAR
from mammo_core.errors import BadTable, UnreadableFile

pytestmark = pytest.mark.usefixtures("home")


def read(root):
    return LAYOUTS["dmid"].read(root)


def rows_of(root):
    return {row.image_id: row for row in read(root).rows}


def refused(root):
    return {refusal.file: refusal.reason for refusal in read(root).refusals}


@pytest.fixture(params=["list", "sheet"])
def root(request, tmp_path):
    return write_dmid(tmp_path / "DMID", sheet=request.param == "sheet")


# Facts


def test_an_image_is_as_grave_as_the_worst_of_its_lines(root):
    assert {name: row.label for name, row in rows_of(root).items()} == {
        "IMG001": "benign",
        "IMG002": "normal",
        "IMG003": "normal",
        "IMG004": "malignant",
        "IMG005": None,
    }


def test_the_kinds_of_all_lesions_are_told_misspelled_or_not(root):
    lesions = {name: row.lesion for name, row in rows_of(root).items()}
    assert lesions["IMG001"] == "circumscribed_mass"
    assert lesions["IMG004"] == "architectural_distortion+calcification+spiculated_mass"
    assert lesions["IMG002"] is None


def test_density_and_assessment_are_those_of_the_reports(root):
    rows = rows_of(root)
    assert [rows[name].density for name in ("IMG001", "IMG002", "IMG003", "IMG004")] == [
        "b", "d", None, None,
    ]  # fmt: skip
    assert [rows[name].birads for name in ("IMG001", "IMG002", "IMG003", "IMG004")] == [
        "3", "1", None, "4",
    ]  # fmt: skip


def test_side_and_view_stand_in_the_sheet_only(tmp_path):
    sheet = rows_of(write_dmid(tmp_path / "a", sheet=True))
    assert (sheet["IMG001"].laterality, sheet["IMG001"].view) == ("R", "MLO")
    assert (sheet["IMG002"].laterality, sheet["IMG002"].view) == ("L", "CC")
    assert {row.view for row in rows_of(write_dmid(tmp_path / "b")).values()} == {None}


def test_a_lesion_without_a_grade_is_unknown_unless_another_is_malignant(tmp_path):
    rows = [
        *(("IMG001", "CCLT", "G", "CIRC", grade) for grade in "BN"),
        *(("IMG002", "CCLT", "G", "CIRC", grade) for grade in "MN"),
        ("IMG003", "CCLT", "G", "CIRC"),
    ]
    labels = [row.label for row in rows_of(write_dmid(tmp_path, rows)).values()]
    assert labels == [None, "malignant", None]


@pytest.mark.parametrize(
    "lines",
    [
        [("CCLT", "G", "NORM", "N"), ("CCLT", "G", "CIRC", "B")],
        [("CCLT", "G", "NORM", "M")],
        [("CCLT", "G", "NORM + CALC", "B")],
        [("CCLT", "G", "CIRC", "B"), ("CCRT", "G", "CIRC", "B")],
    ],
)
def test_lines_that_contradict_each_other_are_refused(tmp_path, lines):
    rows = [("IMG001", *line) for line in lines] + [ROWS[1]]
    root = write_dmid(tmp_path, rows, sheet=True)
    assert list(refused(root).values()) == [CONTRADICTION]
    assert list(rows_of(root)) == ["IMG002"]


@pytest.mark.parametrize(
    ("tissue", "density"), [("G", None), ("D", None), ("", None), ("ACR B", "b"), ("ACR-D", "d")]
)
def test_the_tissue_is_a_density_where_it_is_an_acr_grade(tmp_path, tissue, density):
    row = rows_of(write_dmid(tmp_path, [("IMG003", "CCLT", tissue, "CIRC", "B")]))["IMG003"]
    assert (row.label, row.lesion, row.density) == ("benign", "circumscribed_mass", density)


@pytest.mark.parametrize("kinds", ["LUMP", "CIR"])
def test_a_line_with_an_unknown_code_is_refused(tmp_path, kinds):
    root = write_dmid(tmp_path, [("IMG001", "CCLT", "G", kinds, "B"), ROWS[1]], sheet=True)
    assert refused(root) == {"IMG001": UNCLEAR}


# Files


def test_images_named_but_absent_and_images_not_named_are_refused(root):
    folder = root / "TIFF Images" / "TIFF Images"
    (folder / "IMG003.tif").unlink()
    write_tiff(root, "IMG499", 1)
    assert refused(root) == {
        "IMG003": ABSENT,
        "TIFF Images/TIFF Images/IMG499.tif": UNLISTED,
    }


def test_neither_masks_nor_drawings_nor_reports_are_images(root):
    assert len(rows_of(root)) == 5
    assert not refused(root)
    assert {row.file.parent.name for row in rows_of(root).values()} == {"TIFF Images"}


def test_each_image_is_a_patient_where_nothing_tells_them_and_it_is_told(root):
    reading = read(root)
    assert {row.patient_id for row in reading.rows} == {row.image_id for row in reading.rows}
    assert reading.warnings == [NO_PATIENTS]


def test_dicom_headers_tell_patients_who_are_hidden(root):
    for image, patient in zip(
        ("IMG001", "IMG002", "IMG003", "IMG004", "IMG005"), "AABBC", strict=True
    ):
        write_dicom(root, image, f"Anna {patient}")
    reading = read(root)
    assert Counter(Counter(row.patient_id for row in reading.rows).values()) == {2: 2, 1: 1}
    assert not any("Anna" in str(row) for row in reading.rows)
    assert {row.file.suffix for row in reading.rows} == {".dcm"}
    assert not reading.warnings


def test_one_patient_for_all_is_none(root):
    for row in {row[0] for row in ROWS}:
        write_dicom(root, row, "ANONYMOUS")
    reading = read(root)
    assert len({row.patient_id for row in reading.rows}) == 5
    assert reading.warnings == [NO_PATIENTS]


# Tables


def test_a_list_without_a_line_of_an_image_is_refused(tmp_path):
    write_list(tmp_path, [])
    with pytest.raises(BadTable, match="IMG001 G CIRC"):
        read(tmp_path)


def test_a_list_with_another_separator_is_refused_with_the_form_that_is_needed(tmp_path):
    file = write_list(tmp_path)
    file.write_text(file.read_text().replace("  ", ","))
    with pytest.raises(BadTable, match="IMG001 G CIRC"):
        read(tmp_path)


def test_without_a_table_what_is_needed_is_named(tmp_path):
    with pytest.raises(UnreadableFile, match=r"Metadata\.xlsx or Info\.txt"):
        read(tmp_path)


def test_a_damaged_sheet_is_refused(tmp_path):
    root = write_dmid(tmp_path, sheet=True)
    (root / "Metadata.xlsx").write_bytes(b"PK\x03\x04 no sheet")
    with pytest.raises(UnreadableFile, match=r"Metadata\.xlsx"):
        read(root)


def test_a_list_of_other_images_is_not_dmids(tmp_path):
    (tmp_path / "Info.txt").write_text("IMG001 GOOD picture\n")
    assert not LAYOUTS["dmid"].detects(tmp_path)


# The whole way


def test_it_is_found_at_its_folder_and_one_above_and_below(root):
    places = (root, root.parent, root / "TIFF Images", root / "ROI Masks")
    assert {choose_layout(place).name for place in places} == {"dmid"}
    assert {len(read(place).rows) for place in places} == {5}


def test_indexing_brings_masks_and_refuses_what_has_no_grade(root, tmp_path):
    answer = index_dataset(root, tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")
    assert answer["classes"] == {"normal": 2, "benign": 1, "malignant": 1}
    assert answer["reasons"] == {"The source gives no label for it": 1}
    np.testing.assert_array_equal(dataset.read_mask("IMG001"), mask_of())
    assert dataset.read_mask("IMG002") is None


def test_masks_fit_dicom_images_of_another_size(root, tmp_path):
    shape = (SHAPE[0] * 2, SHAPE[1] * 2)
    for image in {row[0] for row in ROWS}:
        write_dicom(root, image, image, shape)
    index_dataset(root, tmp_path / "data")
    np.testing.assert_array_equal(
        load_dataset(tmp_path / "data").read_mask("IMG004"), mask_of(shape)
    )


def test_assessments_can_make_the_classes(root, tmp_path):
    answer = index_dataset(root, tmp_path / "data", labeling=Labeling(scheme="birads"))
    assert answer["classes"] == {"normal": 1, "benign": 1, "malignant": 1}


def test_an_archive_without_reports_has_no_densities(root):
    shutil.rmtree(root / "Reports")
    assert {row.density for row in rows_of(root).values()} == {None}
