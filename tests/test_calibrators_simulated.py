"""What docs/calibration.md says of how many images calibration needs, drawn anew."""

import numpy as np
import pytest
from scipy.special import expit

from mammo_core.calibrators import CALIBRATORS
from mammo_core.metrics.calibration import bin_sums, compute_ece

pytestmark = pytest.mark.slow


def draw(rng, n_patients, *, slope=1.0, shift=0.0):
    """Four views a patient that are alike; truths by the honest logit, told by a distorted one."""
    logits = rng.normal(-1.5, 1.5, n_patients)[:, None] + rng.normal(0, 0.7, (n_patients, 4))
    truth = rng.random(4 * n_patients) < expit(logits.ravel())
    told = expit((logits.ravel() - shift) / slope)
    return np.stack([1 - told, told], axis=1), truth


def mean_ece(n_patients):
    rng = np.random.default_rng(0)
    found = []
    for _ in range(100):
        p, truth = draw(rng, n_patients)
        bins = bin_sums(p[:, 1], truth, np.zeros(len(truth), dtype=int)).sum(axis=0)
        found.append(float(compute_ece(bins)))
    return np.mean(found)


def mean_brier(method, n_patients, n_fits=40):
    """Of new rows, mended by fits on so many patients."""
    rng = np.random.default_rng(1)
    p, truth = draw(np.random.default_rng(99), 10_000, slope=0.5, shift=0.5)
    found = []
    for _ in range(n_fits):
        rows, labels = draw(rng, n_patients, slope=0.5, shift=0.5)
        mended = CALIBRATORS[method].fit(rows, labels.astype(int), 1).apply(p)[:, 1]
        found.append(((mended - truth) ** 2).mean())
    return np.mean(found)


@pytest.mark.parametrize(("n_images", "told"), [(100, 0.084), (400, 0.044), (1600, 0.022)])
def test_honest_probabilities_have_an_ece_that_falls_with_the_images(n_images, told):
    assert mean_ece(n_images // 4) == pytest.approx(told, abs=0.006)


def test_with_few_images_a_line_mends_more_than_a_curve():
    briers = {method: mean_brier(method, 15) for method in CALIBRATORS}
    assert briers["platt"] < briers["isotonic"] - 0.005
    assert briers["temperature"] < briers["isotonic"] - 0.005


def test_with_many_images_a_curve_mends_what_a_temperature_cannot():
    briers = {method: mean_brier(method, 2500, n_fits=5) for method in CALIBRATORS}
    assert briers["isotonic"] < briers["temperature"] - 0.002
    assert briers["platt"] == pytest.approx(briers["isotonic"], abs=0.001)
