"""What metadata alone can predict: chance where it knows nothing, all where it is the label."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mammo_core.datasets.metadata_model import assess_metadata
from mammo_core.datasets.ridge_logistic import fit_ridge_logistic

CLASSES = ("normal", "malignant")


def make_index(seed, n=60, p=0.3):
    """Four images a patient whose facts know nothing of the label."""
    rng = np.random.default_rng(seed)
    ill, patient = rng.random(n) < p, np.repeat(np.arange(n), 4)
    return pd.DataFrame(
        {
            "patient_id": [f"p{k}" for k in patient],
            "laterality": np.tile(["L", "L", "R", "R"], n),
            "view": np.tile(["CC", "MLO"], 2 * n),
            "manufacturer": rng.choice(["A", "B", "C"], n)[patient],
            "source": "one",
            "rows": rng.choice([2000, 3000], n)[patient],
            "columns": 1500,
            "pixel_spacing_mm": np.where(rng.random(n) < 0.5, np.nan, 0.1)[patient],
            "age": rng.integers(40, 80, n)[patient].astype(float),
            "density": rng.choice([*"abcd"], n)[patient],
            "label": np.where(ill, "malignant", "normal")[patient],
        }
    )


def predictor(model, name):
    return next(p.auroc for p in model.predictors if p.name == name)


def test_the_interval_covers_chance_about_as_often_as_it_says():
    models = [assess_metadata(make_index(seed), CLASSES, seed=seed) for seed in range(80)]
    covered = [m.auroc.low <= 0.5 <= m.auroc.high for m in models]
    # of 80 intervals that cover with probability .95, fewer than 69 do once in a thousand times
    assert sum(covered) >= 69
    # at 1 in 100 false alarms, more than 4 of 80 happen once in a thousand times
    assert sum(m.warning is not None for m in models) <= 4
    assert abs(np.mean([m.auroc.value for m in models]) - 0.5) < 0.03


def test_a_scanner_that_is_the_label_predicts_it_perfectly_and_is_named():
    index = make_index(0)
    index["manufacturer"] = index["label"].map({"malignant": "A", "normal": "B"})
    model = assess_metadata(index, CLASSES)
    assert model.auroc.value == 1
    assert model.predictors[0].name == "scanner"
    assert predictor(model, "scanner").value == 1
    assert model.warning.startswith("The scanner alone predicts malignant (AUROC 1.00 [0.")


def test_labels_shuffled_between_patients_are_no_longer_told():
    index = make_index(11)
    index["manufacturer"] = index["label"]
    ill = index.groupby("patient_id")["label"].first()
    dealt = ill.sample(frac=1, random_state=1).set_axis(ill.index)
    shuffled = index.assign(label=index["patient_id"].map(dealt))
    assert assess_metadata(index, CLASSES).auroc.value == 1
    auroc = assess_metadata(shuffled, CLASSES).auroc
    assert auroc.low <= 0.5 <= auroc.high


def test_the_shipped_samples_metadata_tell_nothing():
    table = pd.read_csv(Path(__file__).resolve().parents[1] / "sample_data" / "labels.csv")
    model = assess_metadata(table, ("normal", "benign", "malignant"))
    assert {"age", "density", "scanner", "side"} <= {p.name for p in model.predictors}
    assert model.warning is None
    assert all(p.auroc.low <= 0.5 for p in model.predictors)


def test_the_side_tells_all_where_only_left_breasts_are_ill():
    index = make_index(10)
    index["label"] = np.where(index["laterality"] == "L", "malignant", "normal")
    model = assess_metadata(index, CLASSES)
    assert predictor(model, "side").value == 1
    assert "side alone predicts malignant" in model.warning


def test_missing_is_a_value_of_its_own():
    index = make_index(1)
    index["age"] = np.where(index["label"] == "malignant", np.nan, 55.0)
    assert predictor(assess_metadata(index, CLASSES), "age").value == 1


def test_a_number_with_many_values_predicts_by_its_tenths():
    index = make_index(2)
    rng = np.random.default_rng(2)
    base = np.where(index["label"] == "malignant", 3000, 2000)
    index["rows"] = base + rng.integers(0, 900, len(index))
    assert predictor(assess_metadata(index, CLASSES), "size").value > 0.95


def test_a_patients_rows_never_train_for_each_other():
    index = make_index(3, n=40)
    index["manufacturer"] = index["patient_id"]
    auroc = predictor(assess_metadata(index, CLASSES), "scanner")
    assert auroc.low <= 0.5 <= auroc.high


def test_the_order_of_rows_and_the_names_of_levels_change_nothing():
    index = make_index(4)
    renamed = index.assign(manufacturer=index["manufacturer"].map({"A": "z", "B": "y", "C": "x"}))
    shuffled = renamed.sample(frac=1, random_state=0)
    first, second = assess_metadata(index, CLASSES), assess_metadata(shuffled, CLASSES)
    assert first.auroc.value == pytest.approx(second.auroc.value, abs=1e-6)


def test_facts_that_never_vary_are_no_predictors():
    names = {p.name for p in assess_metadata(make_index(5), CLASSES).predictors}
    assert names == {"side", "view", "scanner", "size", "spacing", "age", "density"}


@pytest.mark.parametrize("classes", [(), ("normal",)])
def test_one_class_or_none_is_undefined(classes):
    index = make_index(6)
    index["label"] = classes[0] if classes else None
    model = assess_metadata(index, classes)
    told = model.to_json()
    assert (told["value"], told["low"], told["high"], told["warning"]) == (None,) * 4
    assert told["positive"] is None


def test_too_few_positive_patients_are_undefined():
    index = make_index(7)
    few = index["patient_id"].isin([f"p{k}" for k in range(4)])
    index["label"] = np.where(few, "malignant", "normal")
    model = assess_metadata(index, CLASSES)
    assert model.auroc.value is None
    assert all(p.auroc.value is None for p in model.predictors)
    assert model.warning is None


def test_nothing_known_is_an_auroc_of_one_half():
    index = make_index(8)[["patient_id", "label"]].assign(rows=1, columns=1)
    assert assess_metadata(index, CLASSES).auroc.value == 0.5


def test_the_worst_class_is_told_from_all_others():
    index = make_index(9)
    index.loc[index["label"] == "normal", "label"] = "benign"
    model = assess_metadata(index, ("normal", "benign", "malignant"))
    assert model.positive == "malignant"
    assert model.n == 240
    assert model.patients == 60


@pytest.mark.parametrize("seed", range(8))
def test_the_ridge_regression_is_that_of_scikit_learn(seed):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    design = (rng.random((40, 7)) < 0.3).astype(float)
    n = rng.integers(1, 10 ** (1 + seed % 4), 40)
    k = rng.binomial(n, rng.random(40) ** (1 + 3 * (seed % 2)))
    twice, outcome = np.vstack([design, design]), np.repeat([1, 0], 40)
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000)
    theirs.fit(twice, outcome, sample_weight=np.concatenate([k, n - k]))
    own = fit_ridge_logistic(design, n, k)
    assert np.allclose(own, [theirs.intercept_[0], *theirs.coef_[0]], atol=1e-3)
