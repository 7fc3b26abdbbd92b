"""Numbers of parts of the rows, and their differences, against scikit-learn and closed forms."""

import numpy as np
import pytest
from scipy.stats import binomtest, norm, t, ttest_ind
from sklearn.metrics import roc_auc_score
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from mammo_core.metrics.auroc import estimate_auroc
from mammo_core.metrics.estimate import Estimate
from mammo_core.metrics.gaps import compare_splits, estimate_parts, logit_ends, wilson_ends
from mammo_core.metrics.multiplicity import adjust_holm
from mammo_core.metrics.ranked_rows import RankedRows
from mammo_core.metrics.rate_rows import RateRows


@pytest.fixture
def study():
    """Scores with ties, truths, patients of four rows, and a part that cuts through patients."""
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(100), 4)
    is_positive = (rng.random(100) < 0.3)[patients]
    scores = np.round(rng.normal(size=100)[patients] + rng.normal(size=400) + is_positive, 1)
    return scores, is_positive, patients, rng.random(400) < 0.4


def judge(measure, rows, ends):
    """The estimates of rows and rest, and the gap between them."""
    split = measure.split(rows)
    gap = compare_splits([split], ends)[0]
    return (*estimate_parts([split.group, split.rest], ends), gap)


def of_every_row(is_positive, patients, has_it):
    return RateRows(has_it, np.ones(len(patients), bool), patients)


def test_both_parts_have_the_auroc_and_interval_of_their_rows_alone(study):
    scores, is_positive, patients, rows = study
    group, rest, _ = judge(RankedRows(scores, is_positive, patients), rows, logit_ends)
    for got, part in ((group, rows), (rest, ~rows)):
        alone = estimate_auroc(
            scores[part], is_positive[part], np.unique(patients[part], return_inverse=True)[1]
        )
        assert got.value == pytest.approx(roc_auc_score(is_positive[part], scores[part]))
        assert (got.low, got.high) == pytest.approx((alone.low, alone.high))


def test_a_part_measured_alone_is_the_part_of_a_split(study):
    scores, is_positive, patients, rows = study
    for measure in (
        RankedRows(scores, is_positive, patients),
        of_every_row(is_positive, patients, scores > 1),
    ):
        alone, split = measure.measure(rows), measure.split(rows).group
        assert (alone.n_rows, alone.n_patients) == (split.n_rows, split.n_patients)
        assert (alone.value, alone.variance) == pytest.approx((split.value, split.variance))


def test_group_and_rest_change_roles_and_the_gap_its_sign(study):
    scores, is_positive, patients, rows = study
    measure = RankedRows(scores, is_positive, patients)
    one, other = (judge(measure, part, logit_ends)[2] for part in (rows, ~rows))
    assert one.p == pytest.approx(other.p)
    assert one.difference.value == pytest.approx(-other.difference.value)
    assert one.difference.low == pytest.approx(-other.difference.high)


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.1, 0.2, 0.4])
def test_p_is_below_05_exactly_where_the_interval_leaves_0_out(shift):
    rng = np.random.default_rng(8)
    patients, rows = np.arange(600), np.arange(600) < 200
    has_it = rng.random(600) < np.where(rows, 0.4 + shift, 0.4)
    _, _, gap = judge(of_every_row(None, patients, has_it), rows, wilson_ends)
    holds_zero = gap.difference.low <= 0 <= gap.difference.high
    assert holds_zero == (gap.p >= 0.05)


def test_shares_of_lone_rows_have_wilsons_interval_with_the_quantile_of_t():
    rows = np.arange(80) < 50
    group, _, _ = judge(
        of_every_row(None, np.arange(80), np.arange(80) % 5 == 0), rows, wilson_ends
    )
    alpha = 2 * norm.sf(t.ppf(0.975, 49))
    # 10 of 50; that 49 divides the squares is worth a patient.
    assert (group.low, group.high) == pytest.approx(
        proportion_confint(10, 50, alpha, method="wilson"), abs=0.002
    )


def test_a_share_of_1_keeps_a_width_by_its_patients_not_its_rows():
    patients = np.repeat(np.arange(20), 4)
    rows = patients < 10
    measure = of_every_row(None, patients, rows | (np.arange(80) % 2 == 0))
    group, _, gap = judge(measure, rows, wilson_ends)
    alpha = 2 * norm.sf(t.ppf(0.975, 9))
    assert group.low == pytest.approx(proportion_confint(10, 10, alpha, method="wilson")[0])
    assert gap.difference.low < gap.difference.value == 0.5


@pytest.mark.parametrize("n_wrong", [0, 2, 4])
def test_a_single_patient_has_a_number_and_no_interval(n_wrong):
    patients = np.repeat(np.arange(20), 4)
    wrong = (np.arange(80) < n_wrong) | (np.arange(80) % 9 == 8)
    group, rest, gap = judge(of_every_row(None, patients, wrong), patients == 0, wilson_ends)
    assert group == Estimate(n_wrong / 4)
    assert rest.low is not None
    assert (gap.difference.low, gap.difference.high) == (None, None)
    assert np.isnan(gap.p)


