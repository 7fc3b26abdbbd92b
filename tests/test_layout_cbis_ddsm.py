"""CBIS-DDSM: one film with all that its tables and files tell of it."""

import csv
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from layout_trees.cbis_ddsm import (
    LESIONS,
    SHAPE,
    row_of,
    uid,
    write_cbis_ddsm,
    write_crop,
    write_jpeg_release,
    write_mask,
    write_tables,
)

from mammo_core.datasets import LAYOUTS, index_dataset, load_dataset
from mammo_core.datasets.archive_tables import ABSENT, CONTRADICTION, UNLISTED
from mammo_core.datasets.detection import choose_layout
from mammo_core.datasets.labeling import Labeling
from mammo_core.datasets.layouts.cbis_ddsm import COPY, SEVERAL
from mammo_core.datasets.mask_merging import NO_MASK
from mammo_core.errors import BadTable, MammoError

TRAIN_TABLE = "mass_case_description_train_set.csv"
BOTH_KINDS = "P_00001_LEFT_CC"


def read(root):
    return LAYOUTS["cbis_ddsm"].read(root)


def rows_of(root):
    return {row.image_id: row for row in read(root).rows}


def reasons(reading):
    return Counter(refusal.reason for refusal in reading.refusals)


def folder_of(root, lesion, part=""):
    case = lesion.case + part
    return root / "CBIS-DDSM" / case / uid(case, "study") / uid(case, "series")


@pytest.fixture
def root(tmp_path):
    return write_cbis_ddsm(tmp_path / "cbis")


# Films


def test_every_film_is_taken_once_in_each_set_that_the_source_has_it_in(root):
    reading = read(root)
    assert Counter(row.split for row in reading.rows) == {"train": 5, "test": 3}
    assert reasons(reading) == {COPY: 1}


def test_a_film_is_as_grave_as_the_worst_of_its_lesions(root):
    films = rows_of(root)
    assert films["P_00004_LEFT_CC"].pathology == "malignant"
    assert films["P_00004_LEFT_CC"].birads == "5"
    assert films["P_00016_LEFT_CC"].pathology == "benign"


def test_benign_without_callback_is_benign(root):
    assert rows_of(root)["P_00005_RIGHT_CC"].pathology == "benign"


def test_a_film_with_a_mass_and_calcifications_is_one_film(root):
    film = rows_of(root)[BOTH_KINDS]
    assert (film.lesion, film.pathology, film.birads) == ("calcification+mass", "malignant", "4")
    assert len(film.mask_files) == 2


def test_a_film_of_both_sets_keeps_both_places_with_the_same_facts_and_is_told(root):
    reading = read(root)
    films = {row.image_id: row for row in reading.rows}
    train, test = films["P_00009_RIGHT_MLO_train"], films["P_00009_RIGHT_MLO_test"]
    assert (train.split, test.split) == ("train", "test")
    assert train.pathology == test.pathology == "malignant"
    assert train.patient_id == test.patient_id == "P_00009"
    assert any(warning.startswith("1 films are in") for warning in reading.warnings)


def test_side_view_density_and_patient_come_from_the_tables_of_either_kind(root):
    films = rows_of(root)
    mass, calc = films["P_00016_LEFT_CC"], films["P_00005_RIGHT_CC"]
    assert (mass.laterality, mass.view, mass.density, mass.patient_id) == (
        "L",
        "CC",
        "d",
        "P_00016",
    )
    assert (calc.laterality, calc.view, calc.density, calc.patient_id) == (
        "R",
        "CC",
        "c",
        "P_00005",
    )


def test_densities_that_differ_are_unknown(tmp_path):
    one, two = (replace(LESIONS[2], density=grade, number=grade) for grade in (1, 2))
    assert rows_of(write_cbis_ddsm(tmp_path, [one, two]))["P_00004_LEFT_CC"].density is None


# Files


@pytest.mark.parametrize("series", ["1-full mammogram images-24515", "1.000000-NA-24515"])
def test_folders_spelled_in_words_are_found_by_their_case(root, series):
    for lesion in LESIONS:
        for part in ("", f"_{lesion.number}"):
            case = root / "CBIS-DDSM" / f"{lesion.case}{part}"
            if folder_of(root, lesion, part).exists():
                folder_of(root, lesion, part).rename(case / series)
                (case / uid(lesion.case + part, "study")).rmdir()
    assert len(read(root).rows) == 8
    assert all(all(row.mask_files) for row in read(root).rows)


def test_the_re_release_as_jpeg_is_read_alike(root, tmp_path):
    jpeg = rows_of(write_jpeg_release(tmp_path / "jpegs"))
    assert {name: row.pathology for name, row in jpeg.items()} == {
        name: row.pathology for name, row in rows_of(root).items()
    }
    assert all(row.file.suffix == ".jpg" and all(row.mask_files) for row in jpeg.values())


