"""AUROC and its clustered variance: laws, definitions, a published example, coverage."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from mammo_core.metrics.auroc import (
    clustered_covariance,
    compute_auroc,
    compute_placements,
    estimate_auroc,
    estimate_macro_auroc,
)
from mammo_core.metrics.bootstrap import resample
from mammo_core.metrics.rankings import AurocReplicates


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    truth = rng.random(120) < 0.4
    scores = np.round(truth + rng.normal(size=120), 1)  # with ties
    return scores, truth, np.repeat(np.arange(40), 3)


def by_definition(scores, truth, groups):
    """Obuchowski's variance in her own words: loops over all pairs and clusters."""
    x, y = scores[truth], scores[~truth]
    won = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    auc = won.mean()
    v10, v01 = won.mean(axis=1), won.mean(axis=0)
    m, n, s10, s01, s11 = len(x), len(y), 0.0, 0.0, 0.0
    i10, i01, i = len(set(groups[truth])), len(set(groups[~truth])), len(set(groups))
    for g in set(groups):
        px, py = groups[truth] == g, groups[~truth] == g
        a, b = v10[px].sum() - px.sum() * auc, v01[py].sum() - py.sum() * auc
        s10, s01, s11 = s10 + a * a, s01 + b * b, s11 + a * b
    s10 *= i10 / ((i10 - 1) * m)
    s01 *= i01 / ((i01 - 1) * n)
    s11 *= i / (i - 1)
    return s10 / m + s01 / n + 2 * s11 / (m * n)


def variance(scores, truth, groups):
    return clustered_covariance([compute_placements(scores, truth)], truth, groups)[0, 0]


def test_auroc_equals_scikit_learns_with_ties(rows):
    scores, truth, _ = rows
    assert compute_auroc(scores, truth) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)


def test_a_perfect_ranking_has_auroc_one_and_its_reverse_zero():
    truth = np.arange(10) > 6
    assert compute_auroc(np.arange(10.0), truth) == 1
    assert compute_auroc(-np.arange(10.0), truth) == 0


def test_swapping_the_labels_mirrors_estimate_and_interval(rows):
    scores, truth, patients = rows
    one, other = estimate_auroc(scores, truth, patients), estimate_auroc(scores, ~truth, patients)
    mirrored = (1 - other.value, 1 - other.high, 1 - other.low)
    assert (one.value, one.low, one.high) == pytest.approx(mirrored, abs=1e-12)


def test_any_increasing_change_of_scores_changes_nothing(rows):
    scores, truth, patients = rows
    assert estimate_auroc(np.exp(scores), truth, patients) == estimate_auroc(*rows)


def test_the_variance_is_obuchowskis(rows):
    assert variance(*rows) == pytest.approx(by_definition(*rows), rel=1e-10)


def test_patients_of_one_row_give_delongs_variance(rows):
    scores, truth, _ = rows
    x, y = scores[truth], scores[~truth]
    won = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    delong = won.mean(axis=1).var(ddof=1) / len(x) + won.mean(axis=0).var(ddof=1) / len(y)
    assert variance(scores, truth, np.arange(len(scores))) == pytest.approx(delong, rel=1e-10)


def test_the_published_rating_example_is_met():
    """Ratings of 109 CT images, Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.

    AUROC .8932 with DeLong's standard error .0307, as Stata's manual prints for `roctab`.
    """
    normal, abnormal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    scores = np.repeat(np.tile(np.arange(1.0, 6), 2), normal + abnormal)
    truth = np.repeat([False, True], [58, 51])
    assert compute_auroc(scores, truth) == pytest.approx(0.8932, abs=5e-5)
    error = np.sqrt(variance(scores, truth, np.arange(109)))
    assert error == pytest.approx(0.0307, abs=5e-5)


def test_copies_of_a_patients_rows_change_neither_value_nor_interval(rows):
    once, thrice = estimate_auroc(*rows), estimate_auroc(*(np.repeat(r, 3) for r in rows))
    assert (thrice.low, thrice.value, thrice.high) == pytest.approx(
        (once.low, once.value, once.high), abs=1e-12
    )


def test_the_quantile_is_students_with_the_patients_of_the_smaller_side(rows):
    """Hand-made from the variance: 8 positive patients of 40, so seven degrees of freedom."""
    _, _, patients = rows
    truth = patients % 5 == 0
    scores = truth + np.random.default_rng(1).normal(size=120)
    got = estimate_auroc(scores, truth, patients)
    error = np.sqrt(variance(scores, truth, patients)) / (got.value * (1 - got.value))
    reach = stats.t.ppf(0.975, 7) * error
    assert got.high == pytest.approx(expit(logit(got.value) + reach))
    assert got.low == pytest.approx(expit(logit(got.value) - reach))