def test_a_single_positive_patient_gives_an_auroc_no_interval():
    patients = np.repeat(np.arange(20), 4)
    is_positive = patients % 10 == 0
    rows = patients < 10
    for scores in (is_positive * 1.0, is_positive + np.random.default_rng(0).normal(size=80)):
        group, _, gap = judge(RankedRows(scores, is_positive, patients), rows, logit_ends)
        assert group.value is not None
        assert (group.low, group.high) == (None, None)
        assert np.isnan(gap.p)


def test_a_perfect_auroc_of_few_patients_is_no_finding():
    """Five of five pairs ranked rightly happen to a model of .85 as often as not."""
    rng = np.random.default_rng(1)
    is_positive = np.arange(300) % 2 == 0
    rows = np.arange(300) < 10
    scores = np.where(rows, 10.0 * is_positive, 1.5 * is_positive + rng.normal(size=300))
    group, rest, gap = judge(RankedRows(scores, is_positive, np.arange(300)), rows, logit_ends)
    assert group.value == 1
    assert 0.8 < rest.value < 0.9
    assert gap.p > binomtest(5, 5, rest.value, "greater").pvalue / 2
    assert gap.p > 0.05


def test_the_gap_of_large_samples_is_that_of_students_t():
    rng = np.random.default_rng(5)
    has_it, rows = rng.random(4000) < 0.3, np.arange(4000) < 1500
    _, _, gap = judge(of_every_row(None, np.arange(4000), has_it), rows, wilson_ends)
    expected = ttest_ind(has_it[rows], has_it[~rows], equal_var=False)
    assert gap.p == pytest.approx(expected.pvalue, rel=0.02)
    interval = expected.confidence_interval()
    assert gap.difference.low == pytest.approx(interval.low, abs=0.001)
    assert gap.difference.high == pytest.approx(interval.high, abs=0.001)


def test_patients_in_both_parts_narrow_the_gap(study):
    """Two views of one breast go wrong together, so that their difference varies less."""
    _, _, patients, _ = study
    wrong = np.repeat(np.random.default_rng(2).random(100) < 0.4, 4)
    wrong[::13] ^= True
    within = judge(of_every_row(None, patients, wrong), np.arange(400) % 2 == 0, wilson_ends)[2]
    apart = judge(of_every_row(None, patients, wrong), patients % 2 == 0, wilson_ends)[2]
    widths = [gap.difference.high - gap.difference.low for gap in (within, apart)]
    assert widths[0] < widths[1] / 2


def draw_views(rng, fault, n_patients=150):
    """Scores, truths and patients of four views each; `fault` is lost by cancers in every other."""
    patients = np.repeat(np.arange(n_patients), 4)
    is_positive = (rng.random(n_patients) < 0.3)[patients]
    is_mlo = np.arange(4 * n_patients) % 2 == 1
    noise = rng.normal(size=n_patients)[patients] + rng.normal(0, 0.5, 4 * n_patients)
    return noise + 1.5 * is_positive - fault * (is_positive & is_mlo), is_positive, patients, is_mlo


def share_of_findings(studies, judge_study):
    rng = np.random.default_rng(0)
    return np.mean([judge_study(rng).p < 0.05 for _ in range(studies)])


def test_a_fault_in_one_view_is_found_since_both_are_of_the_same_patients():
    def compare_views(rng, fault):
        scores, is_positive, patients, is_mlo = draw_views(rng, fault)
        return judge(RankedRows(scores, is_positive, patients), is_mlo, logit_ends)[2]

    assert share_of_findings(100, lambda rng: compare_views(rng, 0.5)) >= 0.9
    assert share_of_findings(300, lambda rng: compare_views(rng, 0.0)) <= 0.07


@pytest.mark.parametrize("threshold", [-1.2, -0.75])
def test_views_of_a_sensitivity_near_1_are_seldom_told_apart_by_chance(threshold):
    def compare_views(rng):
        scores, is_positive, patients, is_mlo = draw_views(rng, 0.0, 300)
        measure = RateRows(scores >= threshold, is_positive, patients)
        return judge(measure, is_mlo, wilson_ends)[2]

    assert share_of_findings(300, compare_views) <= 0.07


def test_holm_is_statsmodels_and_passes_over_what_is_no_test():
    p = np.random.default_rng(0).random(30) ** 3
    np.testing.assert_allclose(adjust_holm(p), multipletests(p, method="holm")[1])
    with_gaps = adjust_holm(np.insert(p, [4, 9], np.nan))
    np.testing.assert_allclose(with_gaps[~np.isnan(with_gaps)], adjust_holm(p))


def test_a_test_said_twice_counts_once():
    np.testing.assert_allclose(
        adjust_holm(np.array([0.02, 0.02, 0.5]), [0, 0, 1]), [0.04, 0.04, 0.5]
    )
    assert np.isnan(adjust_holm(np.array([np.nan]))).all()
