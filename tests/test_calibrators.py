"""Calibrators: contracts of the table, laws of each, and what is refused."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from prediction_rows import make_predictions
from scipy.special import expit, logit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from mammo_core.calibrators import CALIBRATORS
from mammo_core.calibrators.calibrator import replace_class
from mammo_core.calibrators.change import estimate_change
from mammo_core.calibrators.fitting import (
    apply_calibrator,
    carry_threshold,
    fit_calibrator,
    judge,
)
from mammo_core.calibrators.isotonic import Isotonic
from mammo_core.calibrators.platt import Platt
from mammo_core.calibrators.temperature import Temperature
from mammo_core.config import read_settings
from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.predictions import check_predictions, read_predictions


def make_rows(n_classes, n=600, seed=0):
    """Bold probabilities: their logits are twice what they should be."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 1.5, (n, n_classes))
    labels = (softmax(z, axis=1).cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return softmax(2 * z, axis=1), labels


@pytest.fixture
def table(tmp_path):
    make_predictions(60).to_csv(tmp_path / "table.csv", index=False)
    return read_predictions(tmp_path / "table.csv")


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("method", CALIBRATORS)
def test_calibrated_rows_are_probabilities_and_the_input_stays(method, n_classes):
    p, labels = make_rows(n_classes)
    p[0], p[1] = np.eye(n_classes)[0], np.eye(n_classes)[-1]
    before = p.copy()
    calibrator = CALIBRATORS[method].fit(p, labels, n_classes - 1)
    got = calibrator.apply(p)
    assert got.shape == p.shape
    assert got.sum(axis=1) == pytest.approx(1)
    assert ((got >= 0) & (got <= 1)).all()
    assert (p == before).all()
    assert (got == calibrator.apply(p)).all()


@pytest.mark.parametrize("method", CALIBRATORS)
def test_fitted_numbers_come_back_from_json(method):
    calibrator = CALIBRATORS[method].fit(*make_rows(3), 2)
    kept = json.loads(json.dumps(asdict(calibrator), allow_nan=False))
    assert read_settings(CALIBRATORS[method], kept) == calibrator


@pytest.mark.parametrize("method", CALIBRATORS)
def test_each_tells_its_title_source_and_what_becomes_of_the_other_classes(method):
    kind = CALIBRATORS[method]
    assert kind.title
    assert kind.reference
    assert kind.joins.endswith(".")


@pytest.mark.parametrize("method", CALIBRATORS)
def test_bold_probabilities_lose_calibration_error_on_new_rows(method):
    calibrator = CALIBRATORS[method].fit(*make_rows(2, n=4000), 1)
    p, labels = make_rows(2, n=4000, seed=1)
    brier = [((q[:, 1] - labels) ** 2).mean() for q in (p, calibrator.apply(p))]
    assert brier[1] < brier[0]


def test_a_temperature_never_changes_the_most_probable_class():
    p, _ = make_rows(3)
    for temperature in (0.02, 0.5, 1.7, 50):
        got = Temperature(temperature).apply(p)
        assert (got.argmax(axis=1) == p.argmax(axis=1)).all()


def test_the_temperature_of_nine_tenths_promised_and_three_quarters_kept_is_two():
    # log 9 / log 3: what makes .9 of .75.
    p = np.tile([0.1, 0.9], (8, 1))
    labels = np.array([1, 1, 1, 0] * 2)
    fitted = Temperature.fit(p, labels, 1)
    assert fitted.temperature == pytest.approx(2, abs=1e-5)
    assert fitted.apply(p)[0, 1] == pytest.approx(0.75, abs=1e-6)


def test_a_temperature_of_one_changes_nothing():
    p, _ = make_rows(3)
    assert Temperature(1.0).apply(p) == pytest.approx(p)


@pytest.mark.parametrize("keeps", [True, False])
def test_probabilities_beyond_every_temperature_are_refused(keeps):
    p = np.tile([[0.9, 0.1], [0.1, 0.9]], (10, 1))
    labels = np.tile([0, 1] if keeps else [1, 0], 10)
    with pytest.raises(BadTable, match="No temperature fits"):
        Temperature.fit(p, labels, 1)


class GivenLogits(ClassifierMixin, BaseEstimator):
    """A classifier of scikit-learn's kind whose decision is its only feature."""

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, x):
        return self.classes_[(x[:, 0] > 0).astype(int)]

    def decision_function(self, x):
        return x[:, 0]


