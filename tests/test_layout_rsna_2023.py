"""RSNA 2023: cancer by breast, files without modality or view, copies made by others."""

import pandas as pd
import pytest
from layout_trees.rsna_2023 import write_image, write_rsna_2023, write_rsna_pictures
from layout_trees.tables import edit_csv

from mammo_core.datasets import LAYOUTS, index_dataset, load_dataset
from mammo_core.datasets.detection import choose_layout
from mammo_core.datasets.labeling import Labeling
from mammo_core.errors import BadTable

LAYOUT = LAYOUTS["rsna_2023"]


@pytest.fixture
def root(tmp_path):
    return write_rsna_2023(tmp_path / "rsna" / "rsna-breast-cancer-detection")


def by_id(reading):
    return {row.image_id: row for row in reading.rows}


def reasons(reading):
    return {refusal.file: refusal.reason for refusal in reading.refusals}


def test_cancer_is_the_breasts(root):
    rows = by_id(LAYOUT.read(root))
    cancer = {f"{row.patient_id}{row.laterality}": row.cancer for row in rows.values()}
    assert {breast for breast, found in cancer.items() if found} == {"10011L", "10042R"}
    assert sum(row.cancer is False for row in rows.values()) == 16
    assert {row.cancer for row in rows.values() if row.patient_id == "10008"} == {None}


def test_the_tables_facts_are_told(root):
    row = by_id(LAYOUT.read(root))["10025_1002501"]
    assert (row.laterality, row.view, row.density, row.birads) == ("L", "MLO", "c", "2")
    assert (row.age, row.implant, row.cancer) == (None, False, False)
    assert (row.source, row.manufacturer) == ("RSNA site 1", "machine 49")
    assert row.file == root / "train_images" / "10025" / "1002501.dcm"


def test_missing_facts_are_unknown(root):
    rows = by_id(LAYOUT.read(root))
    assert (rows["10006_1000600"].density, rows["10006_1000600"].birads) == (None, None)
    assert rows["10006_1000600"].age == 61


def test_images_with_an_implant_are_asked_about(root, tmp_path, home):
    edit_csv(root / "train.csv", lambda frame: frame.assign(implant="1"))
    assert {row.implant for row in LAYOUT.read(root).rows if row.cancer is not None} == {True}
    answer = index_dataset(root, tmp_path / "out")
    assert any("20 images wait for a decision" in warning for warning in answer["warnings"])


def test_files_without_modality_and_view_pass_the_gate(root, tmp_path, home):
    answer = index_dataset(root, tmp_path / "out")
    assert (answer["format"], answer["images"]) == ("rsna_2023", 20)
    assert answer["classes"] == {"no_cancer": 16, "cancer": 4}
    index = load_dataset(tmp_path / "out").index
    assert set(index["view"]) == {"CC", "MLO"}
    assert index["gate"].isna().all()


def test_the_test_set_has_no_label_and_can_be_predicted_only(root, tmp_path, home):
    answer = index_dataset(root, tmp_path / "labeled")
    assert answer["reasons"] == {"The source gives no statement on cancer for it": 4}
    assert any("--labels none" in warning for warning in answer["warnings"])


def test_recall_and_assessment_can_make_the_classes(root, tmp_path, home):
    mapping = {"0": "recalled", "1": "not_recalled", "2": "not_recalled"}
    answer = index_dataset(root, tmp_path / "out", labeling=Labeling("birads", mapping))
    assert answer["classes"] == {"not_recalled": 4, "recalled": 4}


def test_patients_are_dealt_to_all_three_splits(root, tmp_path, home):
    index_dataset(root, tmp_path / "out")
    splits = load_dataset(tmp_path / "out").index.groupby("patient_id")["split"].agg(set)
    assert all(len(found) == 1 for found in splits)
    assert set.union(*splits) == {"train", "val", "test"}


@pytest.mark.parametrize("flat", [True, False])
def test_smaller_copies_as_pictures_are_found(tmp_path, flat):
    root = write_rsna_pictures(tmp_path / "pngs-of-rsna", flat)
    assert choose_layout(root).name == "rsna_2023"
    rows = by_id(LAYOUT.read(root))
    assert len(rows) == 20
    assert rows["10011_1001100"].file.suffix == ".png"


def test_the_published_file_is_taken_before_a_copy_of_it(root):
    write_rsna_pictures(root, flat=True)
    assert {row.file.suffix for row in LAYOUT.read(root).rows} == {".dcm"}


@pytest.mark.parametrize("part", ["", "..", "train_images"])
def test_it_is_found_from_one_folder_higher_or_lower(root, part):
    named = (root / part).resolve()
    assert choose_layout(named).name == "rsna_2023"
    assert len(LAYOUT.read(named).rows) == 24


def test_files_that_lack_and_files_that_no_row_names_are_refused(root):
    (root / "train_images" / "10006" / "1000600.dcm").unlink()
    write_image(root / "train_images", {"patient_id": "10006", "image_id": "77"})
    refused = reasons(LAYOUT.read(root))
    assert "lacks" in refused["train_images/10006/1000600.dcm"]
    assert "No row" in refused["train_images/10006/77.dcm"]


def test_an_image_with_and_without_cancer_is_refused_and_one_named_twice_taken_once(root):
    def repeat(frame):
        return pd.concat([frame, frame.iloc[[0]].assign(cancer="1"), frame.iloc[[1]]])

    edit_csv(root / "train.csv", repeat)
    reading = LAYOUT.read(root)
    assert len(reading.rows) == 23
    assert "contradict" in reasons(reading)["train_images/10006/1000600.dcm"]


def test_an_unknown_label_is_refused(root):
    edit_csv(root / "train.csv", lambda frame: frame.assign(cancer="2"))
    reading = LAYOUT.read(root)
    assert len(reading.rows) == 4
    assert set(reasons(reading).values()) == {"Its cancer column is neither 0 nor 1"}


def test_a_missing_column_is_named(root):
    edit_csv(root / "train.csv", lambda frame: frame.drop(columns="cancer"))
    with pytest.raises(BadTable, match=r"train\.csv .* lacks cancer"):
        LAYOUT.read(root)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_another_separator_is_understood(root, separator):
    table = root / "train.csv"
    table.write_text(table.read_text().replace(",", separator))
    assert choose_layout(root).name == "rsna_2023"
    assert len(LAYOUT.read(root).rows) == 24


def test_the_training_table_alone_is_enough(root):
    (root / "test.csv").unlink()
    reading = LAYOUT.read(root)
    assert len(reading.rows) == 20
    assert {reason.partition(" names")[0] for reason in reasons(reading).values()} == {
        "No row of the table"
    }


def test_a_train_csv_of_something_else_is_not_taken_for_it(tmp_path):
    (tmp_path / "train.csv").write_text("patient_id,image_id,label\n1,2,cancer\n")
    assert not LAYOUT.detects(tmp_path)
