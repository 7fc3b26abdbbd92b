import json
from pathlib import Path

import numpy as np
import pytest

from mammo_core.attribution import METHODS
from mammo_core.batch_size import MOST
from mammo_core.errors import BadConfiguration, BadModel, Cancelled, UnreadableFile
from mammo_core.explanation_folders import safe_name
from mammo_core.explanations import (
    explain_case,
    explain_unkept,
    explanation_path,
    read_explanation,
    write_explanation,
)
from mammo_core.model_store import StoredModel
from mammo_core.paths import state_folder

CHEAP = ["saliency", "integrated_gradients"]


class Watched:
    """A classifier that counts its gradients."""

    def __init__(self, classifier):
        self.classes, self.input_shape = classifier.classes, classifier.input_shape
        self.predict, self.logits = classifier.predict, classifier.logits
        self._gradient, self.n_gradients = classifier.gradient, 0

    def gradient(self, images, target):
        self.n_gradients += 1
        return self._gradient(images, target)


@pytest.fixture
def classifier(linear_classifier):
    return Watched(linear_classifier)


@pytest.fixture
def stored(home):
    return StoredModel(Path("some"), {"sha256": "ab" * 32})


@pytest.fixture
def image():
    return np.random.default_rng(0).random((12, 10, 1), dtype=np.float32)


def test_explanations_come_in_the_order_asked_for(classifier, stored, image):
    for methods in (CHEAP, CHEAP[::-1]):
        found = explain_case(classifier, stored, image, "a", methods, "malignant")
        assert [e.method for e in found] == methods
    assert {(e.image_id, e.target, e.shape) for e in found} == {("a", "malignant", (12, 10))}


def test_an_explanation_says_what_it_cost_and_what_it_misses(classifier, stored, image):
    saliency, path = explain_case(classifier, stored, image, "a", CHEAP, 1)
    assert saliency.completeness_gap is None
    assert 0 <= path.completeness_gap < 1e-4
    assert path.seconds >= 0
    assert "forward" in path.passes


def test_without_a_target_the_predicted_class_is_explained(classifier, stored, image):
    predicted = classifier.classes[classifier.predict(image[None])[0].argmax()]
    assert explain_case(classifier, stored, image, "a", ["saliency"])[0].target == predicted


def test_what_belongs_to_no_dataset_is_explained_alike_and_leaves_nothing(
    classifier, stored, image, home
):
    found = explain_unkept(classifier, stored, image, CHEAP[::-1])
    assert not home.exists()
    kept = explain_case(classifier, stored, image, "a", CHEAP[::-1])
    assert [one.method for one in found] == CHEAP[::-1]
    for one, other in zip(found, kept, strict=True):
        np.testing.assert_array_equal(one.attribution, other.attribution)


def test_what_one_method_refuses_of_a_file_another_explains(classifier, stored, image):
    refused, explained = explain_unkept(classifier, stored, image, ["guided_backprop", "saliency"])
    assert (refused.method, explained.method) == ("guided_backprop", "saliency")
    assert "needs the network itself" in refused.reason
    assert explained.attribution.any()


def test_the_second_time_is_read_and_not_computed(classifier, stored, image):
    first = explain_case(classifier, stored, image, "a", CHEAP, 1)
    n_gradients = classifier.n_gradients
    second = explain_case(classifier, stored, image, "a", CHEAP, 1)
    assert classifier.n_gradients == n_gradients > 0
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(
            one.attribution, other.attribution, atol=1e-3 * np.abs(one.attribution).max()
        )
        assert (one.key, one.seconds, one.shape) == (other.key, other.seconds, other.shape)


@pytest.mark.parametrize("change", ["pixels", "id", "model", "target"])
def test_whatever_else_is_asked_is_computed_anew(classifier, stored, image, change):
    explain_case(classifier, stored, image, "a", ["saliency"], 1)
    other = StoredModel(Path("some"), {"sha256": "ab" * 8 + "cd" * 24})
    explain_case(
        classifier,
        other if change == "model" else stored,
        1 - image if change == "pixels" else image,
        "b" if change == "id" else "a",
        ["saliency"],
        0 if change == "target" else 1,
    )
    assert classifier.n_gradients == 2


def test_a_map_by_an_older_definition_of_its_method_is_made_again(
    classifier, stored, image, monkeypatch
):
    explain_case(classifier, stored, image, "a", CHEAP[:1], 1)
    monkeypatch.setattr(METHODS[CHEAP[0]], "revision", 2)
    for _ in range(2):
        explain_case(classifier, stored, image, "a", CHEAP[:1], 1)
        assert classifier.n_gradients == 2
    assert len(list(state_folder().rglob("*.npz"))) == 1


def test_tiny_values_survive_storage(classifier, stored, image):
    (explanation,) = explain_case(classifier, stored, image, "a", ["saliency"], 1)
    tiny = explanation.attribution * np.float32(1e-12)
    object.__setattr__(explanation, "attribution", tiny)
    write_explanation(explanation)
    kept = read_explanation(explanation.key).attribution
    np.testing.assert_allclose(kept, tiny, rtol=1e-3, atol=1e-6 * tiny.max())


def test_an_empty_map_survives_storage(classifier, stored):
    empty = np.zeros((12, 10, 1), np.float32)
    explain_case(classifier, stored, empty, "a", ["integrated_gradients"], 1)
    (kept,) = explain_case(classifier, stored, empty, "a", ["integrated_gradients"], 1)
    assert not kept.attribution.any()


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_damaged_file_is_made_again(classifier, stored, image, damage):
    (first,) = explain_case(classifier, stored, image, "a", ["saliency"], 1)
    path = explanation_path(first.key)
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    (again,) = explain_case(classifier, stored, image, "a", ["saliency"], 1)
    np.testing.assert_array_equal(again.attribution, first.attribution)
    assert read_explanation(first.key) is not None


