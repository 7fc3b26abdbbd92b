"""EMBED: findings joined to images by exam and side, the worst of a breast, no guesses."""

import pandas as pd
import pytest
from layout_trees.embed import (
    DISK,
    add_special_views,
    file_row,
    finding_row,
    place_of,
    write_embed,
    write_image,
)
from layout_trees.tables import edit_csv
from made_files import write_dicom

from mammo_core.datasets import LAYOUTS, index_dataset, load_dataset
from mammo_core.datasets.detection import choose_layout
from mammo_core.datasets.labeling import Labeling
from mammo_core.errors import BadTable, UnreadableFile

LAYOUT = LAYOUTS["embed"]
CLINICAL = "tables/EMBED_OpenData_clinical.csv"
METADATA = "tables/EMBED_OpenData_metadata.csv"


@pytest.fixture
def root(tmp_path):
    return write_embed(tmp_path / "archives" / "embed")


def facts(reading, name):
    """The fact of each breast, by exam and side."""
    found = {}
    for row in reading.rows:
        found.setdefault(f"{row.exam_id}{row.laterality}", set()).add(getattr(row, name))
    return {breast: next(iter(told)) for breast, told in found.items() if len(told) == 1}


def reasons(reading):
    return {refusal.file: refusal.reason for refusal in reading.refusals}


def add_findings(root, *rows):
    edit_csv(root / CLINICAL, lambda frame: pd.concat([frame, pd.DataFrame(rows)]).fillna(""))


def test_a_finding_belongs_to_the_images_of_its_own_side(root):
    birads = facts(LAYOUT.read(root), "birads")
    assert (birads["902L"], birads["902R"]) == ("0", "1")
    assert (birads["903L"], birads["903R"]) == ("5", "2")


def test_a_finding_of_both_sides_or_of_none_counts_for_both_breasts(root):
    birads = facts(LAYOUT.read(root), "birads")
    assert (birads["901L"], birads["901R"]) == ("1", "1")
    assert (birads["905L"], birads["905R"]) == ("4", "4")


def test_a_pathology_counts_for_the_breast_that_was_biopsied(root):
    pathology = facts(LAYOUT.read(root), "pathology")
    assert (pathology["905L"], pathology["905R"]) == ("benign", None)


def test_a_breast_is_as_grave_as_its_worst_finding(root):
    pathology = facts(LAYOUT.read(root), "pathology")
    assert pathology["903L"] == "malignant"
    assert pathology["904R"] == "malignant"
    assert pathology["906L"] == "normal"


def test_a_cancer_that_is_not_of_the_breast_is_neither_benign_nor_malignant(root):
    add_findings(root, finding_row("17", "907", "R", "B", "4", "R"))
    assert facts(LAYOUT.read(root), "pathology")["907R"] is None


def test_a_breast_without_a_row_or_a_biopsy_has_no_label(root, tmp_path, home):
    reading = LAYOUT.read(root)
    assert facts(reading, "birads")["904L"] is None
    assert facts(reading, "pathology")["901L"] is None
    answer = index_dataset(root, tmp_path / "out")
    assert answer["classes"] == {"normal": 2, "benign": 2, "malignant": 4}
    assert answer["reasons"]["The source gives no pathology for it"] == 20
    assert any("only biopsied findings have one" in warning for warning in answer["warnings"])
    assert any("6 images are of a breast without" in warning for warning in answer["warnings"])


def test_assessments_can_make_the_classes(root, tmp_path, home):
    answer = index_dataset(root, tmp_path / "out", labeling=Labeling("birads"))
    assert answer["classes"] == {"normal": 6, "benign": 2, "malignant": 12}
    assert answer["reasons"]["BI-RADS 0 has no class in the mapping"] == 2


def test_recall_stands_between_probably_benign_and_suspicious(root):
    add_findings(
        root, finding_row("11", "901", "L", "P"), finding_row("11", "901", "L", "A"),
        finding_row("12", "902", "L", "S"),
    )  # fmt: skip
    birads = facts(LAYOUT.read(root), "birads")
    assert (birads["901L"], birads["902L"]) == ("0", "4")


def test_the_tables_facts_are_told(root):
    row = next(row for row in LAYOUT.read(root).rows if row.exam_id == "904")
    assert (row.patient_id, row.density, row.age) == ("14", "c", 57.25)
    assert (row.manufacturer, row.implant, row.source) == ("HOLOGIC, Inc.", False, "EMBED site 2")


def test_what_the_findings_of_an_exam_disagree_on_is_unknown(root):
    add_findings(root, finding_row("14", "904", "R", "N") | {"tissueden": "4.0"})
    row = next(row for row in LAYOUT.read(root).rows if row.exam_id == "904")
    assert (row.density, row.age) == (None, 57.25)


def test_regions_become_boxes_from_top_left_to_bottom_right(root, tmp_path, home):
    boxed = [row for row in LAYOUT.read(root).rows if row.regions]
    assert [(row.exam_id, row.laterality, row.view) for row in boxed] == [("903", "L", "CC")]
    index_dataset(root, tmp_path / "out")
    mask = load_dataset(tmp_path / "out").read_mask(boxed[0].image_id)
    assert mask[4:14, 6:20].all()
    assert mask[30:36, 2:8].all()
    assert mask.sum() == 10 * 14 + 6 * 6


def test_rectangles_of_the_dicom_grid_win_over_those_of_a_picture(root):
    def tell(frame):
        return frame.assign(DCM_ROI_coords=frame["num_roi"].map({"2": "[[[1, 2, 3, 4]]]"}))

    edit_csv(root / METADATA, tell)
    boxed = [row for row in LAYOUT.read(root).rows if row.regions]
    assert [(box.top, box.left, box.bottom, box.right) for box in boxed[0].regions] == [
        (1, 2, 3, 4)
    ]


