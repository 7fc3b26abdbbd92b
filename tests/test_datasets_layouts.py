"""Each layout finds its own kind, reads it whole, and says what it leaves out and why."""

from collections import Counter
from itertools import chain

import numpy as np
import pandas as pd
import pytest
from dataset_trees import (
    TREES,
    write_class_folders,
    write_dicom,
    write_mini_mias,
    write_picture,
    write_sample,
    write_table,
)

from mammo_core.datasets import LAYOUTS
from mammo_core.datasets.detection import choose_layout
from mammo_core.datasets.naming import safe_name
from mammo_core.datasets.regions import draw_mask
from mammo_core.errors import BadDataset, BadTable, MammoError

PLAIN = {"table", "dicom_folder", "class_folders"}
"""Layouts that may fit an archive's folder too, and are therefore tried after them."""


def read(name, root):
    return LAYOUTS[name].read(root)


def by_id(reading):
    return {row.image_id: row for row in reading.rows}


def is_labeled(row):
    """Whether a layout tells a fact that some scheme makes a class of."""
    return any((row.label, row.pathology, row.birads)) or row.cancer is not None


def reasons(reading):
    return {refusal.file: refusal.reason for refusal in reading.refusals}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_detected_by_itself_and_by_no_layout_tried_before(name, tmp_path):
    root = TREES[name](tmp_path / "root")
    assert choose_layout(root).name == name


@pytest.mark.parametrize("name", LAYOUTS)
def test_an_archive_is_seen_by_no_other_archive(name, tmp_path):
    root = TREES[name](tmp_path / "root")
    seen = {layout.name for layout in LAYOUTS.values() if layout.detects(root)}
    assert seen - PLAIN == {name} - PLAIN


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_says_what_it_is_and_what_its_owners_allow(name):
    layout = LAYOUTS[name]
    assert layout.name == name
    assert all(len(text) > 5 for text in (layout.title, layout.licence, layout.expects))


@pytest.mark.parametrize(
    "name", sorted(set(LAYOUTS) - {"dicom_folder"})
)  # it leaves ids to the headers
def test_rows_name_files_that_exist_and_ids_that_are_unique_and_safe(name, tmp_path):
    rows = read(name, TREES[name](tmp_path / "root")).rows
    ids = [row.image_id for row in rows]
    assert all(row.file.is_file() and row.patient_id for row in rows)
    assert any(is_labeled(row) for row in rows)
    assert len(set(ids)) == len(ids) > 0
    assert [safe_name(image_id) for image_id in ids] == ids


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_layout_sees_itself_in_an_empty_folder(name, tmp_path):
    assert not LAYOUTS[name].detects(tmp_path)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_image_is_either_taken_or_refused(name, tmp_path):
    root = TREES[name](tmp_path / "root")
    reading = read(name, root)
    pictures = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.suffix in (".png", ".dcm") and path.parent.name != "masks"
    }
    files = {file for row in reading.rows for file in (row.file, *chain(*row.mask_files))}
    taken = {file.relative_to(root).as_posix() for file in files}
    assert taken | {refusal.file for refusal in reading.refusals} >= pictures


# mini-MIAS


def test_a_film_is_as_grave_as_its_worst_line(tmp_path):
    films = by_id(read("mini_mias", write_mini_mias(tmp_path)))
    assert films["mdb144"].label == "malignant"
    assert films["mdb001"].label == "benign"
    assert films["mdb002"].label == "normal"


