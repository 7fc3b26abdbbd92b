"""How far two models are apart on each case: a distance, whatever the order of rows."""

import numpy as np
import pytest
from prediction_rows import make_predictions

from mammo_core.metrics.disagreement import disagreement
from mammo_core.metrics.selection import EvaluationOptions, select
from mammo_core.predictions import read_predictions


@pytest.fixture
def tables(tmp_path):
    a, b = make_predictions(10, 0), make_predictions(10, 1).sample(frac=1, random_state=0)
    for name, frame in (("a", a), ("b", b)):
        frame.to_parquet(tmp_path / f"{name}.parquet")
    return [read_predictions(tmp_path / f"{name}.parquet") for name in "ab"]


def test_it_is_the_distance_of_the_scores_of_the_same_image(tables):
    a, b = tables
    malignant = make_predictions(10, 0)["p_malignant"] - make_predictions(10, 1)["p_malignant"]
    assert disagreement(a, b) == pytest.approx(malignant.abs())
    assert disagreement(b, a) == pytest.approx(disagreement(a, b))


def test_a_model_is_at_one_with_itself(tables):
    assert not disagreement(tables[0], tables[0]).any()


def test_any_class_can_be_asked_about(tables):
    normal = make_predictions(10, 0)["p_normal"] - make_predictions(10, 1)["p_normal"]
    assert disagreement(*tables, "normal") == pytest.approx(normal.abs())


def test_units_are_compared_with_the_same_units(tables):
    a, b = (select(table, EvaluationOptions(level="breast"))[0] for table in tables)
    distance = np.abs(a.probabilities[:, -1] - b.probabilities[:, -1])
    assert disagreement(a, b) == pytest.approx(distance)


def test_what_the_other_model_does_not_know_is_undefined(tables):
    a, b = tables
    few = disagreement(a, b.take(np.arange(3)))
    assert np.isnan(few[3:]).all()
    assert not np.isnan(few[:3]).any()
    other = type(b)(b.frame.rename(columns={"p_malignant": "p_cancer"}), ("normal", "cancer"))
    assert np.isnan(disagreement(a, other)).all()
