"""The confusion matrix, and the groups that share out the rows."""

import numpy as np
import pytest
from prediction_rows import make_predictions
from sklearn.metrics import confusion_matrix

from mammo_core.metrics.outcomes import compute_confusion, is_correct
from mammo_core.metrics.subgroups import list_subgroups
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


def test_correct_rows_are_the_diagonal(table):
    assert is_correct(table).sum() == np.trace(compute_confusion(table))


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
