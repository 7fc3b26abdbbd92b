"""VinDr-Mammo: assessments by breast, boxes as masks, the source's test set kept."""

import shutil

import numpy as np
import pandas as pd
import pytest
from layout_trees.tables import edit_csv, write_csv
from layout_trees.vindr_mammo import write_image, write_vindr_mammo

from mammo_core.datasets import LAYOUTS, index_dataset, load_dataset
from mammo_core.datasets.detection import choose_layout
from mammo_core.errors import BadTable
from mammo_core.training.splits import check_splits

LAYOUT = LAYOUTS["vindr_mammo"]
BREASTS = "breast-level_annotations.csv"


@pytest.fixture
def root(tmp_path):
    return write_vindr_mammo(tmp_path / "vindr-mammo" / "1.0.0")


def by_id(reading):
    return {row.image_id: row for row in reading.rows}


def reasons(reading):
    return {refusal.file: refusal.reason for refusal in reading.refusals}


def test_each_image_carries_the_assessment_of_its_breast(root):
    rows = by_id(LAYOUT.read(root))
    assert len(rows) == 20
    assert {rows[f"image1{name}"].birads for name in ("LCC", "LMLO")} == {"5"}
    assert {rows[f"image1{name}"].birads for name in ("RCC", "RMLO")} == {"1"}
    assert {row.pathology for row in rows.values()} == {None}


def test_the_tables_facts_are_told(root):
    row = by_id(LAYOUT.read(root))["image1LCC"]
    assert (row.patient_id, row.exam_id) == ("study1", "study1")
    assert (row.laterality, row.view, row.density) == ("L", "CC", "b")
    assert (row.age, row.manufacturer, row.lesion) == (53.0, "SIEMENS", "mass")
    assert row.file == root / "images" / "study1" / "image1LCC.dicom"


def test_what_a_table_leaves_blank_is_unknown(root):
    row = by_id(LAYOUT.read(root))["image0LCC"]
    assert (row.age, row.manufacturer, row.lesion, row.regions) == (None, None, None, ())


def test_a_box_becomes_the_pixels_that_it_holds(root, tmp_path, home):
    index_dataset(root, tmp_path / "out")
    dataset = load_dataset(tmp_path / "out")
    mask = dataset.read_mask("image1LCC")
    rows, columns = mask.nonzero()
    assert (rows.min(), rows.max() + 1) == (8, 20)
    assert (columns.min(), columns.max() + 1) == (4, 14)  # centers from 4.5 on, up to 14.5
    assert dataset.read_mask("image0LCC") is None


def test_an_image_with_several_findings_has_all_boxes_and_the_kind_of_the_gravest(root):
    row = by_id(LAYOUT.read(root))["image2RMLO"]
    assert {(box.top, box.left, box.bottom, box.right) for box in row.regions} == {
        (3, 2, 9, 8),
        (30, 20, 36, 24),
    }
    assert row.lesion == "calcification"


def test_boxes_of_an_image_that_was_scaled_are_scaled_with_it(root):
    def double(frame):
        return frame.assign(height="80", width="64")

    edit_csv(root / BREASTS, double)
    row = by_id(LAYOUT.read(root))["image1LCC"]
    assert row.regions_grid == (80, 64)


def test_the_sources_test_set_stays_and_validation_is_dealt_from_training(root, tmp_path, home):
    answer = index_dataset(root, tmp_path / "out")
    index = load_dataset(tmp_path / "out").index
    splits = index.groupby("patient_id")["split"].agg(set)
    assert splits["study4"] == {"test"}
    assert set(index.loc[index["patient_id"] != "study4", "split"]) == {"train", "val"}
    assert all(len(found) == 1 for found in splits)
    assert any("no validation set" in warning for warning in answer["warnings"])


def test_what_the_source_splits_in_two_can_be_trained_on(root, tmp_path, home):
    index_dataset(root, tmp_path / "out")
    dataset = load_dataset(tmp_path / "out")
    labels = dataset.index["label"].map(dataset.classes.index).to_numpy()
    train, val = (np.flatnonzero(dataset.index["split"] == split) for split in ("train", "val"))
    check_splits(labels, train, val, dataset.classes)


def test_birads_are_mapped_as_the_user_says(root, tmp_path, home):
    answer = index_dataset(root, tmp_path / "out")
    assert answer["format"] == "vindr_mammo"
    assert answer["classes"] == {"normal": 10, "benign": 4, "malignant": 6}


def test_files_without_a_real_sop_class_pass_the_gate(root, tmp_path, home):
    answer = index_dataset(root, tmp_path / "out")
    assert (answer["images"], answer["refused"]) == (20, 0)
    assert load_dataset(tmp_path / "out").index["gate"].isna().all()


