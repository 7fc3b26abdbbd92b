"""What every measure of methods promises, and the law of each."""

import dataclasses
import json

import numpy as np
import pytest
from linear_classifier import CountingClassifier, LinearClassifier
from scipy.stats import spearmanr

from mammo_core import cli
from mammo_core.attribution import METHODS, Attributed, Attribution
from mammo_core.errors import BadModel, Cancelled
from mammo_core.evidence import METHOD_METRICS, MethodMetric
from mammo_core.evidence.asked import MOST_VERSIONS, Asked, Questions
from mammo_core.types import Contrast, no_progress

N, ROWS, COLUMNS = 3, 12, 10
WEIGHTLESS = [name for name in METHOD_METRICS if name != "model_randomization"]
CONTROLS = [name for name, method in METHODS.items() if method.is_control]


class ThreeClasses(LinearClassifier):
    """A linear model whose three classes look at different things."""

    classes = ("normal", "benign", "malignant")

    def logits(self, images):
        return np.stack([np.tensordot(images, w, axes=3) for w in self.of_classes], axis=1)

    def gradient(self, images, target):
        return self.of_classes[np.full(len(images), 0) + np.asarray(target)]

    @property
    def of_classes(self):
        w = self.weights
        return np.stack([w, -w[::-1], w[:, ::-1] + 1]).astype(np.float32)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Given(Attribution):
    """Answers what the test prepared for the question."""

    signed = True
    needs = ()
    answer: object

    def attribute(self, question):
        return Attributed(np.float32(self.answer(question)))


@pytest.fixture(scope="module")
def model():
    return LinearClassifier(np.random.default_rng(0).normal(size=(ROWS, COLUMNS, 1)) / 3)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).random((N, ROWS, COLUMNS, 1), dtype=np.float32)


def measure(name, model, images, method, target=1, **settings):
    return METHOD_METRICS[name](**settings).measure(model, images, method, target)


# The family's contract


def test_the_table_holds_the_measures_that_explain_again():
    assert set(METHOD_METRICS) == {
        *("max_sensitivity", "model_randomization", "class_sensitivity"),
        *("repeatability", "completeness"),
    }


@pytest.mark.parametrize("name", METHOD_METRICS)
def test_a_measure_is_frozen_settings_with_its_facts(name):
    metric = METHOD_METRICS[name]()
    assert isinstance(metric, MethodMetric)
    assert type(metric).__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(metric))
    assert metric.title
    assert metric.of_random
    assert any(source in metric.reference for source in ("arXiv:", "doi:"))
    assert isinstance(metric.higher_is_better, bool)
    low, high = metric.range
    assert high is None or low < high


class Counted:
    """A method that notes how many images it explains."""

    def __init__(self, method):
        self.method, self.n_images = method, 0

    def answer(self, question):
        self.n_images += len(question.images)
        return self.method_maps(question)

    def method_maps(self, question):
        return self.method.attribute(question).maps


@pytest.mark.parametrize("name", WEIGHTLESS)
def test_a_measure_tells_how_many_maps_an_image_costs(name, model, images):
    counted = Counted(METHODS["input_x_gradient"]())
    measure(name, model, images, Given(answer=counted.answer))
    assert counted.n_images == METHOD_METRICS[name].explanations * N


def test_measures_of_one_answer_share_it(model, images):
    counted = Counted(METHODS["input_x_gradient"]())
    asked = Asked(model, images, Given(answer=counted.answer), 1)
    for name in WEIGHTLESS:
        shared = METHOD_METRICS[name]().judge(asked)
        alone = measure(name, model, images, Given(answer=counted.method_maps))
        np.testing.assert_array_equal(shared, alone)
    further = sum(METHOD_METRICS[name].explanations - 1 for name in WEIGHTLESS)
    assert counted.n_images == (1 + further) * N


def test_methods_of_many_passes_can_be_stopped_on_their_way(model, images):
    def stop(done, total, doing):
        raise Cancelled

    asked = Asked(model, images, METHODS["rise"](masks=8), 1, stop)
    with pytest.raises(Cancelled):
        METHOD_METRICS["repeatability"]().judge(asked)


