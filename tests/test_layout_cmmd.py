"""CMMD: a label for each breast with a row, side and view from the headers."""

import shutil

import pytest
from layout_trees.cmmd import BREASTS, write_cmmd, write_image, write_sheet, write_table

from mammo_core.datasets import LAYOUTS, index_dataset, load_dataset
from mammo_core.datasets.detection import choose_layout
from mammo_core.errors import BadTable, UnreadableFile

LAYOUT = LAYOUTS["cmmd"]
SHEET = "CMMD_clinicaldata_revision.xlsx"
MANIFEST = "manifest-1616439774456"


@pytest.fixture
def root(tmp_path):
    return write_cmmd(tmp_path / "archives" / "cmmd")


def by_id(reading):
    return {row.image_id: row for row in reading.rows}


def reasons(reading):
    return {refusal.file: refusal.reason for refusal in reading.refusals}


def test_each_breast_has_the_label_of_its_own_row(root):
    rows = LAYOUT.read(root).rows
    labels = {(row.patient_id, row.laterality): row.pathology for row in rows}
    assert labels[("D1-0003", "L")] == "malignant"
    assert labels[("D1-0003", "R")] == "benign"
    assert labels[("D1-0001", "R")] == "benign"


def test_a_breast_without_a_row_has_no_label_and_is_not_called_normal(root, tmp_path, home):
    rows = LAYOUT.read(root).rows
    silent = [row for row in rows if (row.patient_id, row.laterality) == ("D1-0004", "L")]
    assert [(row.pathology, row.age, row.lesion) for row in silent] == [(None, None, None)] * 2
    answer = index_dataset(root, tmp_path / "out")
    assert answer["classes"] == {"benign": 6, "malignant": 6}
    assert answer["reasons"] == {"The source gives no pathology for it": 2}
    assert any("2 images show a breast without a row" in warning for warning in answer["warnings"])


def test_views_are_read_from_their_codes(root, tmp_path, home):
    assert {row.view for row in LAYOUT.read(root).rows} == {"CC", "MLO"}
    index_dataset(root, tmp_path / "out")
    index = load_dataset(tmp_path / "out").index
    assert index.groupby(["patient_id", "laterality"])["view"].agg(set).map(len).eq(2).all()


def test_the_tables_facts_are_told(root):
    row = by_id(LAYOUT.read(root))["D1-0002_1-1"]
    assert (row.age, row.lesion, row.source) == (40, "calcification+mass", "CMMD D1")
    assert (row.patient_id, row.exam_id) == ("D1-0002", "D1-0002_E1")


def test_a_part_that_betrays_the_class_is_told(root):
    warnings = LAYOUT.read(root).warnings
    assert any("all of part D2 is malignant" in warning for warning in warnings)
    assert not any("part D1 is" in warning for warning in warnings)


def test_two_exams_of_a_patient_have_ids_of_their_own(root):
    write_image(root / MANIFEST, "D1-0001", 1, "R", "CC", exam="09-01-2012-NA-NA-1")
    rows = [row for row in LAYOUT.read(root).rows if row.patient_id == "D1-0001"]
    assert {row.exam_id for row in rows} == {"D1-0001_E1", "D1-0001_E2"}
    assert {row.image_id for row in rows} == {"D1-0001_E1_1-1", "D1-0001_E2_1-1", "D1-0001_1-2"}


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_converted_table_is_read_alike(root, separator):
    expected = LAYOUT.read(root).rows
    (root / SHEET).unlink()
    write_table(root / "CMMD_clinicaldata_revision_CSV.csv", BREASTS, separator)
    assert LAYOUT.read(root).rows == expected


@pytest.mark.parametrize("part", ["", "..", f"{MANIFEST}/CMMD"])
def test_it_is_found_from_one_folder_higher_or_lower(root, part):
    shutil.copy(root / SHEET, root / MANIFEST / SHEET)
    named = (root / part).resolve()
    assert choose_layout(named).name == "cmmd"
    assert len(LAYOUT.read(named).rows) == 14


def test_it_is_found_from_the_retrievers_folder_with_the_table_beside_it(root):
    assert choose_layout(root / MANIFEST).name == "cmmd"
    assert len(LAYOUT.read(root / MANIFEST).rows) == 14


def test_patients_may_lie_beside_the_table(root):
    shutil.move(root / MANIFEST / "CMMD" / "D1-0001", root / "D1-0001")
    assert len(LAYOUT.read(root).rows) == 14


def test_contradictory_rows_and_unknown_classes_refuse_their_images(root):
    rows = [*BREASTS, ("D1-0001", "R", 44, 2, "mass", "Malignant", None)]
    rows[4] = ("D1-0004", "R", 51, 2, "mass", "Unclear", None)
    write_sheet(root / SHEET, rows)
    refused = reasons(LAYOUT.read(root))
    assert sorted(refused.values()) == sorted(
        ["Rows of the table contradict each other about this image"] * 2
        + ["Its classification is neither Benign nor Malignant"] * 2
    )


def test_patients_without_files_and_files_without_a_patient_in_the_table_are_refused(root):
    shutil.rmtree(root / MANIFEST / "CMMD" / "D2-0001")
    write_image(root / MANIFEST, "D2-0700", 1, "L", "CC")
    refused = reasons(LAYOUT.read(root))
    assert "no image of her" in refused["D2-0001"]
    assert [reason for file, reason in refused.items() if "D2-0700" in file] == [
        "The table has no row for this patient"
    ]


def test_a_damaged_file_is_refused_and_the_rest_is_read(root):
    file = next((root / MANIFEST).rglob("D1-0001/*/*/1-1.dcm"))
    file.write_bytes(file.read_bytes()[:150])
    reading = LAYOUT.read(root)
    assert len(reading.rows) == 13
    assert len(reading.refusals) == 1


def test_a_missing_column_is_named(root):
    write_sheet(root / SHEET, [row[:4] for row in BREASTS], ("ID1", "LeftRight", "Age", "number"))
    with pytest.raises(BadTable, match="lacks abnormality, classification"):
        LAYOUT.read(root)


def test_a_table_that_is_no_spreadsheet_is_named(root):
    (root / SHEET).write_text("ID1,LeftRight")
    with pytest.raises(UnreadableFile, match=SHEET):
        LAYOUT.read(root)
