"""Differences between two models: by definition, by other libraries, by symmetry."""

import json

import numpy as np
import pyarrow as pa
import pytest
from prediction_rows import make_predictions
from scipy.stats import binom, spearmanr
from sklearn import metrics as sk
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from mammo_core.metrics.agreement import measure_agreement
from mammo_core.metrics.bootstrap import resample
from mammo_core.metrics.comparison import Contender, compare, compare_contenders
from mammo_core.metrics.comparison_rows import list_rows
from mammo_core.metrics.differences import (
    LOWER_IS_BETTER,
    MEASURES,
    Side,
    measure_differences,
    tell_difference,
)
from mammo_core.metrics.estimate import Estimate, share_estimate
from mammo_core.metrics.evaluation import evaluate
from mammo_core.metrics.joined_intervals import add_estimates, subtract_estimates
from mammo_core.metrics.operating_points import RATES
from mammo_core.metrics.paired_sweeps import AT_SPECIFICITY, PairedSweeps
from mammo_core.metrics.pairing import Pair
from mammo_core.metrics.rank_correlation import RankCorrelationReplicates, rank_correlation
from mammo_core.metrics.reclassification import count_calls
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.predictions import check_predictions

N = 30
OPTIONS = EvaluationOptions(bootstrap=N)
THRESHOLDS = (0.4, 0.3)


def make_table(seed, n_patients=40, separation=1.5):
    frame = make_predictions(n_patients, seed, separation)
    return check_predictions(pa.Table.from_pandas(frame), "made")


@pytest.fixture(scope="module")
def pair():
    return Pair(make_table(0), make_table(1), positive=2)


@pytest.fixture(scope="module")
def answer(pair):
    return compare(pair.a, pair.b, OPTIONS, thresholds=THRESHOLDS)


@pytest.fixture(scope="module")
def weights(pair):
    """(N replicates, rows) how often each row is drawn."""
    drawn = resample(
        {"": lambda counts: counts}, n_patients=pair.a.n_patients, replicates=N, seed=0
    )
    return drawn[""].T[:, pair.patients]


def turned(estimate):
    low, high = estimate["high"], estimate["low"]
    return pytest.approx({"value": -estimate["value"], "low": -low, "high": -high}, abs=1e-9)


def agrees_with(estimate, values, of_draw):
    """Whether it is a minus b with the percentiles of a minus b over the draws."""
    low, high = np.percentile([a - b for a, b in of_draw], [2.5, 97.5])
    expected = {"value": values[0] - values[1], "low": low, "high": high}
    return estimate == pytest.approx(expected, abs=1e-5)


SCIKIT = {
    "accuracy": lambda true, called, p, above, w: sk.accuracy_score(true, called, sample_weight=w),
    "balanced_accuracy": lambda true, called, p, above, w: sk.balanced_accuracy_score(
        true, called, sample_weight=w
    ),
    "macro_f1": lambda true, called, p, above, w: sk.f1_score(
        true, called, average="macro", sample_weight=w
    ),
    "mcc": lambda true, called, p, above, w: sk.matthews_corrcoef(true, called, sample_weight=w),
    "average_precision": lambda true, called, p, above, w: sk.average_precision_score(
        true == 2, p, sample_weight=w
    ),
    "brier": lambda true, called, p, above, w: sk.brier_score_loss(true == 2, p, sample_weight=w),
    "sensitivity": lambda true, called, p, above, w: sk.recall_score(
        true == 2, above, sample_weight=w
    ),
    "ppv": lambda true, called, p, above, w: sk.precision_score(true == 2, above, sample_weight=w),
}


@pytest.mark.parametrize("name", SCIKIT)
def test_a_difference_is_scikit_learns_with_the_same_patients_drawn_for_both(
    pair, answer, weights, name
):
    def of_both(w):
        return [
            SCIKIT[name](table.labels, table.predicted, scores, scores >= threshold, w)
            for table, scores, threshold in zip(
                (pair.a, pair.b), pair.scores, THRESHOLDS, strict=True
            )
        ]

    draws = [of_both(w) for w in weights]
    assert agrees_with(answer["differences"][name]["difference"], of_both(None), draws)