def test_platts_line_equals_scikit_learns():
    p, labels = make_rows(2)
    x = logit(p[:, [1]])
    peer = CalibratedClassifierCV(FrozenEstimator(GivenLogits().fit(x, labels)), method="sigmoid")
    peer.fit(x, labels)
    # scikit-learn's optimizer stops at a gradient of 1e-5 or so; ours at the maximum.
    got = Platt.fit(p, labels, 1).apply(p)[:, 1]
    assert got == pytest.approx(peer.predict_proba(x)[:, 1], abs=2e-4)


def test_platts_line_is_found_again():
    p, labels = make_rows(2, n=40_000)
    fitted = Platt.fit(p, labels, 1)
    assert (fitted.slope, fitted.intercept) == pytest.approx((0.5, 0), abs=0.03)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_platts_line_keeps_the_auroc_of_its_class(n_classes):
    p, labels = make_rows(n_classes)
    positive = n_classes - 1
    got = Platt(positive, 0.4, -1.0).apply(p)[:, positive]
    truth = labels == positive
    assert roc_auc_score(truth, got) == roc_auc_score(truth, p[:, positive])


def test_a_temperature_keeps_the_auroc_of_two_classes():
    p, labels = make_rows(2)
    got = Temperature(3.0).apply(p)[:, 1]
    assert roc_auc_score(labels, got) == roc_auc_score(labels, p[:, 1])


def test_certainty_stays_certain_on_platts_line():
    got = Platt(1, 0.5, 1.0).apply(np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert got.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_separated_classes_have_a_finite_line():
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9]] * 5)
    fitted = Platt.fit(p, np.array([0, 0, 1, 1] * 5), 1)
    assert np.isfinite([fitted.slope, fitted.intercept]).all()


def test_a_ranking_the_wrong_way_round_is_refused():
    p, labels = make_rows(2)
    with pytest.raises(BadTable, match="do not rank"):
        Platt.fit(p, 1 - labels, 1)


def test_the_rising_curve_equals_scikit_learns():
    p, labels = make_rows(2)
    peer = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(p[:, 1], labels)
    new = np.linspace(0, 1, 501)
    got = Isotonic.fit(p, labels, 1).apply(np.stack([1 - new, new], axis=1))[:, 1]
    assert got == pytest.approx(peer.predict(new), abs=1e-9)


def test_the_rising_curve_never_reverses_two_rows():
    p, labels = make_rows(3)
    got = Isotonic.fit(p, labels, 2).apply(p)[:, 2]
    assert (np.diff(got[np.argsort(p[:, 2])]) >= 0).all()


def test_other_classes_keep_their_proportions():
    p = np.array([[0.6, 0.3, 0.1]])
    assert replace_class(p, 2, np.array([0.4])).tolist() == [pytest.approx([0.4, 0.2, 0.4])]


def test_what_had_all_leaves_the_rest_to_the_others_alike():
    p = np.array([[0.0, 0.0, 1.0]])
    assert replace_class(p, 2, np.array([0.8])).tolist() == [pytest.approx([0.1, 0.1, 0.8])]


@pytest.mark.parametrize(
    ("kind", "fitted"),
    [
        (Temperature, {"temperature": 0.0}),
        (Temperature, {"temperature": float("nan")}),
        (Platt, {"positive": 1, "slope": -1.0, "intercept": 0.0}),
        (Platt, {"positive": 1, "slope": 1.0, "intercept": float("inf")}),
        (Isotonic, {"positive": 1, "probabilities": (0.2, 0.1), "shares": (0.1, 0.2)}),
        (Isotonic, {"positive": 1, "probabilities": (0.1, 0.2), "shares": (0.3, 0.2)}),
        (Isotonic, {"positive": 1, "probabilities": (0.1, 0.2), "shares": (0.3, 1.2)}),
        (Isotonic, {"positive": 1, "probabilities": (), "shares": ()}),
    ],
    ids=str,
)
def test_numbers_that_calibrate_nothing_are_refused(kind, fitted):
    with pytest.raises(BadConfiguration):
        kind(**fitted)