@pytest.mark.parametrize("part", ["", "..", "images"])
def test_it_is_found_from_one_folder_higher_or_lower(root, part):
    named = (root / part).resolve()
    assert choose_layout(named).name == "vindr_mammo"
    assert len(LAYOUT.read(named).rows) == 20


def test_a_folder_with_other_things_beside_it_is_not_taken_for_it(root):
    (root.parent / "other").mkdir()
    assert not LAYOUT.detects(root.parent)


def test_files_that_lack_and_files_that_no_row_names_are_refused(root):
    (root / "images" / "study0" / "image0LCC.dicom").unlink()
    write_image(root, "study0", "stranger")
    reading = LAYOUT.read(root)
    assert len(reading.rows) == 19
    assert "lacks" in reasons(reading)["images/study0/image0LCC.dicom"]
    assert "No row" in reasons(reading)["images/study0/stranger.dicom"]


def test_an_image_with_two_assessments_is_refused_and_one_named_twice_taken_once(root):
    def repeat(frame):
        other = frame.iloc[[0]].assign(breast_birads="BI-RADS 4")
        return pd.concat([frame, other, frame.iloc[[5]]])

    edit_csv(root / BREASTS, repeat)
    reading = LAYOUT.read(root)
    assert len(reading.rows) == 19
    assert set(reasons(reading)) == {"images/study0/image0LCC.dicom"}
    assert "contradict" in reasons(reading)["images/study0/image0LCC.dicom"]


def test_an_unknown_assessment_is_refused(root):
    def spoil(frame):
        frame.loc[0, "breast_birads"] = "BI-RADS 7"
        frame.loc[1, "breast_birads"] = ""
        return frame

    edit_csv(root / BREASTS, spoil)
    reading = LAYOUT.read(root)
    assert len(reading.rows) == 18
    assert all("none of BI-RADS" in reason for reason in reasons(reading).values())


def test_a_missing_column_is_named(root):
    edit_csv(root / BREASTS, lambda frame: frame.drop(columns="view_position"))
    with pytest.raises(BadTable, match="lacks view_position, its first line has study_id"):
        LAYOUT.read(root)


def test_another_separator_is_understood_and_an_unknown_one_named(root):
    path = root / BREASTS
    text = path.read_text()
    path.write_text(text.replace(",", ";"))
    assert len(LAYOUT.read(root).rows) == 20
    path.write_text(text.replace(",", " "))
    with pytest.raises(BadTable, match="separator must be"):
        LAYOUT.read(root)


def test_without_findings_and_metadata_the_images_are_read_and_the_loss_is_told(root):
    (root / "finding_annotations.csv").unlink()
    (root / "metadata.csv").unlink()
    reading = LAYOUT.read(root)
    assert len(reading.rows) == 20
    assert not any(row.regions for row in reading.rows)
    assert any("no lesion has a mask" in warning for warning in reading.warnings)


def test_a_finding_without_a_box_is_told_and_gives_no_mask(root):
    def blank(frame):
        frame.loc[frame["image_id"] == "image1LCC", "xmax"] = ""
        return frame

    edit_csv(root / "finding_annotations.csv", blank)
    reading = LAYOUT.read(root)
    assert by_id(reading)["image1LCC"].regions == ()
    assert any(warning.startswith("1 findings") for warning in reading.warnings)


def test_copies_as_pictures_are_found_in_a_folder_of_their_own(root):
    for file in sorted((root / "images").rglob("*.dicom")):
        shutil.move(file, file.with_suffix(".png"))
    (root / "images").rename(root / "images_png")
    rows = LAYOUT.read(root).rows
    assert len(rows) == 20
    assert {row.file.suffix for row in rows} == {".png"}


def test_the_published_file_is_taken_before_a_copy_of_it(root):
    (root / "images_png").mkdir()
    shutil.copytree(root / "images" / "study0", root / "images_png" / "study0")
    for file in (root / "images_png").rglob("*.dicom"):
        file.rename(file.with_suffix(".png"))
    reading = LAYOUT.read(root)
    assert {row.file.suffix for row in reading.rows} == {".dicom"}
    assert not reading.refusals


def test_a_table_in_another_encoding_is_refused_in_a_line(root):
    path = root / BREASTS
    path.write_bytes(path.read_bytes().replace(b"study0", b"stud\xe9"))
    with pytest.raises(BadTable, match="UTF-8"):
        LAYOUT.read(root)


def test_tables_made_by_hand_may_lack_the_size(root):
    frame = pd.read_csv(root / BREASTS, dtype=str).drop(columns=["height", "width"])
    write_csv(root / BREASTS, list(frame.columns), frame.to_dict("records"))
    assert by_id(LAYOUT.read(root))["image1LCC"].regions_grid is None