def say_alone(table, threshold):
    """The estimates of a table by itself, under the names that `compare` has for them."""
    alone = evaluate(table, bootstrap=N, threshold=threshold)
    point = next(p for p in alone["operating_points"] if p["name"] == "default")
    of_class = alone["per_class"]["malignant"]
    return {
        **{name: alone[name] for name in MEASURES if name in alone},
        **{name: alone["calibration"][name] for name in LOWER_IS_BETTER},
        **{name: point[name] for name in RATES if name in point},
        **{name: of_class[name] for name in ("average_precision", "auroc")},
    }


def test_each_models_side_is_what_evaluate_says_of_it(pair, answer):
    for side, table, threshold in zip("ab", (pair.a, pair.b), THRESHOLDS, strict=True):
        for name, estimate in say_alone(table, threshold).items():
            assert answer["differences"][name][side] == pytest.approx(estimate, abs=1e-6), name


@pytest.mark.parametrize("thresholds", [(0.0, 1.0), (0.5, 0.5)])
def test_a_side_without_an_error_is_what_evaluate_says_of_it_too(thresholds):
    tables = [make_table(seed, separation=50) for seed in (0, 1)]
    found = compare(*tables, OPTIONS, thresholds=thresholds)["differences"]
    for side, table, threshold in zip("ab", tables, thresholds, strict=True):
        for name, estimate in say_alone(table, threshold).items():
            assert found[name][side] == pytest.approx(estimate, abs=1e-6), name


def test_exchanging_the_models_turns_every_difference(pair, answer):
    other = compare(pair.b, pair.a, OPTIONS, thresholds=THRESHOLDS[::-1])
    assert list(other["differences"]) == list(answer["differences"])
    for name, one in answer["differences"].items():
        assert other["differences"][name]["difference"] == turned(one["difference"]), name
    for name, one in answer["reclassification"]["net"].items():
        assert other["reclassification"]["net"][name] == turned(one)
    for name, one in answer["agreement"].items():
        assert other["agreement"][name] == pytest.approx(one)
    assert other["only_a_right"] == answer["only_b_right"]


def test_a_model_and_itself_differ_by_nothing_and_agree(pair):
    alone = compare(pair.a, pair.a, OPTIONS)
    nothing = {"value": 0, "low": 0, "high": 0}
    assert all(one["difference"] == nothing for one in alone["differences"].values())
    assert all(one == nothing for one in alone["reclassification"]["net"].values())
    assert all(one["value"] == pytest.approx(1) for one in alone["agreement"].values())
    assert (alone["only_a_right"]["n"], alone["only_b_right"]["image_ids"]) == (0, [])
    assert json.dumps(alone, allow_nan=False)


def test_without_replicates_there_are_values_and_no_intervals(pair, answer):
    quick = compare(pair.a, pair.b, EvaluationOptions(bootstrap=0), thresholds=THRESHOLDS)
    for name, one in quick["differences"].items():
        assert one["difference"]["value"] == answer["differences"][name]["difference"]["value"]
        assert (one["difference"]["low"] is None) is (name != "auroc")


def test_sensitivity_at_a_specificity_has_each_models_own_threshold(pair, answer):
    for side, table in zip("ab", (pair.a, pair.b), strict=True):
        points = evaluate(table, bootstrap=N)["operating_points"]
        wanted = next(p["sensitivity"] for p in points if p["name"] == "specificity_0.90")
        assert answer["differences"][AT_SPECIFICITY][side] == pytest.approx(wanted, abs=1e-6)


def test_a_sensitivity_of_a_single_patient_has_no_interval():
    tables = []
    for seed in (0, 1):
        table = make_table(seed)
        sick = table.frame.loc[table.frame["label"] == "malignant", "patient_id"]
        tables.append(table.take((~table.frame["patient_id"].isin(sick.unique()[1:])).to_numpy()))
    sweeps = PairedSweeps(Pair(*tables, positive=2), replicates=N)
    rates, net = sweeps.differences_at((0.5, 0.5)), sweeps.net_reclassification((0.5, 0.5))
    for estimate in (rates["sensitivity"].difference, net["positives"], net["total"]):
        assert estimate.value is not None
        assert (estimate.low, estimate.high) == (None, None)
    assert rates["specificity"].difference.low is not None


def certain(value, n_patients):
    """A share that all of so many patients agree on, in every draw."""
    replicates = np.full(2000, float(value))
    return Side(share_estimate(value, replicates, n_patients), replicates)