def test_reading_needs_no_image_to_be_whole(root):
    before = read(root)
    for file in root.rglob("*.dcm"):
        file.write_bytes(b"")
    assert read(root) == before


def test_a_film_that_is_absent_is_refused_by_its_path(root):
    shutil.rmtree(root / "CBIS-DDSM" / LESIONS[5].case)
    (refusal,) = (refusal for refusal in read(root).refusals if refusal.reason != COPY)
    assert refusal.reason == ABSENT
    assert refusal.file == row_of(LESIONS[5])["image file path"]


def test_the_second_copy_of_a_film_is_refused_by_its_path(root):
    (refusal,) = read(root).refusals
    assert refusal.file.startswith("CBIS-DDSM/Calc-Training_P_00001_LEFT_CC/")


def test_a_film_that_only_one_kind_of_folder_has_is_taken_from_there(root):
    shutil.rmtree(root / "CBIS-DDSM" / LESIONS[0].case)
    reading = read(root)
    film = {row.image_id: row for row in reading.rows}[BOTH_KINDS]
    assert "Calc-Training_P_00001_LEFT_CC" in str(film.file)
    assert not reading.refusals


def test_several_files_where_one_film_should_be_are_refused(root):
    folder = folder_of(root, LESIONS[5])
    shutil.copy(folder / "1-1.dcm", folder / "1-2.dcm")
    assert reasons(read(root)) == {SEVERAL: 1, COPY: 1}


def test_files_that_no_table_names_are_refused_and_the_missing_table_told(root):
    (root / "calc_case_description_train_set.csv").unlink()
    reading = read(root)
    assert reasons(reading) == {UNLISTED: 6}
    assert any("calc_case_description_train_set.csv" in text for text in reading.warnings)


# Tables


def test_rows_that_give_one_lesion_two_pathologies_are_refused(tmp_path):
    lesions = [LESIONS[0], replace(LESIONS[0], pathology="BENIGN"), LESIONS[2]]
    reading = read(write_cbis_ddsm(tmp_path, lesions))
    assert [row.image_id for row in reading.rows] == ["P_00004_LEFT_CC"]
    assert reasons(reading) == {CONTRADICTION: 1}


def test_a_row_that_stands_twice_counts_once(root):
    shutil.copy(root / TRAIN_TABLE, root / "mass_case_description_train_set (1).csv")
    reading = read(root)
    assert len(reading.rows) == 8
    assert len({row.image_id: row for row in reading.rows}["P_00004_LEFT_CC"].mask_files) == 2


@pytest.mark.parametrize(
    ("column", "value"), [("left or right breast", "RIGHT"), ("image view", "MLO")]
)
def test_a_row_that_belies_its_folder_is_refused(tmp_path, column, value):
    root = write_cbis_ddsm(tmp_path, LESIONS[:1])
    edit(root / TRAIN_TABLE, lambda rows: [row | {column: value} for row in rows])
    assert reasons(read(root)) == {CONTRADICTION: 1}


def test_an_unknown_pathology_is_none_unless_another_lesion_is_malignant(tmp_path):
    lesions = [
        replace(LESIONS[2], pathology="UNPROVEN"),
        LESIONS[3],
        replace(LESIONS[5], pathology=""),
    ]
    films = rows_of(write_cbis_ddsm(tmp_path, lesions))
    assert films["P_00004_LEFT_CC"].pathology == "malignant"
    assert films["P_00016_LEFT_CC"].pathology is None


@pytest.mark.parametrize(
    ("assessments", "told"), [((0, 2), "0"), ((3, 0), "0"), ((0, 4), "4"), ((2, 3), "3")]
)
def test_an_incomplete_assessment_is_graver_than_benign_and_milder_than_suspicious(
    tmp_path, assessments, told
):
    lesions = [
        replace(LESIONS[2], assessment=assessment, number=number)
        for number, assessment in enumerate(assessments, 1)
    ]
    (film,) = rows_of(write_cbis_ddsm(tmp_path, lesions)).values()
    assert film.birads == told


@pytest.mark.parametrize("column", ["pathology", "image file path", "ROI mask file path"])
def test_a_missing_column_is_named_with_those_that_are_there(root, column):
    edit(
        root / TRAIN_TABLE,
        lambda rows: [{k: v for k, v in row.items() if k != column} for row in rows],
    )
    with pytest.raises(BadTable, match=f"{TRAIN_TABLE}.*lacks {column}"):
        read(root)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_table_that_a_spreadsheet_saved_anew_is_read(root, separator):
    before = read(root).rows
    write_tables(root, separator=separator)
    assert read(root).rows == before


