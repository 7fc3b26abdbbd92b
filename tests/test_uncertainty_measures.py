"""Measures of uncertainty: their ranges, their extremes, and scipy's entropy."""

import numpy as np
import pandas as pd
import pytest
from prediction_rows import CLASSES, make_predictions
from scipy.stats import entropy

from mammo_core.cases import judge_cases
from mammo_core.predictions import check_predictions
from mammo_core.uncertainty import MEASURES, PASS_MEASURES

ALL = {**MEASURES, **{f"passes {name}": one for name, one in PASS_MEASURES.items()}}


def draw_probabilities(*shape, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(shape[-1], 0.3), shape[:-1])


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_of_a_row_goes_from_sure_to_all_alike(name, n_classes):
    measure = MEASURES[name]
    values = measure.compute(draw_probabilities(500, n_classes))
    assert values.shape == (500,)
    assert ((values >= 0) & (values <= measure.highest)).all()
    assert measure.compute(np.eye(n_classes)) == pytest.approx(np.zeros(n_classes), abs=1e-9)
    alike = np.full((1, n_classes), 1 / n_classes)
    assert measure.compute(alike) == pytest.approx(measure.highest)


@pytest.mark.parametrize("name", PASS_MEASURES)
def test_a_measure_of_passes_stays_in_its_range(name):
    measure = PASS_MEASURES[name]
    values = measure.compute(draw_probabilities(7, 300, 3))
    assert values.shape == (300,)
    assert ((values >= 0) & (values <= measure.highest)).all()


@pytest.mark.parametrize("name", ["mutual_information", "std"])
def test_passes_that_agree_disagree_by_nothing_however_unsure_they_are(name):
    same = np.broadcast_to(draw_probabilities(1, 50, 3), (9, 50, 3))
    assert PASS_MEASURES[name].compute(same) == pytest.approx(np.zeros(50), abs=1e-9)


@pytest.mark.parametrize("name", PASS_MEASURES)
def test_passes_that_are_sure_of_different_classes_are_as_unsure_as_can_be(name):
    torn = np.stack([np.eye(2)[[0]], np.eye(2)[[1]]])
    assert PASS_MEASURES[name].compute(torn) == pytest.approx(PASS_MEASURES[name].highest)


def test_entropy_is_that_of_scipy():
    p = draw_probabilities(100, 3)
    expected = entropy(p, base=3, axis=1)
    assert MEASURES["entropy"].compute(p) == pytest.approx(expected, abs=1e-9)


def test_mutual_information_is_the_mean_divergence_from_the_mean():
    passes = draw_probabilities(6, 100, 3)
    divergence = entropy(passes, np.broadcast_to(passes.mean(axis=0), passes.shape), axis=2, base=3)
    found = PASS_MEASURES["mutual_information"].compute(passes)
    assert found == pytest.approx(divergence.mean(axis=0), abs=1e-9)


def test_two_classes_are_ordered_alike_by_all_measures_of_a_row():
    p = draw_probabilities(200, 2)
    ranks = [pd.Series(one.compute(p)).rank().to_numpy() for one in MEASURES.values()]
    assert np.abs(np.diff(ranks, axis=0)).max() < 1e-9


def test_the_cases_are_sorted_by_the_same_entropy():
    import pyarrow as pa

    table = check_predictions(pa.Table.from_pandas(make_predictions(10)), "made")
    cases = judge_cases(table, table, positive=CLASSES[-1])
    expected = MEASURES["entropy"].compute(table.probabilities)
    assert cases.uncertainty == pytest.approx(expected)


@pytest.mark.parametrize("name", ALL)
def test_every_measure_says_what_it_is_and_where_it_is_from(name):
    measure = ALL[name]
    assert measure.title
    assert measure.says.endswith(".")
    assert "doi:" in measure.reference or "arXiv:" in measure.reference
