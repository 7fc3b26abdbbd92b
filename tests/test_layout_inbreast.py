"""INbreast: patients from names, assessments as classes, outlines as masks."""

import contextlib
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from layout_trees.inbreast import DASH, IMAGES, POINT, SHAPE, SQUARE, write_inbreast, write_outlines
from layout_trees.tables import edit_csv
from pydicom import dcmread

from mammo_core.datasets import LAYOUTS, index_dataset, load_dataset
from mammo_core.datasets.archive_tables import ABSENT, CONTRADICTION, UNLISTED
from mammo_core.datasets.detection import choose_layout
from mammo_core.datasets.layouts.inbreast import NAMED_OTHERWISE, REPEATED
from mammo_core.datasets.osirix import MAX_REGIONS, read_outlines
from mammo_core.datasets.regions import draw_mask
from mammo_core.errors import BadTable, UnreadableFile


def read(root):
    return LAYOUTS["inbreast"].read(root)


def rows_of(root):
    return {row.image_id: row for row in read(root).rows}


def reasons(reading):
    return Counter(refusal.reason for refusal in reading.refusals)


def file_of(root, image):
    return root / "AllDICOMs" / f"{image.stem}.dcm"


@pytest.fixture
def root(tmp_path):
    return write_inbreast(tmp_path / "INbreast Release 1.0")


# Facts


def test_the_patient_is_the_second_part_of_the_name(root):
    patients = {name: row.patient_id for name, row in rows_of(root).items()}
    assert patients["20586908"] == patients["20586934"] == "6c613a14b80a8591"
    assert len(set(patients.values())) == 3


def test_exams_are_told_apart_and_tell_no_date(root):
    rows = rows_of(root)
    assert rows["22678622"].exam_id == "61b13c59bcba149e_E1"
    assert rows["50995762"].exam_id == "61b13c59bcba149e_E2"
    assert rows["20586908"].exam_id == rows["20586934"].exam_id


def test_the_view_is_the_tables_though_names_call_it_ml(root):
    row = rows_of(root)["20586960"]
    assert (row.laterality, row.view, row.file.name[-13:]) == ("R", "MLO", "R_ML_ANON.dcm")


def test_assessments_keep_their_letters_and_acr_grades_are_densities(root):
    rows = rows_of(root)
    assert {name: row.birads for name, row in rows.items()} == {
        "20586908": "5", "20586960": "4C", "20586934": "1",
        "22678622": "2", "50995762": "3", "53580804": "4A",
    }  # fmt: skip
    assert (rows["53580804"].density, rows["22678622"].density) == ("a", "d")


def test_a_blank_acr_grade_is_unknown(root):
    assert rows_of(root)["50995762"].density is None


def test_kinds_of_lesions_are_told_by_the_outlines_names_however_spelled(root):
    lesions = {name: row.lesion for name, row in rows_of(root).items()}
    assert lesions["20586908"] == "calcification+mass"
    assert lesions["50995762"] == "calcification"
    assert lesions["53580804"] == "asymmetry"
    assert lesions["20586934"] is None


# Files and tables


def test_what_the_table_names_and_the_folder_lacks_is_refused_and_the_reverse(root):
    file_of(root, IMAGES[2]).unlink()
    other = replace(IMAGES[2], number=12345678)
    shutil.copy(file_of(root, IMAGES[0]), file_of(root, other))
    refused = {refusal.file: refusal.reason for refusal in read(root).refusals}
    assert refused == {"20586934": ABSENT, f"AllDICOMs/{other.stem}.dcm": UNLISTED}


def test_a_file_whose_name_tells_no_patient_is_refused(root):
    file_of(root, IMAGES[2]).rename(root / "AllDICOMs" / "20586934.dcm")
    assert reasons(read(root)) == {ABSENT: 1, NAMED_OTHERWISE: 1}


