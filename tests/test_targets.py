import numpy as np
import pytest
from linear_classifier import LinearClassifier

from mammo_core.errors import BadModel
from mammo_core.targets import (
    name_target,
    predict_class,
    read_target,
    resolve_target,
    split_target,
    weigh_target,
)
from mammo_core.types import Contrast

CLASSES = ("normal", "benign", "malignant")


@pytest.mark.parametrize(("weight", "expected"), [(1, 1), (-1, 0)])
def test_the_class_of_the_highest_probability_is_predicted(weight, expected):
    model = LinearClassifier(np.full((4, 3, 1), weight, np.float32))
    assert predict_class(model, np.ones((4, 3, 1), np.float32)) == model.classes[expected]


def test_no_class_is_predicted_by_a_model_that_answers_no_number():
    model = LinearClassifier(np.full((4, 3, 1), np.nan, np.float32))
    with pytest.raises(BadModel, match="not numbers"):
        predict_class(model, np.ones((4, 3, 1), np.float32))


@pytest.mark.parametrize("target", [2, "malignant", [2, 2], np.array([2, 2]), ("malignant",) * 2])
def test_a_class_weighs_its_own_logit_alone(target):
    assert weigh_target(target, CLASSES, 2).tolist() == [[0, 0, 1]] * 2
    assert resolve_target(target, CLASSES, 2).tolist() == [2, 2]


def test_a_contrast_weighs_one_logit_against_another():
    target = Contrast("malignant", "benign")
    assert weigh_target(target, CLASSES, 1).tolist() == [[0, -1, 1]]
    assert split_target([target, "normal"], CLASSES, 2) == [Contrast(2, 1), 0]


@pytest.mark.parametrize("text", ["malignant", "malignant vs benign"])
def test_a_target_is_read_as_it_is_written(text):
    assert name_target(read_target(text, CLASSES), CLASSES) == text


def test_a_class_may_be_named_like_a_contrast():
    assert read_target("a vs b", ("a vs b", "c")) == "a vs b"


@pytest.mark.parametrize("target", ["cancer", 3, -1, True, Contrast("malignant", "cancer")])
def test_an_unknown_class_is_refused_with_the_known_ones(target):
    with pytest.raises(ValueError, match="normal, benign, malignant"):
        weigh_target(target, CLASSES, 1)


def test_a_class_is_not_told_apart_from_itself():
    with pytest.raises(ValueError, match="two different classes"):
        read_target("benign vs benign", CLASSES)