def test_what_a_model_says_of_masked_images_serves_another_class_too(images):
    method = METHODS["rise"](masks=40)
    model = CountingClassifier(np.random.default_rng(0).normal(size=(ROWS, COLUMNS, 1)) / 3)
    both = METHOD_METRICS["class_sensitivity"]().measure(model, images, method, 1)
    to_name_the_other = N
    assert model.n_forward == N * 40 + to_name_the_other
    apart = [method.explain(model, images, target) for target in (1, 0)]
    for one, other, found in zip(*apart, both, strict=True):
        assert found == pytest.approx(1 - spearmanr(one.ravel(), other.ravel())[0])


def test_methods_of_one_pass_share_it_when_they_are_asked_again(images):
    model = CountingClassifier(np.ones((ROWS, COLUMNS, 1)))
    methods = [METHODS[name]() for name in ("saliency", "input_x_gradient")]
    questions = Questions(model, methods)
    for method in methods:
        asked = Asked(model, images, method, 1, questions=questions)
        METHOD_METRICS["max_sensitivity"]().judge(asked)
    assert model.n_backward == N * (1 + METHOD_METRICS["max_sensitivity"]().samples)


def test_only_the_last_versions_of_the_images_are_remembered(images):
    model = CountingClassifier(np.ones((ROWS, COLUMNS, 1)))
    questions = Questions(model, [METHODS["saliency"]()])

    def ask(k):
        return questions.put(images + np.float32(k), 1, no_progress).gradient

    for k in range(MOST_VERSIONS + 1):
        ask(k)
    ask(MOST_VERSIONS)
    assert model.n_backward == N * (MOST_VERSIONS + 1)
    ask(0)
    assert model.n_backward == N * (MOST_VERSIONS + 2)


@pytest.mark.parametrize("name", WEIGHTLESS)
@pytest.mark.parametrize("method", ["saliency", "integrated_gradients", "edges", "random"])
def test_a_measure_gives_a_number_in_its_range_or_none_for_each_image(name, method, model, images):
    values = measure(name, model, images, METHODS[method]())
    assert values.shape == (N,)
    assert values.dtype == np.float64
    low, high = METHOD_METRICS[name].range
    known = values[~np.isnan(values)]
    assert known.min(initial=low) >= low
    assert high is None or known.max(initial=high) <= high


@pytest.mark.parametrize("name", WEIGHTLESS)
def test_a_measure_repeats_itself_and_leaves_images_and_global_generator_alone(name, model, images):
    state, before = np.random.get_state()[1].copy(), images.copy()
    method = METHODS["smooth_grad"](samples=3)
    first = measure(name, model, images, method)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(measure(name, model, images, method), first)


@pytest.mark.parametrize("name", WEIGHTLESS)
def test_each_image_is_judged_as_if_alone_for_its_own_target(name, model, images):
    method = METHODS["integrated_gradients"](steps=3)
    targets = [0, "malignant", Contrast("malignant", "normal")]
    together = measure(name, model, images, method, targets)
    for k, target in enumerate(targets):
        alone = measure(name, model, images[k : k + 1], method, target)
        np.testing.assert_allclose(together[k : k + 1], alone, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", WEIGHTLESS)
@pytest.mark.parametrize("said", [0.0, np.nan])
def test_a_method_that_says_nothing_is_undefined(name, said, model, images):
    method = Given(answer=lambda question: np.full((N, 4, 5), said))
    assert np.isnan(measure(name, model, images, method)).all()


@pytest.mark.parametrize("name", [name for name in WEIGHTLESS if name != "completeness"])
def test_a_map_that_is_not_finite_spoils_no_other(name, model, images):
    def spoil(question):
        maps = METHODS["input_x_gradient"]().attribute(question).maps
        maps[1] = np.inf
        return maps

    whole = measure(name, model, images, METHODS["input_x_gradient"]())
    spoiled = measure(name, model, images, Given(answer=spoil))
    assert np.isnan(spoiled[1])
    np.testing.assert_array_equal(spoiled[[0, 2]], whole[[0, 2]])


@pytest.mark.parametrize("name", WEIGHTLESS)
def test_an_unknown_class_is_refused(name, model, images):
    with pytest.raises(ValueError, match="normal, malignant"):
        measure(name, model, images, METHODS["saliency"](), "cancer")


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("max_sensitivity", {"samples": 0}, "samples >= 1"),
        ("max_sensitivity", {"radius": 0.0}, "radius > 0"),
        ("repeatability", {"repeats": 1}, "at least 2, got 1"),
        ("model_randomization", {"depths": ()}, "rising shares"),
        ("model_randomization", {"depths": (0.5, 0.2)}, "rising shares"),
        ("model_randomization", {"depths": (0.5, 1.5)}, "rising shares"),
    ],
)
def test_settings_that_make_no_sense_are_refused(name, settings, told):
    with pytest.raises(ValueError, match=told):
        METHOD_METRICS[name](**settings)