def test_no_bit_that_turns_on_disk_ends_in_anything_but_a_map_or_none(classifier, stored, image):
    (first,) = explain_case(classifier, stored, image, "a", ["saliency"], 1)
    path = explanation_path(first.key)
    whole = path.read_bytes()
    kept = read_explanation(first.key).attribution
    for place in range(0, len(whole), 7):
        turned = bytearray(whole)
        turned[place] ^= 1 << place % 8
        path.write_bytes(turned)
        found = read_explanation(first.key)
        assert found is None or np.array_equal(found.attribution, kept)


def test_facts_of_another_version_are_no_explanation(classifier, stored, image):
    (first,) = explain_case(classifier, stored, image, "a", ["saliency"], 1)
    facts = {"key": first.key, "shape": first.shape, "mood": "good"}
    with explanation_path(first.key).open("wb") as stream:
        np.savez(stream, shares=np.zeros((2, 2)), scale=1, facts=np.array(json.dumps(facts)))
    assert read_explanation(first.key) is None


def test_a_pickle_in_place_of_a_map_is_never_loaded(classifier, stored, image):
    (first,) = explain_case(classifier, stored, image, "a", ["saliency"], 1)
    np.savez(explanation_path(first.key), facts=np.array([{"key": first.key}], dtype=object))
    assert read_explanation(first.key) is None


@pytest.mark.parametrize(
    "image_id",
    ["../../etc/passwd", "..", ".", "", "a/b", "a\\b", "C:x", "ü", "x" * 300, "a\0b", "nul", "x."],
)
def test_no_image_id_leads_out_of_the_folder(classifier, stored, image, image_id):
    explain_case(classifier, stored, image, image_id, ["saliency"], 1)
    (path,) = state_folder().rglob("*.npz")
    assert path.parent.parent == state_folder() / "explanations" / ("ab" * 8)
    assert len(path.parent.name) < 80
    assert path.resolve().is_relative_to(state_folder().resolve())


def test_different_ids_never_share_a_name():
    ids = ["a/b", "a_b", "a\\b", "a b", "../a", "x" * 81, "x" * 82]
    assert len({safe_name(i) for i in ids}) == len(ids)
    for plain in ("S00017_LCC", "mdb001", "1.2.840.10008"):
        assert safe_name(plain) == plain
    assert safe_name("NUL") != "NUL"


def test_a_low_resolution_map_is_brought_to_the_models_grid(classifier, stored, image):
    (explanation,) = explain_case(classifier, stored, image, "a", ["saliency"], 1)
    object.__setattr__(explanation, "attribution", np.ones((3, 2), np.float32))
    np.testing.assert_allclose(explanation.upsample(), np.ones((12, 10)))


def test_a_map_that_is_not_finite_is_refused_and_not_kept(classifier, stored, image):
    classifier._gradient = lambda images, target: np.full(images.shape, np.nan, np.float32)
    with pytest.raises(BadModel, match="saliency map of a is not finite"):
        explain_case(classifier, stored, image, "a", ["saliency"], 1)
    assert not list(state_folder().rglob("*.npz"))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_image_that_is_not_finite_is_refused_and_nothing_kept(
    classifier, stored, image, value, home
):
    image[3, 4] = value
    for method in ("edges", "saliency"):
        with pytest.raises(UnreadableFile, match=r"1 of 120 values of a .*import the image anew"):
            explain_case(classifier, stored, image, "a", [method])
        with pytest.raises(ValueError, match="finite values"):
            METHODS[method]().explain(classifier, image[None], 1)
    assert not home.exists()


def test_unknown_methods_and_classes_are_refused(classifier, stored, image):
    with pytest.raises(BadConfiguration, match="Unknown method 'magic'"):
        explain_case(classifier, stored, image, "a", ["magic"], 1)
    with pytest.raises(ValueError, match="normal, malignant"):
        explain_case(classifier, stored, image, "a", ["saliency"], "cancer")


def test_what_was_finished_before_a_stop_is_kept(classifier, stored, image):
    def stop(done, total, doing):
        if done == 1:
            raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        explain_case(classifier, stored, image, "a", CHEAP, 1, progress=stop)
    assert [path.name.split("-")[0] for path in state_folder().rglob("*.npz")] == ["saliency"]


def test_what_a_method_says_of_its_own_map_is_kept_with_it(classifier, stored, image):
    made, kept = (explain_case(classifier, stored, image, "a", ["lime"], 1)[0] for _ in range(2))
    assert made.note == kept.note
    assert made.note.startswith("Local fit R2 (adjusted) = ")


def test_controls_are_made_anew_and_not_kept(classifier, stored, image):
    first, again = (explain_case(classifier, stored, image, "a", ["random"], 1) for _ in range(2))
    np.testing.assert_array_equal(first[0].attribution, again[0].attribution)
    assert not list(state_folder().rglob("*.npz"))


def test_a_dear_method_can_be_stopped_on_its_way(classifier, stored, image):
    told = []

    def stop(done, total, doing):
        told.append(doing)
        if "masked images" in doing:
            raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        explain_case(classifier, stored, image, "a", ["rise"], 1, progress=stop)
    assert told == ["Explaining a", f"Explaining a: masked images, {MOST} of 500"]
    assert not list(state_folder().rglob("*.npz"))
