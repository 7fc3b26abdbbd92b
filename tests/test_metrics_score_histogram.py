"""Histograms of scores by true class."""

import numpy as np
import pyarrow as pa
import pytest
from prediction_rows import CLASSES, make_predictions

from mammo_core.metrics.score_histogram import count_scores, find_bins
from mammo_core.predictions import check_predictions


@pytest.fixture
def table():
    frame = make_predictions()
    frame.loc[::7, "label"] = None
    return check_predictions(pa.Table.from_pandas(frame, preserve_index=False), "made")


def test_each_class_has_numpys_histogram_of_its_scores(table):
    found = count_scores(table, 2, n_bins=20)
    for place in range(len(CLASSES)):
        scores = table.probabilities[table.labels == place, 2]
        expected, edges = np.histogram(scores, bins=20, range=(0, 1))
        assert found.counts[place].tolist() == expected.tolist()
        assert found.edges == pytest.approx(edges)


def test_rows_without_a_label_are_in_no_bar(table):
    assert count_scores(table, 2).counts.sum() == (table.labels >= 0).sum()


def test_shares_of_a_class_sum_to_one_and_those_of_an_absent_class_are_zero(table):
    found = count_scores(table.take(table.labels != 1), 2)
    assert found.shares.sum(axis=1) == pytest.approx([1, 0, 1])


def test_a_score_on_an_edge_lies_above_it_and_certainty_in_the_last_bin():
    assert find_bins(np.array([0.0, 0.25, 0.5, 1.0, 1 + 1e-9]), 4).tolist() == [0, 1, 2, 3, 3]
