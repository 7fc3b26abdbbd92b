"""Evidence of one case: what it says, and that it is measured once."""

from dataclasses import dataclass

import numpy as np
import pytest
from linear_classifier import CountingClassifier

from mammo_core.attribution import METHODS, choose_methods
from mammo_core.attribution.averaged_layers import AveragedLayers
from mammo_core.attribution.grad_cam import GradCam
from mammo_core.case_evidence import (
    AT_ONCE,
    ON_DEMAND,
    count_passes,
    list_measures,
    measure_case,
    measure_each,
)
from mammo_core.case_measures import CaseMeasures, method_of, share_inside
from mammo_core.config import to_mapping
from mammo_core.errors import BadConfiguration, Cancelled
from mammo_core.explanations import Explanation
from mammo_core.types import no_progress

SHAPE = (16, 12)


@dataclass
class Case:
    classifier: CountingClassifier
    image: np.ndarray
    explanations: list
    lesion: np.ndarray
    breast: np.ndarray

    def measure(self, metrics, lesion="its own", progress=no_progress):
        mask = self.lesion if isinstance(lesion, str) else lesion
        about = (*self.about[:3], mask, self.breast)
        return measure_case(*about, metrics=metrics, progress=progress)

    @property
    def about(self):
        return self.classifier, self.image, self.explanations, self.lesion, self.breast


def explain(method, attribution, settings=None):
    key = {
        "model_sha256": "0" * 64,
        "image_id": "one",
        "image_sha256": "1" * 64,
        "target": "malignant",
        "method": method,
        "settings": to_mapping(METHODS[method]()) if settings is None else settings,
    }
    return Explanation(key, attribution.astype(np.float32), SHAPE, 0.1, "1 forward", 0.25)


@pytest.fixture
def case(home):
    rng = np.random.default_rng(0)
    lesion, breast = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    lesion[4:8, 3:6], breast[:, :9] = True, True
    weights = np.where(lesion, 3.0, 0.1)[..., None] * rng.random((*SHAPE, 1))
    image = rng.random((*SHAPE, 1), dtype=np.float32)
    on_lesion = explain("input_x_gradient", weights[..., 0] * image[..., 0] * lesion)
    beside = explain("saliency", (weights[..., 0] * ~lesion))
    return Case(CountingClassifier(weights), image, [on_lesion, beside], lesion, breast)


def test_a_map_of_the_lesion_alone_lies_on_it_and_one_of_the_rest_does_not(case):
    found = case.measure(AT_ONCE)
    assert found["input_x_gradient"]["energy_pointing"] == 1
    assert found["input_x_gradient"]["in_breast"] == 1
    assert found["saliency"]["energy_pointing"] == 0
    assert 0 < found["saliency"]["in_breast"] < 1


def test_completeness_is_what_was_told_with_the_map(case):
    assert case.measure(["completeness"])["saliency"] == {"completeness": 0.25}


def test_without_a_marked_lesion_what_needs_one_is_undefined(case):
    found = case.measure(["energy_pointing", "in_breast"], lesion=None)["saliency"]
    assert found["energy_pointing"] is None
    assert found["in_breast"] is not None


def test_what_was_measured_is_not_measured_again(case, monkeypatch):
    first = case.measure([*AT_ONCE, "deletion"])
    monkeypatch.setattr(CaseMeasures, "_judge", None)
    monkeypatch.setattr(CaseMeasures, "_flip", None)
    assert case.measure([*AT_ONCE, "deletion"]) == first


def test_another_mask_is_another_question_but_only_to_what_looks_at_it(case):
    first = case.measure(["energy_pointing", "sparseness"])["saliency"]
    second = case.measure(["energy_pointing", "sparseness"], lesion=~case.lesion)["saliency"]
    assert first["energy_pointing"] == 0
    assert second["energy_pointing"] == 1
    assert first["sparseness"] == second["sparseness"]