@pytest.mark.parametrize("method", CALIBRATORS)
def test_a_fit_tells_figures_with_intervals_before_and_after(table, method):
    fit = fit_calibrator(table, method, bootstrap=50)
    assert (fit.n, fit.patients, fit.positive) == (240, 60, "malignant")
    for figures in (fit.before, fit.after):
        assert set(figures) == {"ece", "brier", "slope", "intercept", "mean_excess"}
        assert figures["ece"]["low"] <= figures["ece"]["value"] <= figures["ece"]["high"]


def test_the_change_is_after_less_before_with_an_interval_of_pairs(table):
    calibrated = apply_calibrator(table, Platt(2, 0.6, -0.3))
    change = estimate_change(table, calibrated, 2, bootstrap=200)
    before, after = (judge(one, 2, bootstrap=200)["calibration"] for one in (table, calibrated))
    for name, estimate in change.items():
        expected = after[name]["value"] - before[name]["value"]
        assert estimate["value"] == pytest.approx(expected, abs=1e-12)
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
    # Pairing takes out what both have in common.
    width = change["brier"]["high"] - change["brier"]["low"]
    assert width < before["brier"]["high"] - before["brier"]["low"]


def test_a_calibrator_that_changes_nothing_changes_nothing(table):
    same = apply_calibrator(table, Temperature(1.0))
    found = estimate_change(table, same, 2, bootstrap=50)
    for estimate in found.values():
        assert list(estimate.values()) == pytest.approx([0, 0, 0], abs=1e-6)


def test_figures_after_do_not_flatter_a_curve_that_follows_chance(table):
    rng = np.random.default_rng(3)
    frame = table.frame.assign(label=rng.permutation(table.frame["label"].to_numpy()))
    noise = replace(table, frame=frame)
    fit = fit_calibrator(noise, "isotonic", bootstrap=0)
    fitted = apply_calibrator(noise, fit.calibrator).probabilities[:, 2]
    in_sample = ((fitted - (noise.labels == 2)) ** 2).mean()
    assert in_sample < fit.after["brier"]["value"]


@pytest.mark.parametrize("is_kept", ["malignant", "others"])
def test_rows_of_one_kind_alone_are_refused(table, is_kept):
    is_positive = table.labels == 2
    rows = table.take(is_positive if is_kept == "malignant" else ~is_positive)
    with pytest.raises(BadTable, match="at least 5 patients"):
        fit_calibrator(rows, "platt")


def test_four_patients_of_a_kind_are_too_few_and_five_enough(table):
    with_one = np.unique(table.patients[table.labels == 2])
    four, five = (table.take(~np.isin(table.patients, with_one[n:])) for n in (4, 5))
    with pytest.raises(BadTable, match="found 4"):
        fit_calibrator(four, "platt", bootstrap=0)
    assert fit_calibrator(five, "platt", bootstrap=0).n < 240


def test_few_positive_patients_and_few_images_bring_warnings(table):
    with_one = np.unique(table.patients[table.labels == 2])
    few = table.take(~np.isin(table.patients, with_one[8:]))
    told = " ".join(fit_calibrator(few, "isotonic", bootstrap=0).warnings)
    assert "Only 8 patients" in told
    assert "Isotonic" in told


def test_an_unknown_method_names_the_known_ones(table):
    with pytest.raises(BadConfiguration, match="temperature, platt, isotonic"):
        fit_calibrator(table, "beta")


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_a_carried_threshold_calls_as_many_rows_as_before(table, threshold):
    calibrator = Platt(2, 0.5, -1.0)
    carried = carry_threshold(table, calibrator, 2, threshold)
    n = (table.probabilities[:, 2] >= threshold).sum()
    assert (calibrator.apply(table.probabilities)[:, 2] >= carried).sum() == n


def test_calibrating_changes_probabilities_alone(table):
    got = apply_calibrator(table, Platt(2, 0.5, 0.0))
    columns = [c for c in table.frame if not c.startswith("p_")]
    assert got.frame[columns].equals(table.frame[columns])
    line = expit(0.5 * logit(table.probabilities[:, 2]))
    assert got.probabilities[:, 2] == pytest.approx(line)


def test_a_calibrated_table_passes_the_checks_of_any_table(table):
    import pyarrow as pa

    frame = apply_calibrator(table, Platt(2, 3.0, 2.0)).frame
    assert len(check_predictions(pa.Table.from_pandas(frame), "calibrated")) == 240
