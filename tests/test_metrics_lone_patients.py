"""A rate whose rows are all of one patient has no interval; of two patients it has one."""

import numpy as np
import pandas as pd
import pytest

from mammo_core.metrics.evaluation import evaluate
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