def test_correlated_views_widen_the_interval():
    rng = np.random.default_rng(1)
    truth = np.repeat(rng.random(60) < 0.5, 4)
    scores = truth + np.repeat(rng.normal(size=60), 4) + rng.normal(0, 0.2, 240)
    clustered = estimate_auroc(scores, truth, np.repeat(np.arange(60), 4))
    independent = estimate_auroc(scores, truth, np.arange(240))
    assert clustered.high - clustered.low > 1.5 * (independent.high - independent.low)


def test_without_both_kinds_auroc_is_undefined(rows):
    scores, truth, patients = rows
    assert estimate_auroc(scores, np.zeros_like(truth), patients).value is None
    assert estimate_auroc(scores, np.ones_like(truth), patients).value is None


def test_one_patient_gives_a_value_and_no_interval(rows):
    scores, truth, _ = rows
    estimate = estimate_auroc(scores, truth, np.zeros(len(scores), dtype=int))
    assert estimate.value is not None
    assert estimate.low is estimate.high is None


def test_constant_scores_have_auroc_one_half(rows):
    _, truth, patients = rows
    assert estimate_auroc(np.ones(len(truth)), truth, patients).value == 0.5


@pytest.mark.parametrize(("sign", "value"), [(1, 1.0), (-1, 0.0)])
def test_perfect_separation_keeps_an_interval_of_the_exact_binomial(sign, value):
    truth = np.repeat([True, False], [10, 40])
    estimate = estimate_auroc(sign * truth.astype(float), truth, np.arange(50))
    ends = sorted([value, abs(value - (1 - 0.025 ** (1 / 10)))])
    assert [estimate.low, estimate.high] == pytest.approx(ends)


def three_classes(seed=0):
    rng = np.random.default_rng(seed)
    labels, patients = rng.integers(0, 3, 240), np.repeat(np.arange(60), 4)
    shared = rng.normal(size=(60, 3))[patients] + rng.normal(size=(240, 3))
    odds = np.exp(shared + np.eye(3)[labels])
    return np.round(odds / odds.sum(axis=1, keepdims=True), 3), labels, patients


def test_the_macro_auroc_equals_scikit_learns():
    scores, labels, patients = three_classes()
    whole = scores / scores.sum(axis=1, keepdims=True)
    expected = roc_auc_score(labels, whole, multi_class="ovr", average="macro")
    assert estimate_macro_auroc(whole, labels, patients).value == pytest.approx(expected)


def test_of_two_classes_the_macro_auroc_is_the_auroc(rows):
    scores, truth, patients = rows
    both = estimate_macro_auroc(np.stack([-scores, scores], axis=1), truth.astype(int), patients)
    one = estimate_auroc(*rows)
    assert both.value == pytest.approx(one.value)
    assert (both.low, both.high) == pytest.approx((one.low, one.high), abs=2e-3)


def test_the_macro_aurocs_interval_is_that_of_the_bootstrap():
    scores, labels, patients = three_classes()
    statistics = {k: AurocReplicates(scores[:, k], labels == k, patients, 60) for k in range(3)}
    drawn = resample(statistics, n_patients=60, replicates=1000, seed=0)
    error = np.std(np.mean(list(drawn.values()), axis=0))
    got = estimate_macro_auroc(scores, labels, patients)
    assert (got.high - got.low) / 2 / 1.96 == pytest.approx(error, rel=0.1)


def test_an_absent_class_is_left_out_of_the_macro_auroc(rows):
    scores, truth, patients = rows
    three = np.stack([-scores, np.zeros(120), scores], axis=1)
    got = estimate_macro_auroc(three, 2 * truth, patients)
    assert got.value == pytest.approx(estimate_auroc(*rows).value)
    assert estimate_macro_auroc(three, np.zeros(120, int), patients).value is None


def test_a_perfect_macro_auroc_has_the_interval_of_the_rarest_class():
    labels = np.repeat([0, 1, 2], [40, 20, 8])
    got = estimate_macro_auroc(np.eye(3)[labels], labels, np.arange(68))
    assert (got.low, got.high) == pytest.approx((0.025 ** (1 / 8), 1))


def study(rng, n_patients, share, separation):
    """Four views a patient, correlation .8 within a patient."""
    truth = np.repeat(rng.random(n_patients) < share, 4)
    shared = np.repeat(rng.normal(0, np.sqrt(0.8), n_patients), 4)
    scores = separation * truth + shared + rng.normal(0, np.sqrt(0.2), 4 * n_patients)
    return scores, truth, np.repeat(np.arange(n_patients), 4)


@pytest.mark.parametrize("auroc", [0.85, 0.95])
@pytest.mark.parametrize("share", [0.3, 0.15, 0.06])
def test_ninety_five_percent_intervals_cover(share, auroc):
    """Of 400 studies; the true AUROC of unit normals d apart is Phi(d / sqrt 2)."""
    rng = np.random.default_rng(0)
    separation = np.sqrt(2) * stats.norm.ppf(auroc)
    estimates = [estimate_auroc(*study(rng, 100, share, separation)) for _ in range(400)]
    covered = [e.low <= auroc <= e.high for e in estimates if e.low is not None]
    assert 0.92 <= np.mean(covered) <= 0.98