def test_synthetic_images_and_spot_views_are_kept_apart_until_a_person_decides(
    root, tmp_path, home
):
    add_special_views(root)
    kinds = [row.acquisition for row in LAYOUT.read(root).rows]
    assert (kinds.count("synthetic"), kinds.count("spot"), kinds.count(None)) == (1, 1, 28)
    answer = index_dataset(root, tmp_path / "out")
    told = [warning for warning in answer["warnings"] if "for a decision" in warning]
    assert any("synthetic" in warning for warning in told)
    assert any("spot" in warning for warning in told)


@pytest.mark.parametrize(
    ("header", "told"),
    [({"ImageLaterality": "L"}, "different sides"), ({"ViewPosition": "MLO"}, "different views")],
)
def test_an_image_whose_header_contradicts_the_table_waits_for_a_person(
    root, tmp_path, home, header, told
):
    file = place_of(root, file_row("14", "904", "R", "CC"))
    write_dicom(file, **{"ImageLaterality": "R", "ViewPosition": "CC", **header})
    answer = index_dataset(root, tmp_path / "out")
    assert [warning for warning in answer["warnings"] if told in warning]
    index = load_dataset(tmp_path / "out").index.set_index("image_id")
    assert index.loc[file.stem, "gate"] == "ask"
    assert index["gate"].notna().sum() == 1


def test_the_short_tables_serve_where_the_whole_ones_lack(root):
    expected = LAYOUT.read(root).rows
    for name in ("clinical", "metadata"):
        table = root / "tables" / f"EMBED_OpenData_{name}.csv"
        table.rename(table.with_stem(f"{table.stem}_reduced"))
    assert LAYOUT.read(root).rows == expected


def test_paths_of_the_release_itself_are_found_as_well(root):
    def shorten(frame):
        return frame.assign(anon_dicom_path=frame["anon_dicom_path"].str.replace(DISK, "images"))

    edit_csv(root / METADATA, shorten)
    assert len(LAYOUT.read(root).rows) == 28


@pytest.mark.parametrize("part", ["", "..", "images", "tables"])
def test_it_is_found_from_one_folder_higher_or_lower(root, part):
    named = (root / part).resolve()
    assert choose_layout(named).name == "embed"
    assert len(LAYOUT.read(named).rows) == 28


def test_files_that_lack_and_files_that_no_row_names_are_refused(root):
    place_of(root, file_row("11", "901", "L", "CC")).unlink()
    write_image(root, file_row("11", "999", "L", "CC"))
    refused = reasons(LAYOUT.read(root))
    assert sorted(reason.partition(",")[0] for reason in refused.values()) == [
        "No row of the table names this file",
        "The table names this file",
    ]


def test_screen_saves_and_volumes_are_refused(root):
    edit_csv(root / METADATA, lambda frame: frame.assign(FinalImageType="ROI_SSC"))
    reading = LAYOUT.read(root)
    assert not reading.rows
    assert set(reasons(reading).values()) == {"Its FinalImageType is neither 2D nor cview"}


@pytest.mark.parametrize("column", ["empi_anon", "acc_anon"])
def test_a_file_without_a_patient_or_an_exam_is_refused(root, column):
    edit_csv(root / METADATA, lambda frame: frame.assign(**{column: ""}))
    reading = LAYOUT.read(root)
    assert not reading.rows
    assert set(reasons(reading).values()) == {"The table names no patient or no exam for this file"}


def test_unknown_codes_refuse_the_images_of_their_breast(root):
    add_findings(
        root, finding_row("11", "901", "L", "Z"), finding_row("14", "904", "R", "K", "9", "R")
    )
    reading = LAYOUT.read(root)
    assert len(reading.rows) == 24
    assert set(reasons(reading).values()) == {
        "A finding of its breast has an asses or path_severity that EMBED does not define"
    }


def test_a_file_on_two_sides_is_refused_and_one_named_twice_taken_once(root):
    def repeat(frame):
        other = frame.iloc[[0]].assign(ImageLateralityFinal="R")
        return pd.concat([frame, other, frame.iloc[[1]]])

    edit_csv(root / METADATA, repeat)
    reading = LAYOUT.read(root)
    assert len(reading.rows) == 27
    assert set(reasons(reading).values()) == {
        "Rows of the table contradict each other about this image"
    }


def test_an_exam_of_another_patient_tells_nothing(root):
    edit_csv(root / CLINICAL, lambda frame: frame.assign(empi_anon="77"))
    assert {row.birads for row in LAYOUT.read(root).rows} == {None}


@pytest.mark.parametrize(
    ("table", "column"), [(CLINICAL, "side"), (METADATA, "ImageLateralityFinal")]
)
def test_a_missing_column_is_named(root, table, column):
    edit_csv(root / table, lambda frame: frame.drop(columns=column))
    with pytest.raises(BadTable, match=f"lacks {column}"):
        LAYOUT.read(root)


def test_without_path_severity_the_assessments_remain(root, tmp_path, home):
    edit_csv(root / CLINICAL, lambda frame: frame.drop(columns="path_severity"))
    answer = index_dataset(root, tmp_path / "out", labeling=Labeling("birads"))
    assert answer["images"] == 20
    assert any("no column path_severity" in warning for warning in answer["warnings"])


def test_a_missing_table_is_named(root):
    (root / CLINICAL).unlink()
    assert not LAYOUT.detects(root)
    with pytest.raises(UnreadableFile, match="EMBED_OpenData_clinical"):
        LAYOUT.read(root)
