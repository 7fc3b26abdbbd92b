"""What is known of one patient alone, or alike of all, is never said to be certain."""

import numpy as np
import pandas as pd
import pytest

from mammo_core.metrics.evaluation import evaluate
from mammo_core.metrics.referral_sweep import ErrorsLeft
from mammo_core.metrics.risk_coverage import JudgedRows
from mammo_core.predictions import PredictionTable


def point_of(patients, name):
    """Rates at 0.5 of three images of lesions, two of them called, of these patients; and of 20
    normal images of others, a fifth of them called."""
    p = np.array([0.9, 0.8, 0.1, *np.tile([0.7, 0.1, 0.2, 0.3, 0.4], 4)])
    ids = [*patients, *(f"n{k // 2}" for k in range(20))]
    labels = ["malignant"] * 3 + ["normal"] * 20
    frame = pd.DataFrame({"image_id": [f"{k}" for k in range(23)], "patient_id": ids,
                          "label": labels, "p_normal": 1 - p, "p_malignant": p})  # fmt: skip
    table = PredictionTable(frame, ("normal", "malignant"))
    answer = evaluate(table, split="all", bootstrap=200)
    return next(one for one in answer["operating_points"] if one["name"] == "default")[name]


def test_one_patient_with_lesions_gives_a_sensitivity_without_interval():
    sensitivity = point_of(["a", "a", "a"], "sensitivity")
    assert sensitivity == {"value": pytest.approx(2 / 3), "low": None, "high": None}


def test_two_patients_with_lesions_give_an_interval():
    sensitivity = point_of(["a", "a", "b"], "sensitivity")
    assert (sensitivity["low"], sensitivity["high"]) == (0, 1)


def test_rates_of_the_other_patients_keep_their_interval():
    specificity = point_of(["a", "a", "a"], "specificity")
    assert specificity["low"] < specificity["value"] == 0.8 < specificity["high"]


def make_table(p, labels, patients):
    """Images with these probabilities of malignancy."""
    frame = pd.DataFrame({"image_id": [f"{k}" for k in range(len(p))], "patient_id": patients,
                          "label": labels, "p_normal": 1 - p, "p_malignant": p})  # fmt: skip
    return PredictionTable(frame, ("normal", "malignant"))


def make_faultless(n_negatives=12, n_positives=8):
    """A table of one image a patient, every one called right; scores differ."""
    p = np.concatenate([np.linspace(0.05, 0.4, n_negatives), np.linspace(0.6, 0.9, n_positives)])
    labels = ["normal"] * n_negatives + ["malignant"] * n_positives
    return make_table(p, labels, [f"p{k}" for k in range(len(p))])


def list_estimates(answer, path=""):
    """Every {"value", "low", "high"} in an answer, by where it stands."""
    if isinstance(answer, dict) and answer.keys() == {"value", "low", "high"}:
        return {path: answer}
    items = answer.items() if isinstance(answer, dict) else enumerate(answer)
    parts = [list_estimates(v, f"{path}/{k}") for k, v in items if isinstance(v, dict | list)]
    return {where: one for part in parts for where, one in part.items()}


@pytest.mark.parametrize("interval", ["percentile", "bca"])
@pytest.mark.parametrize("prevalence", [None, 0.01])
def test_no_number_of_one_patient_has_an_interval(interval, prevalence):
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(3000) < 0.3, "malignant", "normal")
    p = np.clip(rng.normal(np.where(labels == "malignant", 0.6, 0.4), 0.2), 0.001, 0.999)
    table = make_table(p, labels, ["a"] * 3000)
    options = {"interval": interval, "prevalence": prevalence}
    answer = evaluate(table, split="all", bootstrap=40, **options)
    found = list_estimates(answer)
    assert len(found) > 80
    assert [k for k, one in found.items() if (one["low"], one["high"]) != (None, None)] == []


@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_no_number_of_a_faultless_table_is_a_point(interval):
    answer = evaluate(make_faultless(), split="all", bootstrap=100, interval=interval)
    known = "/decision_curve"  # who calls nobody has a net benefit of 0 by definition
    found = {k: v for k, v in list_estimates(answer).items() if not k.startswith(known)}
    assert [
        k for k, one in found.items() if one["low"] is not None and one["low"] == one["high"]
    ] == []


def test_the_shares_of_a_faultless_table_are_known_as_well_as_their_patients_allow():
    answer = evaluate(make_faultless(), split="all", bootstrap=100)
    assert answer["accuracy"]["low"] == pytest.approx(0.025 ** (1 / 20))
    assert answer["balanced_accuracy"]["low"] == pytest.approx(0.025 ** (1 / 8))
    for name in ("macro_f1", "weighted_f1", "mcc", "cohen_kappa", "quadratic_kappa"):
        assert answer[name] == {"value": pytest.approx(1), "low": None, "high": None}


def test_a_table_of_one_class_does_not_say_that_there_is_no_other():
    answer = evaluate(make_faultless(n_negatives=0), split="all", bootstrap=100)
    assert answer["prevalence"] == {"value": 1, "low": pytest.approx(0.025 ** (1 / 8)), "high": 1}


def test_what_all_patients_share_between_0_and_1_has_no_interval():
    p = np.tile([0.9, 0.1], 10)
    table = make_table(p, ["malignant", "malignant"] * 10, np.repeat(np.arange(10), 2).astype(str))
    accuracy = evaluate(table, split="all", bootstrap=50)["accuracy"]
    assert accuracy == {"value": 0.5, "low": None, "high": None}


def test_accuracy_near_1_is_covered():
    """At a true accuracy of .98 a fifth of studies show no error, and were taken for certain."""
    rng = np.random.default_rng(3)
    n_held = 0
    for _ in range(100):
        is_right = rng.random(60) < 0.98
        labels = np.where(np.arange(60) % 2 == 0, "malignant", "normal")
        p = np.where((labels == "malignant") == is_right, 0.8, 0.2)
        answer = evaluate(
            make_table(p, labels, np.arange(60).astype(str)), split="all", bootstrap=200
        )
        n_held += answer["accuracy"]["low"] <= 0.98 <= answer["accuracy"]["high"]
    # Three in ten show no error: without their interval at most 70 could hold the truth.
    assert n_held >= 85


def test_a_faultless_order_of_referral_is_not_said_to_be_certain():
    n = 20
    is_positive = np.arange(n) < 8
    rows = JudgedRows(
        np.linspace(0, 1, n), np.zeros(n, bool), is_positive, is_positive, np.arange(n)
    )
    found = ErrorsLeft(rows, replicates=50).aurc
    assert (found.value, found.low, found.high) == (0, None, None)


@pytest.mark.parametrize(("sides", "told"), [((3, 57), "without"), ((57, 3), "are 'malignant'")])
def test_few_patients_on_either_side_bring_a_caution(sides, told):
    warnings = evaluate(make_faultless(*sides), split="all", bootstrap=0)["warnings"]
    few = [one for one in warnings if "Only 3 patients" in one]
    assert len(few) == 1
    assert told in few[0]