def test_the_circles_of_a_film_count_from_its_bottom_left(tmp_path):
    film = by_id(read("mini_mias", write_mini_mias(tmp_path)))["mdb005"]
    rows, columns = np.nonzero(draw_mask(film.regions, (1024, 1024), film.regions_grid))
    assert (rows.min(), rows.max()) == pytest.approx((1024 - 168 - 26, 1024 - 133 + 30), abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((477 - 30, 500 + 26), abs=1)


def test_odd_films_are_right_even_ones_left_and_neighbors_one_patient(tmp_path):
    films = by_id(read("mini_mias", write_mini_mias(tmp_path)))
    assert (films["mdb005"].laterality, films["mdb006"].laterality) == ("R", "L")
    assert films["mdb005"].patient_id == films["mdb006"].patient_id != films["mdb004"].patient_id
    assert {film.view for film in films.values()} == {"MLO"}


def test_a_lesion_without_a_place_keeps_its_label_and_is_told(tmp_path):
    reading = read("mini_mias", write_mini_mias(tmp_path))
    films = by_id(reading)
    assert (films["mdb059"].label, films["mdb059"].regions) == ("benign", ())
    assert (films["mdb216"].label, films["mdb216"].regions) == ("malignant", ())
    assert any("mdb059, mdb216" in warning for warning in reading.warnings)


def test_films_named_but_absent_and_films_not_named_are_refused(tmp_path):
    root = write_mini_mias(tmp_path)
    write_picture(root / "mdb300.png", 300)
    refused = reasons(read("mini_mias", root))
    assert set(refused) == {"mdb320", "mdb300.png"}
    assert "lacks" in refused["mdb320"]
    assert "no line" in refused["mdb300.png"]


@pytest.mark.parametrize("suffix", [".pgm", ".jpg", ".png"])
def test_films_may_be_of_any_picture_format(tmp_path, suffix):
    assert len(read("mini_mias", write_mini_mias(tmp_path, suffix)).rows) == 9


def test_the_lossless_copy_of_a_film_is_taken(tmp_path):
    root = write_mini_mias(tmp_path, ".jpg")
    write_picture(root / "images" / "mdb001.pgm", 1)
    assert by_id(read("mini_mias", root))["mdb001"].file.suffix == ".pgm"


# A table


def test_synonyms_of_headings_are_understood(tmp_path):
    rows = [
        {"File Name": "a.png", "Pathology": "Benign", "Patient ID": "p1", "Side": "left",
         "View Position": "cc", "Breast Density": "3", "Age": "61", "Subset": "validation"},
        {"File Name": "b.png", "Pathology": "MALIGNANT", "Patient ID": "p1", "Side": "R",
         "View Position": "MLO", "Breast Density": "", "Age": "", "Subset": "training"},
    ]  # fmt: skip
    one, two = read("table", write_table(tmp_path, rows)).rows
    assert (one.label, one.patient_id, one.laterality, one.view) == ("benign", "p1", "L", "CC")
    assert (one.density, one.age, one.split) == ("c", 61, "val")
    assert (two.label, two.density, two.age, two.split) == ("malignant", None, None, "train")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found_out(tmp_path, separator):
    rows = [{"path": f"{n}.png", "label": "x, y" if n else "z"} for n in range(3)]
    reading = read("table", write_table(tmp_path, rows, separator=separator))
    assert Counter(row.label for row in reading.rows) == {"x, y": 2, "z": 1}


def test_parquet_says_the_same_as_csv(tmp_path):
    rows = [
        {"path": f"{n}.png", "label": "benign", "age": 60.0 + n if n else None} for n in range(3)
    ]
    as_csv = read("table", write_table(tmp_path, rows)).rows
    (tmp_path / "labels.csv").unlink()
    pd.DataFrame(rows).to_parquet(tmp_path / "labels.parquet")
    assert list(read("table", tmp_path).rows) == list(as_csv)


def test_what_is_unclear_in_a_table_is_refused_with_its_reason(tmp_path):
    root = write_table(
        tmp_path,
        [
            {"path": "good.png", "label": "benign"},
            {"path": "fine.png", "label": "malignant"},
            {"path": "absent.png", "label": "benign"},
            {"path": "typo.png", "label": "malginant"},
            {"path": "blank.png", "label": ""},
            {"path": "both.png", "label": "benign"},
            {"path": "both.png", "label": "malignant"},
            {"path": "good.png", "label": "benign"},
        ],
    )
    reading = read("table", root)
    assert [row.image_id for row in reading.rows] == ["good", "fine"]
    counts = Counter(refusal.reason for refusal in reading.refusals)
    assert counts == {
        "The table names this file, the folder lacks it": 1,
        "Label 'malginant' is none of benign, malignant": 1,
        "The table gives no label": 1,
        "The table gives this file different labels": 2,
        "The table names this file more than once": 1,
    }


def test_labels_of_ones_own_are_classes(tmp_path):
    rows = [{"path": f"{label}.png", "label": label} for label in ("2", "1", "normal")]
    assert {row.label for row in read("table", write_table(tmp_path, rows)).rows} == {
        "1", "2", "normal",
    }  # fmt: skip


@pytest.mark.parametrize("headings", [("path", "age"), ("label", "age")])
def test_a_table_that_lacks_a_column_is_refused_with_those_that_it_has(tmp_path, headings):
    (tmp_path / "t.csv").write_text(",".join(headings) + "\na.png,3\n")
    with pytest.raises(BadTable, match=f"found {', '.join(headings)}"):
        read("table", tmp_path)


def test_a_folder_whose_table_lacks_labels_is_refused_with_its_columns(tmp_path):
    (tmp_path / "t.csv").write_text("path,age\na.png,3\n")
    with pytest.raises(BadDataset, match=r"t\.csv with columns path, age"):
        choose_layout(tmp_path)


def test_a_table_that_is_not_utf_8_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "t.csv").write_bytes("path,label\nré.png,benign\n".encode("latin-1"))
    with pytest.raises(BadTable, match="UTF-8"):
        read("table", tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "path,label\n",
        "path,label\na.png,benign,more\n",
        "path,label,label\na.png,x,y\n",
        "\0\1",
    ],
)
def test_a_damaged_table_is_refused(tmp_path, text):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(MammoError, match=r"t\.csv"):
        read("table", tmp_path / "t.csv")


