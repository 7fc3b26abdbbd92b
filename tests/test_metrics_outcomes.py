"""Who stands in which cell, and where a model is worst."""

import numpy as np
import pytest
from prediction_rows import CLASSES, make_predictions
from sklearn.metrics import confusion_matrix

from mammo_core.metrics.outcomes import (
    compute_confusion,
    find_cell,
    is_correct,
    list_outcomes,
)
from mammo_core.metrics.subgroups import list_subgroups, worst_slices
from mammo_core.predictions import read_predictions


@pytest.fixture
def frame():
    return make_predictions(20)


@pytest.fixture
def table(frame, tmp_path):
    frame.loc[3, "label"] = None
    frame.to_csv(tmp_path / "table.csv", index=False)
    return read_predictions(tmp_path / "table.csv")


def test_the_confusion_matrix_is_scikit_learns_without_unknown_labels(table):
    known = table.labels >= 0
    expected = confusion_matrix(table.labels[known], table.predicted[known])
    np.testing.assert_array_equal(compute_confusion(table), expected)


def test_each_cell_opens_as_many_rows_as_it_counts(table):
    sizes = [[len(find_cell(table, true, called)) for called in CLASSES] for true in CLASSES]
    np.testing.assert_array_equal(compute_confusion(table), sizes)


def test_correct_rows_are_the_diagonal(table):
    assert is_correct(table).sum() == np.trace(compute_confusion(table))


def test_outcomes_at_a_threshold_follow_score_and_label(table, frame):
    got = list_outcomes(table, 0.4)
    called = (frame["p_malignant"] >= 0.4).to_numpy()
    expected = np.where(frame["label"] == "malignant", "N", "P")
    expected = np.where(called, np.where(expected == "N", "TP", "FP"), expected)
    expected = np.where(called, expected, np.where(expected == "N", "FN", "TN"))
    expected[3] = ""
    assert got.tolist() == expected.tolist()


def test_groups_of_a_column_share_out_the_rows(table):
    groups = list_subgroups(table.frame)
    for by in {group.by for group in groups}:
        rows = [group.rows for group in groups if group.by == by]
        np.testing.assert_array_equal(np.sum(rows, axis=0), 1)


def test_a_column_of_many_values_shows_its_largest_groups(frame):
    frame["source"] = ["big"] * 30 + [f"s{k}" for k in range(50)]
    shown = [group for group in list_subgroups(frame) if group.by == "source"]
    assert len(shown) == 40
    assert any(group.value == "big" for group in shown)


def test_the_worst_slices_have_the_smallest_lower_bound_and_none_without_one():
    groups = [
        {"value": name, "auroc": {"value": 0.8, "low": low, "high": 0.9}}
        for name, low in (("a", 0.7), ("b", None), ("c", 0.4), ("d", 0.6))
    ]
    assert [g["value"] for g in worst_slices(groups, "auroc", limit=2)] == ["c", "d"]
