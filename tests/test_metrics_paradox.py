"""AUROC over all rows against AUROC within strata: closed forms, brute force, and the alarm."""

import numpy as np
import pytest
from made_studies import as_table, draw_study
from sklearn.metrics import roc_auc_score

from mammo_core.metrics.evaluation import evaluate
from mammo_core.metrics.paradox import find_paradoxes, tell_paradox
from mammo_core.metrics.strata import PairedRows, measure_strata, measure_strata_unseen


def find(table, by):
    return next(one for one in find_paradoxes(table, 1) if one.by == by)


def rank_by(table, column, high):
    """The same patients under a model that knows nothing but a column."""
    return as_table(table.frame, np.where(table.frame[column] == high, 1.0, -1.0))


@pytest.fixture(scope="module")
def confounded():
    """One source holds nine tenths of the malignant patients, the other a tenth."""
    table = draw_study(1, n_patients=300, prevalence=0.5)
    chance = np.random.default_rng(0).random(300)[table.patients]
    is_first = chance < np.where(table.labels == 1, 0.9, 0.1)
    frame = table.frame.assign(source=np.where(is_first, "s1", "s2"))
    return type(table)(frame, table.classes)


def test_a_model_that_knows_its_source_alone_is_chance_within_sources(confounded):
    one = find(rank_by(confounded, "source", "s1"), "source")
    assert one.within.value == 0.5
    assert one.pooled.value == pytest.approx(one.alone.value)
    assert one.excess.low > 0.2
    assert one.is_inflated
    assert one.is_matched


def test_a_model_that_looks_at_the_case_as_well_is_told_of_too(confounded):
    """Half of its score is the source's: over all images it looks better than it is."""
    source = np.where(confounded.frame["source"] == "s1", 3.0, -3.0)
    logits = np.log(confounded.probabilities[:, 1] / confounded.probabilities[:, 0])
    one = find(as_table(confounded.frame, logits + source), "source")
    assert 0.7 < one.within.value < one.pooled.value - 0.05
    assert one.is_inflated


def test_a_model_that_looks_at_the_case_alone_owes_its_source_nothing(confounded):
    one = find(confounded, "source")
    assert one.excess.low < 0 < one.excess.high
    assert not one.is_inflated


def test_pairs_within_strata_are_counted_one_by_one():
    rng = np.random.default_rng(7)
    n = 90
    scores, strata = np.round(rng.normal(size=n), 1), rng.integers(0, 4, n)
    is_positive = rng.random(n) < 0.4
    pairs = [
        (scores[i] > scores[j]) + (scores[i] == scores[j]) / 2
        for i in np.flatnonzero(is_positive)
        for j in np.flatnonzero(~is_positive)
        if strata[i] == strata[j]
    ]
    part, influence = PairedRows(scores, is_positive, np.arange(n)).within(strata)
    assert part.value == pytest.approx(np.mean(pairs))
    assert influence.sum() == pytest.approx(0)


def test_within_one_stratum_it_is_the_auroc_of_all():
    rng = np.random.default_rng(2)
    scores, is_positive = rng.normal(size=80), rng.random(80) < 0.5
    part, _ = PairedRows(scores, is_positive, np.arange(80)).everywhere()
    assert part.value == pytest.approx(roc_auc_score(is_positive, scores))


def test_the_excess_varies_between_studies_as_its_interval_says(confounded):
    """Patients drawn anew: the interval's width is that of the bootstrap over patients."""
    source = np.where(confounded.frame["source"] == "s1", 1.0, -1.0)
    logits = np.log(confounded.probabilities[:, 1] / confounded.probabilities[:, 0])
    table = as_table(confounded.frame, logits + source)
    one, rng = find(table, "source"), np.random.default_rng(0)
    strata = (table.frame["source"] == "s1").to_numpy().astype(int)
    drawn = []
    for _ in range(300):
        rows = (4 * rng.integers(0, 300, 300)[:, None] + np.arange(4)).ravel()
        rated = (table.probabilities[rows, 1], table.labels[rows] == 1, np.arange(1200) // 4)
        pairs = PairedRows(*rated)
        drawn.append(pairs.everywhere()[0].value - pairs.within(strata[rows])[0].value)
    width = one.excess.high - one.excess.low
    assert width == pytest.approx(np.subtract(*np.percentile(drawn, [97.5, 2.5])), rel=0.25)


def test_strata_that_share_no_truth_leave_nothing_within(confounded):
    truth = np.where(confounded.labels == 1, "marked", "plain")
    table = type(confounded)(confounded.frame.assign(marker=truth), confounded.classes)
    one = find(table, "marker")
    assert one.share_of_pairs == 0
    assert one.within.value is None
    assert one.alone.value == 1
    assert one.is_matched
    assert "marker alone ranks malignant" in tell_paradox(one, "malignant", "image")


def test_strata_by_themselves_are_rated_by_their_share_of_positives():
    is_positive = np.array([1, 1, 0, 1, 0, 0, 0, 0], bool)
    strata = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    rates = np.where(strata == 0, 2 / 3, 1 / 5)
    part, _ = measure_strata(is_positive, np.arange(8), strata)
    assert part.value == pytest.approx(roc_auc_score(is_positive, rates))


def test_strata_of_two_patients_know_nothing_of_others():
    """Rated with themselves they seem to: a stratum of two malignant patients looks malignant."""
    is_positive = np.random.default_rng(0).random(400) < 0.5
    strata = np.arange(400) // 2
    assert measure_strata(is_positive, np.arange(400), strata)[0].value > 0.7
    assert measure_strata_unseen(is_positive, np.arange(400), strata)[0].value < 0.55


def test_columns_known_from_the_diagnosis_raise_no_alarm(confounded):
    told = np.where(confounded.labels == 1, "5", "1")
    table = type(confounded)(confounded.frame.assign(birads=told, lesion=told), confounded.classes)
    assert not {"birads", "lesion"} & {one.by for one in find_paradoxes(table, 1)}


def test_few_studies_without_a_paradox_raise_an_alarm():
    """At 5 % a study, 40 studies show six or more in one of 70 tries."""
    tables = (draw_study(seed, n_patients=80) for seed in range(40))
    assert sum(any(one.is_alarm for one in find_paradoxes(table, 1)) for table in tables) < 6


def test_the_evaluation_holds_the_alarm_as_a_sentence(confounded):
    answer = evaluate(rank_by(confounded, "source", "s1"), split="all", bootstrap=0)
    alarms = {one["by"]: one["alarm"] for one in answer["paradox"]}
    assert "source" in alarms["source"]
    assert alarms["laterality"] is None


def test_one_class_alone_has_no_paradox(confounded):
    for one in find_paradoxes(confounded.take(confounded.labels == 0), 1):
        assert (one.within.value, one.excess.value, one.alone.value) == (None, None, None)
        assert not one.is_alarm