def drawn_share(successes, n_patients, seed=0):
    """A share of so many patients by the bootstrap."""
    replicates = np.random.default_rng(seed).binomial(n_patients, successes / n_patients, 2000)
    value, shares = successes / n_patients, replicates / n_patients
    return Side(share_estimate(value, shares, n_patients), shares)


@pytest.mark.parametrize("counts", [((56, 70), (48, 80)), ((9, 10), (3, 10)), ((6, 6), (0, 6))])
def test_two_wilson_intervals_join_to_newcombes_of_the_difference(counts):
    wilson = [proportion_confint(*one, method="wilson") for one in counts]
    a, b = (Estimate(k / n, *ends) for (k, n), ends in zip(counts, wilson, strict=True))
    newcombe = confint_proportions_2indep(*counts[0], *counts[1], method="newcomb")
    joined = subtract_estimates(a, b)
    assert (joined.low, joined.high) == pytest.approx(newcombe)


def test_a_side_that_no_draw_changes_still_widens_the_difference():
    a, b = drawn_share(18, 24), certain(1, 6)
    found = tell_difference(a, b, is_same=False).difference
    assert found == subtract_estimates(a.estimate, b.estimate)
    assert found.high - found.value > 1 - b.estimate.low  # what six patients leave open of B


def test_two_certain_sides_differ_within_both_exact_intervals():
    found = tell_difference(certain(1, 6), certain(0, 6), is_same=False).difference
    reach = 1 - 0.025 ** (1 / 6)  # Clopper and Pearson of 6 out of 6
    assert found == pytest.approx(Estimate(1.0, 1 - np.sqrt(2) * reach, 1.0))
    alike = tell_difference(certain(1, 6), certain(1, 6), is_same=False).difference
    assert alike == pytest.approx(Estimate(0.0, -reach, reach))
    none = tell_difference(certain(1, 6), certain(1, 6), is_same=True).difference
    assert none == Estimate(0.0, 0.0, 0.0)


def test_a_difference_is_unknown_where_a_certain_side_has_no_interval():
    one = Side(Estimate(1.0), np.ones(2000))  # an MCC of 1, or a rate of a single patient
    for other in (drawn_share(5, 9), certain(0, 9), one):
        found = tell_difference(one, other, is_same=False).difference
        assert (found.low, found.high) == (None, None)


def test_the_difference_to_a_rate_of_one_holds_the_truth_as_often_as_it_says():
    """All pairs of results in 8 patients whose A is always right, of true rates .97 and .4."""
    n, truth = 8, 0.97 - 0.4
    b = [drawn_share(k, n) if 0 < k < n else certain(k / n, n) for k in range(n + 1)]
    found = [tell_difference(certain(1, n), side, is_same=False).difference for side in b]
    chances = binom.pmf(np.arange(n + 1), n, 0.4)
    assert chances @ [one.low <= truth <= one.high for one in found] >= 0.95


def make_certain_pair():
    """A calls each positive row and B none; A and B differ among the negatives."""
    tables = [make_table(seed, separation=separation) for seed, separation in ((0, 50), (1, 1.5))]
    return Pair(*tables, positive=2)


def test_net_reclassification_is_no_surer_than_its_parts():
    sweeps = PairedSweeps(make_certain_pair(), replicates=N)
    net = sweeps.net_reclassification((0.0, 0.5))
    parts = net["positives"], net["negatives"]
    assert all(part.low is not None for part in parts)
    assert net["total"] == add_estimates(*parts)


def test_a_class_that_is_missing_leaves_its_differences_undefined():
    tables = [make_table(seed) for seed in (0, 1)]
    kept = [table.take((table.frame["label"] != "malignant").to_numpy()) for table in tables]
    found = compare(*kept, OPTIONS)
    undefined = {"value": None, "low": None, "high": None}
    for name in ("auroc", "average_precision", "sensitivity", AT_SPECIFICITY):
        assert found["differences"][name]["difference"] == undefined
    assert found["differences"]["specificity"]["difference"]["value"] is not None
    assert json.dumps(found, allow_nan=False)