def test_a_model_without_a_network_keeps_its_weights(model, images):
    with pytest.raises(BadModel, match="Keras network can be drawn anew, got a LinearClassifier"):
        measure("model_randomization", model, images, METHODS["saliency"]())


def test_the_verb_lists_every_measure_with_its_facts(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["metrics", "--json"])
    listed = json.loads(capsys.readouterr().out)["metrics"]
    of_methods = {row["name"]: row for row in listed if row["of"] == "methods"}
    assert list(of_methods) == list(METHOD_METRICS)
    for name, row in of_methods.items():
        assert row["explanations"] == METHOD_METRICS[name].explanations
        assert all(row[key] for key in ("title", "family", "reference", "of_random"))


# Max-sensitivity


def test_the_gradient_of_a_linear_model_does_not_change_with_the_image(model, images):
    assert measure("max_sensitivity", model, images, METHODS["saliency"]()).max() == 0


def test_input_x_gradient_of_a_linear_model_changes_by_its_share_of_the_noise(model, images):
    """|e x| is at most the radius times |w| in each pixel, and comes near it with many draws."""
    values = measure(
        "max_sensitivity", model, images, METHODS["input_x_gradient"](), samples=8, radius=0.1
    )
    size = np.linalg.norm(model.weights)
    largest = 0.1 * size / np.linalg.norm((images * model.weights).reshape(N, -1), axis=1)
    assert (values <= largest).all()
    assert (values > 0.577 * largest * 0.9).all()  # the root mean square of uniform noise


def test_noise_is_two_sided_and_within_the_radius(model, images):
    seen = []
    given = Given(answer=lambda question: seen.append(question.images) or question.images[..., 0])
    measure("max_sensitivity", model, np.zeros_like(images) + 1, given, radius=0.03)
    noise = np.stack(seen[1:]) - 1
    assert -0.03 <= noise.min() < -0.029
    assert 0.03 >= noise.max() > 0.029
    assert abs(noise.mean()) < 0.002


def test_more_draws_never_find_less(model, images):
    few, many = (
        measure("max_sensitivity", model, images, METHODS["input_x_gradient"](), samples=n)
        for n in (1, 6)
    )
    assert (many >= few).all()


def test_noise_drawn_anew_for_each_image_changes_as_uniform_noise_does():
    """sqrt(E (a - b)^2 / E a^2) = sqrt((1 / 6) / (1 / 3)) for two uniform draws."""
    model = LinearClassifier(np.ones((128, 128, 1)))
    images = np.random.default_rng(0).random((1, 128, 128, 1), dtype=np.float32)
    values = measure("max_sensitivity", model, images, METHODS["random"]())
    np.testing.assert_allclose(values, 0.5**0.5, atol=0.02)


# Class sensitivity


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_has_the_same_map_for_every_class(control, model, images):
    values = measure("class_sensitivity", model, images, METHODS[control]())
    np.testing.assert_allclose(values, 0, atol=1e-12)


