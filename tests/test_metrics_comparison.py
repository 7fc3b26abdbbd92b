"""Paired tests by definition, by statsmodels, by symmetry, and under the null."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_studies import as_table
from prediction_rows import make_predictions
from scipy.stats import norm
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from mammo_core.errors import BadTable
from mammo_core.metrics.comparison import compare, delong, mcnemar
from mammo_core.metrics.paired_tests import estimate_auroc_difference
from mammo_core.metrics.pairing import Pair
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.predictions import read_predictions

QUICK = EvaluationOptions(bootstrap=50)
PERFECT = ("auroc", "accuracy", "macro_f1", "sensitivity", "specificity", "ppv", "f1")


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    labels = (rng.random(150) < 0.4).astype(int)
    a = np.round(labels + rng.normal(size=150), 1)
    return labels, a, np.round(a + rng.normal(0, 0.7, 150), 1)


def read(frame, tmp_path, name):
    frame.to_csv(tmp_path / name, index=False)
    return read_predictions(tmp_path / name)


@pytest.fixture
def tables(tmp_path):
    a, b = make_predictions(40, 0), make_predictions(40, 1)
    return read(a, tmp_path, "a.csv"), read(b.sample(frac=1, random_state=0), tmp_path, "b.csv")


def by_definition(labels, a, b):
    positive = labels == 1
    parts = []
    for s in (a, b):
        x, y = s[positive], s[~positive]
        won = (x[:, None] > y) + 0.5 * (x[:, None] == y)
        parts.append((won.mean(axis=1), won.mean(axis=0)))
    (x_a, y_a), (x_b, y_b) = parts
    variance = (x_a - x_b).var(ddof=1) / len(x_a) + (y_a - y_b).var(ddof=1) / len(y_a)
    return (x_a.mean() - x_b.mean()) / np.sqrt(variance)


def test_delong_follows_its_definition(scored):
    result = delong(*scored)
    z = by_definition(*scored)
    assert (result.z, result.p) == pytest.approx((z, 2 * norm.sf(abs(z))), rel=1e-9)


def test_patients_of_one_row_are_independent_rows(scored):
    assert delong(*scored) == pytest.approx(delong(*scored, groups=np.arange(150)))


def test_names_of_patients_serve_as_groups(scored):
    numbers = np.repeat(np.arange(50), 3)
    named = np.array([f"patient {n}" for n in numbers])
    assert delong(*scored, groups=numbers) == delong(*scored, groups=named)


def test_exchanging_the_models_turns_the_sign(scored):
    labels, a, b = scored
    one, other = delong(labels, a, b), delong(labels, b, a)
    assert (one.z, one.p) == pytest.approx((-other.z, other.p))


def test_copies_of_every_row_in_its_group_add_no_evidence(scored):
    groups = np.repeat(np.arange(50), 3)
    thrice = delong(*(np.repeat(s, 3) for s in scored), groups=np.repeat(groups, 3))
    assert thrice == pytest.approx(delong(*scored, groups=groups))


def test_a_score_against_itself_has_no_test(scored):
    labels, a, _ = scored
    assert np.isnan(delong(labels, a, a).p)


def test_labels_other_than_zero_and_one_are_refused(scored):
    with pytest.raises(ValueError, match="0 and 1"):
        delong(scored[0] + 1, *scored[1:])


def test_lengths_must_agree(scored):
    with pytest.raises(ValueError, match="one length"):
        delong(scored[0][1:], *scored[1:])


@pytest.mark.parametrize("cells", [(3, 9), (9, 3), (5, 5), (0, 7), (1, 0)])
def test_mcnemar_equals_statsmodels(cells):
    expected = statsmodels_mcnemar([[10, cells[0]], [cells[1], 10]], exact=True).pvalue
    assert mcnemar(*cells) == pytest.approx(expected)


def test_models_that_never_differ_have_no_mcnemar():
    assert np.isnan(mcnemar(0, 0))


@pytest.mark.parametrize("level", ["image", "breast", "patient"])
def test_a_table_against_itself_differs_by_nothing(tables, level):
    answer = compare(tables[0], tables[0], EvaluationOptions(level=level, bootstrap=20))
    assert answer["difference"] == {"value": 0, "low": 0, "high": 0}
    assert answer["delong_p"] is None
    assert answer["mcnemar_p"] is None
    assert answer["mcnemar"]["clustered"] is (level == "patient")


def test_row_order_does_not_matter_and_the_difference_is_that_of_the_aurocs(tables):
    answer = compare(*tables, QUICK)
    assert answer["n"] == 160
    difference = answer["auroc_a"]["value"] - answer["auroc_b"]["value"]
    assert answer["difference"]["value"] == pytest.approx(difference)
    assert answer["difference"]["low"] < difference < answer["difference"]["high"]
    assert json.dumps(answer, allow_nan=False)


def test_the_interval_excludes_zero_where_the_test_rejects(tmp_path):
    good, poor = make_predictions(60, 0, 3.0), make_predictions(60, 1, 0.3)
    answer = compare(read(good, tmp_path, "a.csv"), read(poor, tmp_path, "b.csv"), QUICK)
    assert answer["difference"]["low"] > 0
    assert answer["delong_p"] < 0.05


def score(truth, distance, rng):
    """Logits by patient and row whose AUROC is that of two normals so far apart."""
    by_patient = np.repeat(rng.normal(0, np.sqrt(0.8), len(truth) // 4), 4)
    return distance * truth + by_patient + rng.normal(0, np.sqrt(0.2), len(truth))


def pair_scores(truth, *both):
    """A pair of models with these scores of four rows a patient."""
    labels = np.array(["normal", "malignant"])[truth.astype(int)]
    frame = pd.DataFrame({"label": labels, "patient_id": np.arange(len(truth)) // 4})
    frame["image_id"] = [f"i{k}" for k in range(len(truth))]
    return Pair(*(as_table(frame.astype(str), logits) for logits in both), positive=1)


def test_the_interval_of_unequal_aurocs_covers_their_difference_at_six_positive_patients():
    rng, truth = np.random.default_rng(0), np.repeat(np.arange(100) < 6, 4)
    distances = np.sqrt(2) * norm.ppf([0.948, 0.802])
    pairs = [pair_scores(truth, *(score(truth, d, rng) for d in distances)) for _ in range(300)]
    found = [estimate_auroc_difference(pair) for pair in pairs]
    assert np.mean([one.low <= 0.948 - 0.802 <= one.high for one in found]) >= 0.92


def test_two_different_perfect_models_are_not_said_to_be_equal():
    rng, truth = np.random.default_rng(0), np.repeat(np.arange(40) < 9, 4)
    pair = pair_scores(truth, *(20.0 * truth - 10 + rng.random(160) for _ in "ab"))
    answer = compare(pair.a, pair.b, replace(QUICK, split="all", positive="malignant"))
    assert (answer["auroc_a"]["value"], answer["auroc_b"]["value"]) == (1, 1)
    told = [answer["differences"][name]["difference"] for name in PERFECT]
    for one in [*told, *answer["reclassification"]["net"].values()]:
        assert one["value"] == 0
        assert (one["low"] is None and one["high"] is None) or one["low"] < 0 < one["high"]
    unknown = answer["differences"]["sensitivity"]["difference"]
    assert unknown["high"] == pytest.approx(1 - 0.025 ** (1 / 9))  # nine positive patients
    assert answer["agreement"]["equal_predictions"]["low"] != 1


def test_a_perfect_model_and_one_with_errors_differ_by_an_interval_in_reach():
    rng, truth = np.random.default_rng(0), np.repeat(np.arange(40) < 9, 4)
    found = estimate_auroc_difference(pair_scores(truth, 9.0 * truth, score(truth, 1.0, rng)))
    assert -1 <= found.low < found.value < found.high <= 1


def test_other_images_are_refused_with_the_counts_unless_the_overlap_is_asked_for(tables):
    a, b = tables
    short = b.take(np.arange(3, len(b)))
    with pytest.raises(BadTable, match=r"160 and 157 images, 157 of them in both; --overlap"):
        compare(a, short, QUICK)
    assert compare(a, short, QUICK, overlap=True)["n"] == 157


def test_tables_without_a_common_image_cannot_be_compared(tables, tmp_path):
    frame = make_predictions(40, 1)
    other = read(frame.assign(image_id="x" + frame["image_id"]), tmp_path, "c.csv")
    with pytest.raises(BadTable, match="0 of them in both"):
        compare(tables[0], other, EvaluationOptions(), overlap=True)


@pytest.mark.parametrize("column", ["label", "patient_id"])
def test_tables_that_contradict_each_other_are_refused(tables, tmp_path, column):
    frame = make_predictions(40, 1)
    frame.loc[7, column] = "benign" if frame["label"][7] != "benign" else "normal"
    other = read(frame, tmp_path, "c.csv")
    with pytest.raises(BadTable, match=rf"image 'i0007' the same {column}; 1 images differ"):
        compare(tables[0], other, QUICK)


def test_other_classes_are_refused(tables, tmp_path):
    frame = make_predictions(40).rename(columns={"p_benign": "p_cyst"}).replace("benign", "cyst")
    with pytest.raises(BadTable, match="same classes"):
        compare(tables[0], read(frame, tmp_path, "c.csv"), QUICK)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_table_without_splits_is_used_whole_and_said_so_on_either_side(tables, tmp_path, turn):
    whole = read(make_predictions(40, 1).drop(columns="split"), tmp_path, "whole.csv")
    answer = compare(*[tables[0], whole][::turn], QUICK)
    assert answer["n"] == 160
    assert [text for text in answer["warnings"] if "no column 'split'" in text]


@pytest.mark.slow
def test_the_clustered_test_keeps_its_level_where_the_naive_one_does_not():
    rng = np.random.default_rng(0)
    clustered, naive = [], []
    for _ in range(300):
        truth = np.repeat(rng.random(100) < 0.3, 4)
        patients = np.repeat(np.arange(100), 4)
        a, b = (truth + np.repeat(rng.normal(0, 1, 100), 4) + rng.normal(0, 0.5, 400) for _ in "ab")
        clustered.append(delong(truth, a, b, patients).p < 0.05)
        naive.append(delong(truth, a, b).p < 0.05)
    assert np.mean(clustered) < 0.09
    assert np.mean(naive) > 0.15
