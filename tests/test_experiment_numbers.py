"""What experiments compute from scores, against closed forms and other libraries."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from mammo_core.experiments.gains import (
    FLAT,
    Watched,
    estimate_gain,
    estimate_shares,
    judge_curve,
)
from mammo_core.experiments.pooling import average_aurocs, rate_at_own_thresholds
from mammo_core.metrics.auroc import estimate_auroc
from mammo_core.metrics.comparison import delong
from mammo_core.predictions import PredictionTable

RNG = np.random.default_rng(0)


def make_truth(n):
    return np.arange(n) % 3 == 0


def make_scores(is_positive, strength, seed):
    noise = np.random.default_rng(seed).normal(size=len(is_positive))
    return 1 / (1 + np.exp(-(strength * is_positive + noise)))


class TestMeanOfFolds:
    def test_of_one_fold_it_is_that_folds_own_estimate(self):
        truth, patients = make_truth(60), np.arange(60) // 2
        scores = make_scores(truth, 1.0, 1)
        mean, values = average_aurocs(scores, truth, patients, np.zeros(60))
        own = estimate_auroc(scores, truth, patients)
        assert values == [own.value]
        assert (mean.low, mean.high) == pytest.approx((own.low, own.high))

    def test_equal_folds_have_an_interval_narrower_by_the_root_of_their_number(self):
        truth, scores = make_truth(60), make_scores(make_truth(60), 1.0, 1)
        one, _ = average_aurocs(scores, truth, np.arange(60), np.zeros(60))
        four, values = average_aurocs(
            np.tile(scores, 4), np.tile(truth, 4), np.arange(240), np.repeat(range(4), 60)
        )
        assert len(values) == 4
        assert four.value == pytest.approx(one.value)
        reach_one = np.log(one.high / (1 - one.high)) - np.log(one.value / (1 - one.value))
        reach_four = np.log(four.high / (1 - four.high)) - np.log(four.value / (1 - four.value))
        smaller = min(truth.sum(), (~truth).sum())
        quantiles = stats.t.ppf(0.975, [smaller - 1, 4 * (smaller - 1)])
        assert reach_one / reach_four == pytest.approx(2 * quantiles[0] / quantiles[1])

    def test_it_does_not_see_how_high_a_model_scores_but_the_pooled_one_does(self):
        truth, folds = make_truth(120), np.repeat([0, 1], 60)
        scores = make_scores(truth, 2.0, 3)
        shifted = np.where(folds == 1, 0.5 + scores / 2, scores / 2)
        level = average_aurocs(scores, truth, np.arange(120), folds)[0]
        assert average_aurocs(shifted, truth, np.arange(120), folds)[0] == level
        assert roc_auc_score(truth, shifted) < roc_auc_score(truth, scores) - 0.05

    def test_a_fold_of_one_side_is_left_out_of_it(self):
        truth = np.array([True, False, True, False, False, False])
        scores = np.array([0.9, 0.1, 0.2, 0.8, 0.5, 0.6])
        mean, values = average_aurocs(scores, truth, np.arange(6), np.array([0, 0, 1, 1, 2, 2]))
        assert values == [1.0, 0.0]
        assert mean.value == 0.5

    def test_without_any_fold_of_two_sides_it_is_undefined(self):
        mean, values = average_aurocs(
            np.array([0.1, 0.2]), np.array([True, False]), np.arange(2), np.arange(2)
        )
        assert (mean.value, values) == (None, [])


def test_one_threshold_for_all_gives_the_rates_of_that_threshold():
    truth = make_truth(90)
    scores = make_scores(truth, 1.0, 5)
    frame = pd.DataFrame(
        {
            "patient_id": [f"p{n // 2}" for n in range(90)],
            "label": np.where(truth, "malignant", "normal"),
            "p_normal": 1 - scores,
            "p_malignant": scores,
            "fold_threshold": "0.6",
        }
    )
    rates = rate_at_own_thresholds(PredictionTable(frame, ("normal", "malignant")), 200, 0)
    called = scores >= 0.6
    assert rates["sensitivity"]["value"] == pytest.approx(called[truth].mean())
    assert rates["specificity"]["value"] == pytest.approx(1 - called[~truth].mean())
    assert rates["ppv"]["value"] == pytest.approx(truth[called].mean())


def test_a_sensitivity_of_one_over_folds_has_the_interval_of_its_patients():
    truth = make_truth(30)
    frame = pd.DataFrame(
        {
            "image_id": [f"i{k:02}" for k in range(30)],
            "patient_id": [f"p{k:02}" for k in range(30)],
            "label": np.where(truth, "malignant", "normal"),
            "p_normal": 1.0 - truth,
            "p_malignant": 1.0 * truth,
            "fold_threshold": 0.5,
        }
    )
    rates = rate_at_own_thresholds(PredictionTable(frame, ("normal", "malignant")), 100, 0)
    exact = stats.binomtest(10, 10).proportion_ci(method="exact")
    assert rates["sensitivity"]["low"] == pytest.approx(exact.low)


def watch(*strengths, n=300, repeats=1):
    truth = make_truth(n)
    scores = [[make_scores(truth, s, 10 * k + r) for r in range(repeats)]
              for k, s in enumerate(strengths)]  # fmt: skip
    return Watched(truth, np.arange(n) // 2, scores)


class TestGain:
    def test_it_is_delongs_difference_with_clustered_variance(self):
        watched = watch(0.5, 1.0)
        gain = estimate_gain(watched, 1, 0)
        (worse,), (better,) = watched.scores
        expected = delong(watched.is_positive.astype(int), better, worse, watched.patients)
        assert gain.value == pytest.approx(expected.auc_a - expected.auc_b)
        error = (gain.high - gain.low) / 2 / 1.959963984540054
        assert gain.value / error == pytest.approx(expected.z)

    def test_against_itself_it_is_nothing(self):
        watched = watch(1.0, 1.0)
        same = Watched(watched.is_positive, watched.patients, [watched.scores[0]] * 2)
        gain = estimate_gain(same, 1, 0)
        assert (gain.value, gain.low, gain.high) == pytest.approx((0, 0, 0), abs=1e-9)

    def test_repeats_average_and_narrow_the_interval(self):
        many, one = watch(1.0, 1.0, repeats=6), watch(1.0, 1.0)
        averaged, single = estimate_shares(many)[0], estimate_shares(one)[0]
        values = [roc_auc_score(many.is_positive, scores) for scores in many.scores[0]]
        assert averaged.value == pytest.approx(np.mean(values))
        assert averaged.high - averaged.low < single.high - single.low


class TestVerdict:
    def test_a_last_step_above_doubt_says_that_more_data_still_helps(self):
        verdict = judge_curve(watch(0.0, 0.8, 2.5))
        assert verdict.state == "still_helps"
        assert verdict.last_step.low > 0

    def test_a_last_step_below_doubt_says_that_it_made_it_worse(self):
        assert judge_curve(watch(0.0, 2.5, 0.5)).state == "hurts"

    def test_flat_is_said_only_where_the_whole_interval_is_near_nothing(self):
        truth = make_truth(400)
        scores = make_scores(truth, 1.0, 1)
        nearly = scores + np.random.default_rng(2).normal(0, 1e-3, 400)
        verdict = judge_curve(Watched(truth, np.arange(400), [[scores], [nearly]]))
        assert verdict.state == "flat"
        assert -FLAT <= verdict.last_step.low <= verdict.last_step.high <= FLAT

    def test_few_validation_patients_leave_it_open(self):
        verdict = judge_curve(watch(0.8, 0.9, 1.0, n=24))
        assert verdict.state == "open"
        assert "Too few validation patients" in verdict.sentence

    def test_a_way_that_helped_with_a_last_step_in_doubt_says_both(self):
        verdict = judge_curve(watch(0.0, 2.0, 2.0))
        assert verdict.state == "helped"
        assert verdict.last_step.low < 0 < verdict.whole.low

    def test_validation_of_one_side_is_no_verdict(self):
        scores = RNG.random(20)
        verdict = judge_curve(Watched(np.zeros(20, bool), np.arange(20), [[scores], [scores]]))
        assert verdict.state == "open"
        assert "undefined -> undefined" in verdict.sentence

    def test_the_sentence_tells_every_share_and_the_last_step(self):
        watched = watch(0.0, 0.8, 2.5)
        verdict = judge_curve(watched)
        values = [f"{estimate.value:.2f}" for estimate in estimate_shares(watched)]
        assert " -> ".join(values) in verdict.sentence
        assert f"{verdict.last_step.value:+.2f}" in verdict.sentence
