"""Outcomes at a threshold and the band of precision agree with scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_curve

from mammo_core.metrics.bootstrap import PatientSums, resample
from mammo_core.metrics.threshold_sweep import ThresholdSweep


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    truth = rng.random(300) < 0.3
    scores = np.round(rng.beta(2 + 2 * truth, 4 - 2 * truth), 2)
    return scores, truth, np.repeat(np.arange(100), 3)


def test_the_outcomes_at_a_threshold_are_scikit_learns_confusion_matrix(rows):
    scores, truth, _ = rows
    for threshold in (0.0, 0.37, 2.0):
        found = ThresholdSweep(*rows, replicates=5).outcomes_at(threshold)
        (tn, fp), (fn, tp) = confusion_matrix(truth, scores >= threshold)
        assert found == {"TP": tp, "FP": fp, "FN": fn, "TN": tn}


def test_the_precision_band_is_that_of_scikit_learns_curves_of_the_same_draws(rows):
    scores, truth, patients = rows
    recalls, low, high = ThresholdSweep(*rows, replicates=40, seed=3).precision_band(21)
    drawn = resample({"": PatientSums(np.eye(100))}, n_patients=100, replicates=40, seed=3)[""]
    curves = []
    for times in drawn.T:
        precision, recall, _ = precision_recall_curve(truth, scores, sample_weight=times[patients])
        reached = [np.flatnonzero(recall >= at - 1e-6)[-1] for at in recalls[1:]]
        curves.append(precision[reached])
    expected = np.percentile(curves, (2.5, 97.5), axis=0)
    assert np.stack([low, high])[:, 1:] == pytest.approx(expected, abs=1e-6)


def test_without_positives_the_precision_band_is_undefined(rows):
    scores, truth, patients = rows
    _, low, high = ThresholdSweep(scores, truth & False, patients, replicates=5).precision_band()
    assert np.isnan([low, high]).all()