def test_the_classes_of_one_unit_have_opposite_maps_unless_the_sign_is_dropped(model, images):
    signed = measure("class_sensitivity", model, images, METHODS["input_x_gradient"]())
    unsigned = measure("class_sensitivity", model, images, METHODS["saliency"]())
    np.testing.assert_allclose(signed, 2)
    np.testing.assert_allclose(unsigned, 0, atol=1e-12)


def test_the_other_class_is_the_most_probable_one_besides(images):
    model = ThreeClasses(np.random.default_rng(0).normal(size=(ROWS, COLUMNS, 1)) / 3)
    method = METHODS["input_x_gradient"]()
    targets = [0, 1, 2]
    values = measure("class_sensitivity", model, images, method, targets)
    order = np.argsort(-model.predict(images), axis=1)
    for k, target in enumerate(targets):
        other = next(int(one) for one in order[k] if one != target)
        maps = [method.explain(model, images[k : k + 1], t).ravel() for t in (target, other)]
        np.testing.assert_allclose(values[k], 1 - spearmanr(*maps).statistic)


def test_a_contrast_is_held_against_itself_turned_around(model, images):
    method, target = METHODS["input_x_gradient"](), Contrast("malignant", "normal")
    np.testing.assert_allclose(measure("class_sensitivity", model, images, method, target), 2)


def test_a_class_without_a_map_has_nothing_of_the_other(model, images):
    """As Grad-CAM's where nothing speaks for the second class."""
    seen = np.random.default_rng(0).random((N, ROWS, COLUMNS))
    only_last = Given(answer=lambda q: seen * np.array(q.target)[:, None, None])
    np.testing.assert_array_equal(measure("class_sensitivity", model, images, only_last, 1), 1)
    assert np.isnan(measure("class_sensitivity", model, images, only_last, 0)).all()


# Repeatability


@pytest.mark.parametrize("method", ["saliency", "edges", "integrated_gradients", "occlusion"])
def test_what_draws_nothing_repeats_itself(method, model, images):
    values = measure("repeatability", model, images, METHODS[method]())
    np.testing.assert_allclose(values, 1)


def test_noise_repeats_nothing_from_another_seed():
    model = LinearClassifier(np.ones((128, 128, 1)))
    images = np.random.default_rng(0).random((2, 128, 128, 1), dtype=np.float32)
    values = measure("repeatability", model, images, METHODS["random"](), repeats=3)
    np.testing.assert_allclose(values, 0, atol=4 / 128)


def test_more_masks_repeat_better(model, images):
    few, many = (
        measure("repeatability", model, images, METHODS["rise"](masks=n)).mean() for n in (8, 800)
    )
    assert few < many < 1


def test_all_pairs_of_repeats_count_alike(model, images):
    """Two that are the same and one that is their reverse: correlations 1, -1 and -1."""
    values = measure("repeatability", model, images, Turning(), repeats=3)
    np.testing.assert_allclose(values, -1 / 3)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Turning(Attribution):
    """The image, upside down from its third seed on."""

    needs = ()
    seed: int = 0

    def attribute(self, question):
        return Attributed(question.images[..., 0] * (-1 if self.seed > 1 else 1))


# Completeness


def test_a_method_that_keeps_its_sum_has_no_gap(model, images):
    values = measure("completeness", model, images, METHODS["integrated_gradients"]())
    np.testing.assert_allclose(values, 0, atol=1e-4)


def test_the_gap_is_a_share_of_what_was_promised(model, images):
    class Half(Given):
        def attribute(self, question):
            maps = question.images[..., 0]
            return Attributed(maps, total=2 * maps.sum(axis=(1, 2)))

    values = measure("completeness", model, images, Half(answer=None))
    np.testing.assert_allclose(values, 0.5, rtol=1e-5)


@pytest.mark.parametrize("method", ["saliency", "rise", *CONTROLS])
def test_who_promises_no_sum_has_no_gap_to_show(method, model, images):
    assert np.isnan(measure("completeness", model, images, METHODS[method]())).all()