def test_a_second_file_of_one_number_is_refused(root):
    other = replace(IMAGES[0], patient="ffffffffffffffff")
    shutil.copy(file_of(root, IMAGES[0]), file_of(root, other))
    assert reasons(read(root)) == {REPEATED: 1}
    assert rows_of(root)["20586908"].patient_id == "6c613a14b80a8591"


@pytest.mark.parametrize(("column", "value"), [("Laterality", "L"), ("View", "MLO")])
def test_a_row_that_belies_its_files_name_is_refused(root, column, value):
    def change(frame):
        frame.loc[0, column] = value
        return frame

    edit_table(root, change)
    assert reasons(read(root)) == {CONTRADICTION: 1}


def test_rows_of_one_image_that_differ_are_refused_and_equal_ones_count_once(tmp_path):
    images = [*IMAGES, replace(IMAGES[0], birads="2"), IMAGES[3]]
    reading = read(write_inbreast(tmp_path, images))
    assert reasons(reading) == {CONTRADICTION: 1}
    assert sorted(row.image_id for row in reading.rows) == sorted(
        str(image.number) for image in IMAGES[1:]
    )


def test_blank_rows_at_the_end_are_passed_over(root):
    table = root / "INbreast.csv"
    table.write_text(table.read_text() + ";;;;;;;\n")
    assert len(read(root).rows) == len(IMAGES)


@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_table_that_a_spreadsheet_saved_anew_is_read(tmp_path, separator):
    assert len(read(write_inbreast(tmp_path, separator=separator)).rows) == len(IMAGES)


@pytest.mark.parametrize("column", ["File Name", "Bi-Rads", "Acquisition date"])
def test_a_missing_column_is_named_with_those_that_are_there(root, column):
    edit_table(root, lambda frame: frame.drop(columns=column))
    with pytest.raises(BadTable, match=f"lacks {column}, its first line has Patient ID"):
        read(root)


def edit_table(root, change):
    table = root / "INbreast.csv"
    table.write_text(table.read_text().replace(";", ","))
    edit_csv(table, change)


# Outlines


def test_an_outline_of_corners_is_filled(tmp_path):
    (outline,) = read_outlines(write_outlines(tmp_path / "1.xml", (SQUARE,)))
    expected = np.zeros(SHAPE, bool)
    expected[10:30, 20:40] = True
    np.testing.assert_array_equal(draw_mask(outline.to_regions(), SHAPE), expected)


def test_points_that_enclose_nothing_are_pixels(tmp_path):
    outlines = read_outlines(write_outlines(tmp_path / "1.xml", (POINT, DASH)))
    mask = draw_mask([region for each in outlines for region in each.to_regions()], SHAPE)
    assert {(int(row), int(column)) for row, column in np.argwhere(mask)} == {
        (60, 5), (70, 50), (70, 51),
    }  # fmt: skip


def test_regions_without_points_are_left_out(tmp_path):
    assert read_outlines(write_outlines(tmp_path / "1.xml", (("Mass", ()),))) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<plist>",
        b"<plist version='1.0'><dict/></plist>",
        b"<plist version='1.0'><array/></plist>",
        b"<plist version='1.0'><dict><key>Images</key><array><dict><key>ROIs</key><array><dict>"
        b"<key>Point_px</key><array><string>(1, x)</string></array></dict></array></dict></array>"
        b"</dict></plist>",
        b"<plist version='1.0'><dict><key>Images</key><array><string>x</string></array></dict>"
        b"</plist>",
        b"<plist version='1.0'><dict><key>Images</key><array><dict><key>ROIs</key><array><string>x"
        b"</string></array></dict></array></dict></plist>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><plist version='1.0'><string>&a;</string></plist>",
        b"bplist00",
        b"\xff\xfe\x00",
    ],
)
def test_a_damaged_file_of_outlines_is_refused(tmp_path, content):
    file = tmp_path / "1.xml"
    file.write_bytes(content)
    with pytest.raises(UnreadableFile):
        read_outlines(file)