def test_a_table_with_a_separator_that_none_has_is_refused(root):
    table = root / TRAIN_TABLE
    table.write_text(table.read_text().replace(",", "#"))
    with pytest.raises(BadTable, match="separator"):
        read(root)


def test_without_any_table_what_is_needed_is_named(tmp_path):
    with pytest.raises(MammoError, match="mass_case_description_train_set"):
        read(tmp_path)


def edit(table, change):
    with table.open(newline="") as file:
        rows = change(list(csv.DictReader(file)))
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


# Detection


@pytest.mark.parametrize("write", [write_cbis_ddsm, write_jpeg_release])
def test_it_is_found_at_its_folder_and_one_above_and_below(tmp_path, write):
    root = write(tmp_path / "above" / "cbis")
    places = [root, root.parent, *(path for path in root.iterdir() if path.is_dir())]
    assert {choose_layout(place).name for place in places} == {"cbis_ddsm"}
    assert {len(read(place).rows) for place in places} == {8}


def test_the_retrievers_manifest_folder_may_stand_between(root):
    manifest = root / "manifest-ZkhPvrLo5216730872708713142"
    manifest.mkdir()
    (root / "CBIS-DDSM").rename(manifest / "CBIS-DDSM")
    assert len(read(root).rows) == len(read(manifest).rows) == 8


def test_the_tables_may_lie_among_the_cases(root):
    for table in root.glob("*_case_*.csv"):
        table.rename(root / "CBIS-DDSM" / table.name)
    assert choose_layout(root).name == "cbis_ddsm"
    assert len(read(root).rows) == 8


# The whole way


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("described", [True, False])
def test_indexing_makes_one_mask_of_all_lesions_in_the_films_own_grid(tmp_path, described):
    root = write_cbis_ddsm(tmp_path / "cbis", swapped=(0, 3, 7), described=described)
    answer = index_dataset(root, tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")
    assert (answer["images"], answer["masks"], answer["refused"]) == (8, 8, 1)
    assert answer["classes"] == {"benign": 2, "malignant": 6}
    for name, lesions in {BOTH_KINDS: (0, 7), "P_00004_LEFT_CC": (2, 3)}.items():
        expected = np.logical_or.reduce([LESIONS[number].mask() > 0 for number in lesions])
        np.testing.assert_array_equal(dataset.read_mask(name), expected)


@pytest.mark.usefixtures("home")
def test_a_mask_of_another_size_is_brought_to_the_films_grid(tmp_path):
    root = write_cbis_ddsm(tmp_path / "cbis", LESIONS[:2])
    write_mask(folder_of(root, LESIONS[0], "_1") / "1-2.dcm", LESIONS[0], "", factor=2)
    index_dataset(root, tmp_path / "data")
    mask = load_dataset(tmp_path / "data").read_mask(BOTH_KINDS)
    assert mask.shape == SHAPE
    np.testing.assert_array_equal(mask, LESIONS[0].mask() > 0)


@pytest.mark.usefixtures("home")
def test_a_film_that_lacks_the_mask_of_one_lesion_has_none_and_it_is_told(tmp_path):
    root = write_cbis_ddsm(tmp_path / "cbis")
    write_crop(folder_of(root, LESIONS[3], "_2") / "1-2.dcm", 5, "")
    shutil.rmtree(root / "CBIS-DDSM" / f"{LESIONS[5].case}_1")
    answer = index_dataset(root, tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")
    assert dataset.read_mask("P_00004_LEFT_CC") is None
    assert dataset.read_mask("P_00016_LEFT_CC") is None
    assert any(warning == f"2 images without a mask: {NO_MASK}" for warning in answer["warnings"])


@pytest.mark.usefixtures("home")
def test_its_secondary_captures_pass_the_judgement_of_headers(root, tmp_path):
    answer = index_dataset(root, tmp_path / "data")
    index = load_dataset(tmp_path / "data").index
    assert index["gate"].isna().all()
    assert not any("for a decision" in warning for warning in answer["warnings"])
    assert any(warning.startswith("Leak: 1 patient ") for warning in answer["warnings"])


@pytest.mark.usefixtures("home")
def test_assessments_can_make_the_classes(root, tmp_path):
    answer = index_dataset(root, tmp_path / "data", labeling=Labeling(scheme="birads"))
    assert answer["classes"] == {"benign": 2, "malignant": 6}


@pytest.mark.usefixtures("home")
def test_lossy_copies_of_masks_give_nearly_the_same_lesions(tmp_path):
    index_dataset(write_jpeg_release(tmp_path / "jpegs"), tmp_path / "data")
    mask = load_dataset(tmp_path / "data").read_mask("P_00016_LEFT_CC")
    assert np.mean(mask != (LESIONS[5].mask() > 0)) < 0.005