def test_what_was_measured_before_a_stop_is_kept(case, monkeypatch):
    def stop_at_the_methods(done, total, doing):
        if "Max-Sensitivity" in doing:
            raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        case.measure(["sparseness", "deletion", "max_sensitivity"], progress=stop_at_the_methods)
    monkeypatch.setattr(CaseMeasures, "_judge", None)
    monkeypatch.setattr(CaseMeasures, "_flip", None)
    found = case.measure(["sparseness", "deletion"])["saliency"]
    assert None not in found.values()


def test_a_stop_between_two_maps_keeps_the_measures_of_the_first(case):
    told = []

    def stop_in_the_last(done, total, doing):
        told.append((done, total))
        if len(told) > 45:  # of two measures of two maps, 21 images each
            raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        case.measure(["deletion", "insertion"], progress=stop_in_the_last)
    kept = next(measure_each(*case.about, metrics=["deletion", "insertion"]))
    assert "deletion" in kept["input_x_gradient"]
    assert not kept["saliency"]


def test_what_several_methods_are_asked_again_costs_the_passes_of_one(case):
    case.measure(["class_sensitivity", "max_sensitivity"])
    own, other_class, with_noise = 1, 1, 4
    assert case.classifier.n_backward == own + other_class + with_noise


def test_progress_names_the_measure_and_the_method_throughout(case):
    told = []
    case.measure(["sparseness", "max_sensitivity"], progress=lambda *words: told.append(words))
    assert [done for done, *_ in told] == sorted(done for done, *_ in told)
    assert told[-1][0] == told[-1][1]
    words = {doing for done, total, doing in told if done < total}
    assert words == {
        f"Measuring Max-Sensitivity of {METHODS[m].title}" for m in ("saliency", "input_x_gradient")
    }


def test_a_constant_map_says_nothing_of_any_place(case):
    case.explanations = [explain("saliency", np.ones(SHAPE))]
    found = case.measure(["in_breast", "pointing_game", "energy_pointing"])["saliency"]
    assert found["in_breast"] is None
    assert found["pointing_game"] is None


def test_all_that_can_be_measured_is_measured_or_none(case):
    names = [name for name in list_measures() if name != "model_randomization"]
    found = case.measure(names)["input_x_gradient"]
    assert set(found) == set(names)
    assert all(value is None or np.isfinite(value) for value in found.values())


def test_an_unknown_measure_is_told_with_the_closest_one(case):
    with pytest.raises(BadConfiguration, match="in_breast"):
        case.measure(["in_breats"])


def test_measuring_again_costs_as_many_maps_as_the_measure_says():
    quick, dear = ({name: METHODS[name]()} for name in ("saliency", "rise"))
    for metric in ("class_sensitivity", "max_sensitivity"):
        ratio = count_passes(dear, [metric]) / count_passes(quick, [metric])
        assert ratio == METHODS["rise"].cost / METHODS["saliency"].cost
    assert count_passes(quick, AT_ONCE) < count_passes(quick, ON_DEMAND)


def test_the_share_inside_counts_what_speaks_for_the_class_alone():
    attribution = np.array([[3.0, -5.0], [1.0, 0.0]], np.float32)
    assert share_inside(attribution, np.array([[True, True], [False, False]])) == 0.75
    assert share_inside(-np.abs(attribution), np.ones((2, 2), bool)) is None


@pytest.mark.parametrize(
    "method",
    [
        *(choose_methods(["occlusion", "grad_cam", "expected_gradients"]).values()),
        GradCam(layer="conv"),
    ],
)
def test_the_method_is_found_again_from_what_it_made(method):
    name = next(key for key, kind in METHODS.items() if kind is type(method))
    assert method_of(explain(name, np.eye(4), to_mapping(method))) == method


def test_a_method_averaged_over_layers_is_found_again():
    method = AveragedLayers(method=GradCam(), layers=("conv_1", "conv_2"))
    assert method_of(explain("grad_cam", np.eye(4), to_mapping(method))) == method