@pytest.mark.parametrize("point", [(1e300, 5.0), (5.0, -1e9)])
def test_points_that_lie_far_from_any_image_are_damage(tmp_path, point):
    with pytest.raises(UnreadableFile):
        read_outlines(write_outlines(tmp_path / "1.xml", (("Mass", (point,)),)))


def test_more_regions_than_any_image_has_are_refused(tmp_path):
    file = write_outlines(tmp_path / "1.xml", (POINT,) * (MAX_REGIONS + 1))
    with pytest.raises(UnreadableFile, match="more regions"):
        read_outlines(file)


def test_flipped_bytes_give_outlines_or_a_refusal(tmp_path):
    file = write_outlines(tmp_path / "1.xml", (SQUARE, POINT))
    whole, rng = file.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            content[place] ^= 1 << rng.integers(0, 8)
        file.write_bytes(content)
        with contextlib.suppress(UnreadableFile):
            for outline in read_outlines(file):
                draw_mask(outline.to_regions(), SHAPE)


def test_an_image_whose_outlines_are_damaged_stays_without_them_and_it_is_told(root):
    (root / "AllXML" / "20586908.xml").write_text("<plist>")
    reading = read(root)
    assert len(reading.rows) == len(IMAGES)
    assert {row.image_id: row.regions for row in reading.rows}["20586908"] == ()
    assert reading.warnings == ["1 image without a mask: the file of outlines is damaged"]


def test_outlines_may_lie_in_folders_of_their_own(root):
    before = rows_of(root)
    (root / "AllXML" / "more").mkdir()
    (root / "AllXML" / "20586908.xml").rename(root / "AllXML" / "more" / "20586908.xml")
    assert rows_of(root) == before


def test_without_the_folder_of_outlines_there_are_images_without_masks(root):
    shutil.rmtree(root / "AllXML")
    reading = read(root)
    assert len(reading.rows) == len(IMAGES)
    assert reading.warnings == ["There is no AllXML: no lesion has a mask"]


# The whole way


def test_it_is_found_at_its_folder_and_one_above_and_below(root):
    places = (root, root.parent, root / "AllDICOMs", root / "AllXML")
    assert {choose_layout(place).name for place in places} == {"inbreast"}
    assert {len(read(place).rows) for place in places} == {len(IMAGES)}


@pytest.mark.usefixtures("home")
def test_indexing_draws_the_outlines_in_the_images_own_grid(root, tmp_path):
    answer = index_dataset(root, tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")
    assert (answer["format"], answer["images"], answer["masks"]) == ("inbreast", 6, 5)
    assert answer["classes"] == {"normal": 1, "benign": 2, "malignant": 3}
    expected = np.zeros(SHAPE, bool)
    expected[10:30, 20:40] = True
    np.testing.assert_array_equal(dataset.read_mask("20586960"), expected)
    expected[60, 5] = True
    np.testing.assert_array_equal(dataset.read_mask("20586908"), expected)


@pytest.mark.usefixtures("home")
def test_its_headers_pass_and_no_date_is_kept(root, tmp_path):
    index_dataset(root, tmp_path / "data")
    index = load_dataset(tmp_path / "data").index
    assert index["gate"].isna().all()
    assert set(index["manufacturer"]) == {"SIEMENS"}
    kept = "".join(path.read_text() for path in (tmp_path / "data").glob("*.[cj]s*"))
    assert not any(date in kept + index.to_csv() for date in ("201001", "200802", "200907"))


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("view", "n_asked"), [("ML", 0), ("MLO", 0), ("CC", 1)])
def test_a_header_may_call_the_oblique_view_ml_as_names_do(root, tmp_path, view, n_asked):
    file = file_of(root, next(image for image in IMAGES if image.view != "CC"))
    ds = dcmread(file)
    ds.ViewPosition = view
    if "ViewCodeSequence" in ds:
        del ds.ViewCodeSequence
    ds.save_as(file)
    index_dataset(root, tmp_path / "data")
    assert load_dataset(tmp_path / "data").index["gate"].notna().sum() == n_asked
