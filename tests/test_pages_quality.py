"""The quality report on the Data page: offered, run as a job, judged in sentences."""

import pytest
import standin_home
from page_runs import open_app, words
from test_pages import note_job

from mammo_core.datasets import load_dataset
from mammo_core.datasets.quality import assess_quality
from mammo_core.paths import read_json, write_json
from mammo_ui import quality


@pytest.fixture
def standin(home):
    standin_home.make_home(home, n_patients=6)
    return home


def open_quality():
    return open_app("data", dataset="exams", tab="Quality")


def keep(home, **changes):
    """A report without pixels, with changes, kept where the page reads it."""
    dataset = load_dataset(home / ".mammo" / "datasets" / "exams")
    assess_quality(dataset, pixels=False)
    (place,) = (home / ".mammo" / "quality").glob("*.json")
    kept = read_json(place)
    write_json(place, kept | {"report": kept["report"] | changes})


def make_pair(number, **changes):
    names = {"image_a": f"S0000{number}_LCC", "image_b": f"S0000{number}_RCC"}
    return names | {"distance": 3, "same_patient": True, "across_splits": False} | changes


def test_what_was_not_checked_is_offered_as_a_job(standin):
    at = open_quality()
    assert not at.exception
    assert "Not checked yet" in at.info[-1].value
    assert "Check quality" in [button.label for button in at.button]


def test_a_running_check_is_shown_with_its_stop(standin):
    note_job(standin, ["quality", str(standin / ".mammo/datasets/exams")])
    labels = [button.label for button in open_quality().button]
    assert "Stop" in labels
    assert "Check quality" not in labels


def test_pairs_stand_side_by_side_and_those_in_two_splits_say_so(standin):
    pairs = [make_pair(0, across_splits=True, same_patient=False), make_pair(1)]
    keep(standin, near_duplicates=pairs, near_duplicates_found=7)
    said = words(open_quality())
    assert "**Near-duplicates** (7 pairs)" in said
    assert "of two patients, **in two splits**" in said
    assert "of the same patient" in said


def test_a_reports_warnings_are_counted_on_the_first_screen(standin):
    before = {metric.label: metric.value for metric in open_quality().metric}
    keep(standin, warnings=["5 patients are in two splits", "It leaks"])
    after = {metric.label: metric.value for metric in open_quality().metric}
    assert int(after["Warnings"]) == int(before["Warnings"]) + 2


def test_markers_are_told_by_class(standin):
    auroc = {"value": 0.5, "low": 0.4, "high": 0.6}
    markers = {"n": 3, "of": 24, "classes": {"normal": 1, "malignant": 2}, "auroc": auroc}
    keep(standin, markers=markers, near_duplicates=[], near_duplicates_found=0)
    at = open_quality()
    values = {metric.label: metric.value for metric in at.metric}
    assert values["Burned-in markers"] == "3 of 24"
    assert "normal 1, malignant 2" in words(at)


@pytest.mark.parametrize(
    ("low", "value", "high", "said"),
    [
        (0.61, 0.7, 0.8, "without looking at the breast"),
        (0.45, 0.5, 0.55, "do not betray the label"),
        (0.15, 0.42, 0.76, "too wide to exclude"),
        (0.52, 0.6, 0.7, "Little more than chance"),
        (None, None, None, "cannot be told"),
    ],
)
def test_the_metadatas_auroc_is_judged_by_its_interval(low, value, high, said):
    estimate = {"value": value, "low": low, "high": high, "columns": ["view"], "patients": 40}
    assert said in quality.judge_metadata(estimate)


FREE = {"value": 0.5, "low": 0.45, "high": 0.55, "columns": ["view"], "patients": 400}
CLEAN = {"near_duplicates": [], "copies": [], "metadata_auroc": FREE}


def test_only_a_report_without_any_open_point_is_good_news():
    assert quality.list_open_points(CLEAN, 0) == []


@pytest.mark.parametrize(
    ("changes", "n_warnings", "said"),
    [
        ({"near_duplicates": [make_pair(0)]}, 0, "1 pair of images"),
        ({"near_duplicates": None}, 0, "not looked at"),
        ({"copies": [["a", "b"]]}, 0, "1 group of files"),
        ({"metadata_auroc": FREE | {"high": 0.76}}, 0, "too few images"),
        ({"metadata_auroc": FREE | {"high": None}}, 0, "too few images"),
        ({}, 2, "2 warnings"),
    ],
)
def test_what_is_open_keeps_a_report_from_being_good_news(changes, n_warnings, said):
    (point,) = quality.list_open_points(CLEAN | changes, n_warnings)
    assert said in point


def test_after_a_decision_the_check_is_offered_again(standin):
    keep(standin, near_duplicates=[], near_duplicates_found=0)
    assert "Check quality" not in [button.label for button in open_quality().button]
    card = standin / ".mammo" / "datasets" / "exams" / "dataset.json"
    write_json(card, read_json(card) | {"decisions": "0123456789ab"})
    at = open_quality()
    assert "have changed since the last check" in at.info[-1].value
    assert "Check quality" in [button.label for button in at.button]


def test_where_nothing_differs_nothing_can_betray_the_label():
    estimate = {"value": 0.5, "low": 0.5, "high": 0.5, "columns": [], "patients": 40}
    assert "nothing that could betray" in quality.judge_metadata(estimate)