def test_calls_are_counted_by_both_models_and_the_truth(pair):
    called = [s >= t for s, t in zip(pair.scores, THRESHOLDS, strict=True)]
    counts = count_calls(pair, THRESHOLDS)
    for name, rows in (("positives", pair.is_positive), ("negatives", ~pair.is_positive)):
        table = sk.confusion_matrix(called[0][rows], called[1][rows])
        (neither, only_b), (only_a, both) = table.tolist()
        assert counts[name] == {
            "n": rows.sum(), "both": both, "only_a": only_a, "only_b": only_b, "neither": neither
        }  # fmt: skip


def test_net_reclassification_is_who_moves_up_less_who_moves_down(answer):
    counts, net = answer["reclassification"], answer["reclassification"]["net"]
    up, down = ((c["only_b"], c["only_a"]) for c in (counts["positives"], counts["negatives"]))
    positives = (up[0] - up[1]) / counts["positives"]["n"]
    negatives = (down[1] - down[0]) / counts["negatives"]["n"]
    assert net["positives"]["value"] == pytest.approx(positives)
    assert net["negatives"]["value"] == pytest.approx(negatives)
    assert net["total"]["value"] == pytest.approx(positives + negatives)


def test_rank_correlation_is_scipys_in_every_draw(pair, weights):
    a, b = (np.round(scores, 2) for scores in pair.scores)  # with ties
    assert rank_correlation(a, b) == pytest.approx(spearmanr(a, b).statistic)
    counts = np.zeros((pair.a.n_patients, N), np.float32)
    counts[pair.patients] = weights.T
    drawn = RankCorrelationReplicates(a, b, pair.patients, pair.a.n_patients)(counts)
    repeated = [np.repeat([a, b], w.astype(int), axis=1) for w in weights]
    assert drawn == pytest.approx([spearmanr(*rows).statistic for rows in repeated], abs=1e-5)


def test_a_constant_score_has_no_rank_correlation():
    assert np.isnan(rank_correlation(np.ones(5), np.arange(5.0)))


def test_agreement_is_that_of_the_most_probable_classes(pair):
    found = measure_agreement(pair, replicates=N)
    kappa = sk.cohen_kappa_score(pair.a.predicted, pair.b.predicted)
    assert found["cohen_kappa"].value == pytest.approx(kappa)
    equal = np.mean(pair.a.predicted == pair.b.predicted)
    assert found["equal_predictions"].value == pytest.approx(equal)
    for estimate in found.values():
        assert estimate.low < estimate.value < estimate.high


def test_only_the_images_that_one_model_has_right_are_listed(pair):
    found = compare(pair.a, pair.b, EvaluationOptions(level="breast", bootstrap=0))
    rows = list_rows(
        [Contender("x", pair.a), Contender("y", pair.b)], EvaluationOptions(level="breast")
    )
    only_a = rows[rows["right_a"] & ~rows["right_b"]]
    assert found["only_a_right"]["images"] == len(only_a) == 2 * found["only_a_right"]["n"]
    assert found["only_a_right"]["image_ids"] == only_a["image_id"].tolist()[:10]


def test_more_models_are_each_held_against_the_first_with_holms_p(pair):
    names = ("first", "good", "poor", "fair")
    tables = [pair.a, make_table(5, separation=3), make_table(6, separation=0), pair.b]
    many = [Contender(name, table) for name, table in zip(names, tables, strict=True)]
    found = compare_contenders(many, EvaluationOptions(bootstrap=0))
    assert (found["reference"], found["n"]) == ("first", len(pair))
    alone = [compare(pair.a, other, EvaluationOptions(bootstrap=0)) for other in tables[1:]]
    for key in ("delong_p", "mcnemar_p"):
        single = [one[key] for one in alone]
        assert [one[key] for one in found["against"]] == single
        adjusted = multipletests(single, method="holm")[1]
        assert [one[f"{key}_holm"] for one in found["against"]] == pytest.approx(adjusted)


@pytest.mark.slow
def test_intervals_of_differences_cover_zero_where_there_is_none():
    """Two models equally good and correlated within patients: 95 % of intervals hold 0."""
    covered = []
    for study in range(150):
        pair = Pair(make_table(2 * study, 80), make_table(2 * study + 1, 80), positive=2)
        found = measure_differences(pair, replicates=200)["balanced_accuracy"].difference
        covered.append(found.low <= 0 <= found.high)
    assert 0.90 <= np.mean(covered) <= 0.99