def test_two_tables_are_one_too_many_unless_one_is_named(tmp_path):
    rows = [{"path": "a.png", "label": "x"}, {"path": "b.png", "label": "y"}]
    write_table(write_table(tmp_path, rows, "one.csv"), rows, "two.csv")
    with pytest.raises(BadTable, match=r"one\.csv, two\.csv"):
        read("table", tmp_path)
    assert len(read("table", tmp_path / "two.csv").rows) == 2


def test_a_table_among_patients_folders_is_not_taken_for_classes(tmp_path):
    rows = [{"path": f"p{n}/{n}.png", "label": "benign"} for n in range(3)]
    assert choose_layout(write_table(tmp_path, rows)).name == "table"


def test_files_of_one_name_in_several_folders_get_ids_of_their_own(tmp_path):
    rows = [{"path": f"{folder}/1.png", "label": "x"} for folder in "ab"]
    ids = [row.image_id for row in read("table", write_table(tmp_path, rows)).rows]
    assert len(set(ids)) == 2


# Class folders


def test_a_folder_is_a_class_and_a_file_its_own_patient_which_is_told(tmp_path):
    reading = read("class_folders", write_class_folders(tmp_path, {"Benign": 2, "cancer": 1}))
    assert Counter(row.label for row in reading.rows) == {"benign": 2, "cancer": 1}
    assert len({row.patient_id for row in reading.rows}) == 3
    assert "3 of 3 files tell no patient" in reading.warnings[0]


@pytest.mark.parametrize(
    ("stem", "patient", "laterality", "view"),
    [
        ("S00017_LCC", "S00017", "L", "CC"),
        ("case12-right-mlo", "case12", "R", "MLO"),
        ("Mass-Training_P_00001_LEFT_CC_1", "P_00001", "L", "CC"),
        ("20586908_6c613a14b80a8591_MG_R_ML_ANON", "20586908_6c613a14b80a8591_MG", "R", "ML"),
    ],
)
def test_file_names_may_tell_the_patient(tmp_path, stem, patient, laterality, view):
    write_picture(tmp_path / "benign" / f"{stem}.png", 1)
    (row,) = read("class_folders", tmp_path).rows
    assert (row.patient_id, row.laterality, row.view) == (patient, laterality, view)


def test_splits_above_the_classes_are_kept(tmp_path):
    counts = {"train/a": 2, "train/b": 2, "Test/a": 1, "valid/b": 1}
    reading = read("class_folders", write_class_folders(tmp_path, counts))
    assert choose_layout(tmp_path).name == "class_folders"
    assert Counter(row.split for row in reading.rows) == {"train": 4, "test": 1, "val": 1}
    assert {row.label for row in reading.rows} == {"a", "b"}


def test_files_that_are_no_images_are_refused_by_kind(tmp_path):
    root = write_class_folders(tmp_path, {"a": 1, "b": 1})
    (root / "a" / "Thumbs.db").write_text("x")
    (root / "a" / ".hidden").write_text("x")
    assert reasons(read("class_folders", root)) == {"a/Thumbs.db": "Files .db are no images"}


def test_dicom_files_in_class_folders_are_images(tmp_path):
    for label in ("a", "b"):
        write_dicom(tmp_path / label / f"{label}.dcm")
    assert choose_layout(tmp_path).name == "class_folders"
    assert len(read("class_folders", tmp_path).rows) == 2


def test_a_folder_of_masks_is_no_class(tmp_path):
    root = write_class_folders(tmp_path, {"a": 1, "b": 1, "masks": 2})
    assert {row.label for row in read("class_folders", root).rows} == {"a", "b"}


# The sample


def test_the_sample_keeps_what_its_table_says(tmp_path):
    reading = read("sample", write_sample(tmp_path, split="test"))
    ill = by_id(reading)["S00001_RCC"]
    assert reading.synthetic
    assert (ill.label, ill.lesion, ill.split, ill.tag) == (
        "malignant", "spiculated_mass", "test", True,
    )  # fmt: skip
    assert ill.mask_file == tmp_path / "masks" / "S00001_RCC.png"
    assert by_id(reading)["S00000_RCC"].mask_file is None


def test_images_that_the_sample_lacks_are_refused(tmp_path):
    root = write_sample(tmp_path)
    (root / "dicom" / "S00001" / "S00001_RCC.dcm").unlink()
    assert "lacks" in reasons(read("sample", root))["dicom/S00001/S00001_RCC.dcm"]
