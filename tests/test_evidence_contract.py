"""What every measure of maps promises, and what asking for several at once changes: nothing."""

import dataclasses
import json

import numpy as np
import pytest
from linear_classifier import LinearClassifier

from mammo_core import cli
from mammo_core.batch_size import MOST
from mammo_core.case_evidence import list_measures
from mammo_core.errors import BadConfiguration, Cancelled
from mammo_core.evidence import (
    METHOD_METRICS,
    METRICS,
    MapMetric,
    apply_metrics,
    choose_metrics,
    measure_together,
)
from mammo_core.evidence.perturbing import Perturbing, perturb_each
from mammo_core.types import Contrast

N, ROWS, COLUMNS = 3, 12, 10
ASKING = [name for name, metric in METRICS.items() if issubclass(metric, Perturbing)]
LOCALIZING = [name for name, metric in METRICS.items() if metric.family == "localization"]
COMPLEXITY = [name for name, metric in METRICS.items() if metric.family == "complexity"]


class ThreeClasses(LinearClassifier):
    """The linear model with a third class that is always a little probable."""

    classes = ("normal", "benign", "malignant")

    def logits(self, images):
        z = np.tensordot(images, self.weights, axes=3).astype(np.float32)
        return np.stack([-z / 2, 0 * z, z / 2], axis=1)


class Watched(ThreeClasses):
    """Notes how many images each question holds."""

    def __init__(self, weights):
        super().__init__(weights)
        self.asked = []

    def logits(self, images):
        self.asked.append(len(images))
        return super().logits(images)


@pytest.fixture(scope="module")
def case():
    """A model, images, maps, masks: whatever `measure` takes besides the target."""
    rng = np.random.default_rng(0)
    model = ThreeClasses(rng.normal(size=(ROWS, COLUMNS, 1)) / 3)
    images = rng.random((N, ROWS, COLUMNS, 1), dtype=np.float32)
    maps = rng.normal(size=(N, ROWS, COLUMNS)).astype(np.float32)
    masks = np.zeros((N, ROWS, COLUMNS), bool)
    masks[:, 3:7, 2:5] = True
    return model, images, maps, masks


def measure(name, case, target=2, **changed):
    model, images, maps, masks = case
    given = {"images": images, "maps": maps, "masks": masks, **changed}
    images, maps, masks = given["images"], given["maps"], given["masks"]
    return METRICS[name]().measure(model, images, maps, target, masks)


def test_the_table_holds_the_measures_of_the_three_families():
    assert set(METRICS) == {
        *("deletion", "insertion", "road", "infidelity"),
        *("pointing_game", "energy_pointing", "relevance_rank", "iou", "auprc"),
        *("sparseness", "entropy"),
    }
    assert {metric.family for metric in METRICS.values()} == {
        "faithfulness",
        "localization",
        "complexity",
    }


@pytest.mark.parametrize("name", METRICS)
def test_a_measure_is_frozen_settings_with_its_facts(name):
    metric = METRICS[name]()
    assert isinstance(metric, MapMetric)
    assert type(metric).__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(metric))
    assert metric.title
    assert metric.of_random
    assert any(source in metric.reference for source in ("arXiv:", "doi:"))
    assert isinstance(metric.higher_is_better, bool)
    low, high = metric.range
    assert low is None or high is None or low < high


@pytest.mark.parametrize("name", METRICS | METHOD_METRICS)
def test_settings_and_revision_tell_a_measure_apart_from_what_was_kept(monkeypatch, name):
    kind = (METRICS | METHOD_METRICS)[name]
    first = kind().definition
    assert first == kind().definition
    monkeypatch.setattr(kind, "revision", kind.revision + 1)
    assert kind().definition != first


@pytest.mark.parametrize("name", METRICS)
def test_a_measure_gives_a_number_in_its_range_for_each_map(case, name):
    values = measure(name, case)
    assert values.shape == (N,)
    assert values.dtype == np.float64
    assert np.isfinite(values).all()
    low, high = METRICS[name].range
    assert low is None or values.min() >= low
    assert high is None or values.max() <= high


@pytest.mark.parametrize("name", METRICS)
def test_what_is_judged_stays_untouched(case, name):
    before = [array.copy() for array in case[1:]]
    measure(name, case)
    for array, copy in zip(case[1:], before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("name", METRICS)
def test_a_measure_repeats_itself_and_leaves_the_global_generator_alone(case, name):
    state = np.random.get_state()[1].copy()
    first = measure(name, case)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    np.random.random(7)
    np.testing.assert_array_equal(measure(name, case), first)


@pytest.mark.parametrize("name", METRICS)
def test_each_map_is_judged_as_if_alone_for_its_own_target(case, name):
    _, images, maps, masks = case
    targets = ["malignant", "normal", Contrast("malignant", "benign")]
    together = measure(name, case, targets)
    for k, target in enumerate(targets):
        part = slice(k, k + 1)
        alone = measure(name, case, target, images=images[part], maps=maps[part], masks=masks[part])
        np.testing.assert_allclose(together[part], alone, rtol=1e-5)


@pytest.mark.parametrize("name", METRICS)
def test_a_class_is_the_same_by_name_and_by_index(case, name):
    np.testing.assert_array_equal(measure(name, case, "malignant"), measure(name, case, 2))


@pytest.mark.parametrize("name", ASKING)
def test_the_target_makes_a_difference_to_what_asks_the_model(case, name):
    values = [measure(name, case, target) for target in (1, 2, Contrast(2, 1))]
    assert np.isfinite(values[1:]).all()
    assert not np.array_equal(values[0], values[1])


@pytest.mark.parametrize("score", ["probability", "logit"])
@pytest.mark.parametrize("name", ASKING)
def test_one_against_another_is_the_same_measure_of_a_model_of_these_two(case, name, score):
    model, images, maps, _ = case
    metric = METRICS[name](score=score)
    two = LinearClassifier(model.weights)
    two.logits = lambda images: model.logits(images)[:, 1:]
    among_three = metric.measure(model, images, maps, Contrast("malignant", "benign"))
    if score == "probability":
        np.testing.assert_allclose(among_three, metric.measure(two, images, maps, 1))
    else:
        np.testing.assert_allclose(among_three, metric.measure(two, images, maps, Contrast(1, 0)))


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_map_that_is_not_finite_is_undefined_and_spoils_no_other(case, name, bad):
    maps = case[2].copy()
    maps[1, 4, 4] = bad
    values = measure(name, case, maps=maps)
    assert np.isnan(values[1])
    np.testing.assert_allclose(values[[0, 2]], measure(name, case)[[0, 2]], rtol=1e-5)


@pytest.mark.parametrize("name", [name for name in METRICS if name not in COMPLEXITY])
def test_a_constant_map_says_nothing(case, name):
    assert np.isnan(measure(name, case, maps=np.ones_like(case[2]))).all()


@pytest.mark.parametrize("name", METRICS)
def test_an_empty_map_says_nothing(case, name):
    assert np.isnan(measure(name, case, maps=np.zeros_like(case[2]))).all()


def test_localization_alone_needs_the_lesion():
    assert [name for name, metric in METRICS.items() if metric.needs_mask] == LOCALIZING


@pytest.mark.parametrize("name", METRICS)
def test_without_a_lesion_only_localization_is_undefined(case, name):
    no_lesion = measure(name, case, masks=np.zeros_like(case[3]))
    unknown = measure(name, case, masks=None)
    if METRICS[name].needs_mask:
        assert np.isnan([no_lesion, unknown]).all()
    else:
        np.testing.assert_array_equal(no_lesion, measure(name, case))
        np.testing.assert_array_equal(unknown, measure(name, case))


@pytest.mark.parametrize("name", METRICS)
def test_maps_of_another_grid_are_refused(case, name):
    with pytest.raises(ValueError, match=r"Expected maps of shape \(3, 12, 10\), got \(3, 6, 5\)"):
        measure(name, case, maps=case[2][:, ::2, ::2])


@pytest.mark.parametrize("name", LOCALIZING)
def test_masks_of_another_grid_are_refused(case, name):
    with pytest.raises(ValueError, match=r"Expected masks of shape \(3, 12, 10\)"):
        measure(name, case, masks=case[3][:2])


@pytest.mark.parametrize("name", ASKING)
def test_an_unknown_class_is_refused(case, name):
    with pytest.raises(ValueError, match="normal, benign, malignant"):
        measure(name, case, "cancer")


@pytest.mark.parametrize("name", ASKING)
def test_a_score_that_is_neither_is_refused(name):
    with pytest.raises(ValueError, match="'probability', 'logit'"):
        METRICS[name](score="odds")


BAD_SETTINGS = [
    ("deletion", {"steps": 0}, "steps must be at least 1, got 0"),
    ("insertion", {"steps": 0}, "steps must be at least 1, got 0"),
    ("deletion", {"fill": "pink"}, r"fill must be one of \('black', 'mean', 'blurred'\)"),
    ("insertion", {"fill": "pink"}, "got 'pink'"),
    ("road", {"shares": ()}, "Expected rising shares"),
    ("road", {"shares": (0.5, 0.2)}, "Expected rising shares"),
    ("road", {"shares": (0.5, 1.0)}, "Expected rising shares"),
    ("road", {"noise": -0.1}, "noise >= 0"),
    ("road", {"imputation": "telepathy"}, "imputation must be one of"),
    ("infidelity", {"samples": 1}, "samples >= 2"),
    ("infidelity", {"noise": 0.0}, "noise > 0"),
    ("pointing_game", {"tolerance_px": -1}, "at least 0, got -1"),
]


@pytest.mark.parametrize(("name", "settings", "told"), BAD_SETTINGS)
def test_settings_that_make_no_sense_are_refused(name, settings, told):
    with pytest.raises(ValueError, match=told):
        METRICS[name](**settings)


# Several at once

PATHS = ("deletion", "insertion")


def some_maps(case):
    _, _, maps, masks = case
    return {"one": maps, "other": -maps, "lesion": masks.astype(np.float32)}


def test_together_each_measure_says_of_each_method_what_it_says_alone(case):
    model, images, _, masks = case
    found = measure_together(model, images, some_maps(case), [0, 2, 1], METRICS, masks)
    assert list(found) == ["one", "other", "lesion"]
    for method, maps in some_maps(case).items():
        assert list(found[method]) == list(METRICS)
        for name, values in found[method].items():
            alone = measure(name, case, [0, 2, 1], maps=maps)
            np.testing.assert_allclose(values, alone, rtol=1e-5, err_msg=f"{name} of {method}")


def test_a_method_that_says_nothing_leaves_the_others_alone(case):
    model, images, maps, masks = case
    given = {"silent": np.zeros_like(maps), "telling": maps}
    found = measure_together(model, images, given, 2, ["road", "iou"], masks)
    assert np.isnan(list(found["silent"].values())).all()
    np.testing.assert_allclose(found["telling"]["road"], measure("road", case), rtol=1e-5)


def test_only_full_batches_are_asked_and_what_follows_from_the_image_only_once(case):
    _, images, maps, _ = case
    model = Watched(case[0].weights)
    names = ("deletion", "insertion", "road", "infidelity")
    measure_together(model, images, {"one": maps, "other": -maps}, 2, names)
    of_each_map = 19 + 19 + 10
    of_each_image = 50 + len(("unperturbed", "blurred"))
    assert sum(model.asked) == N * (2 * of_each_map + of_each_image)
    assert set(model.asked[:-1]) == {MOST}
    assert 0 < model.asked[-1] <= MOST


def test_a_stop_is_heard_before_each_perturbed_image(case):
    _, images, maps, _ = case
    model, told = Watched(case[0].weights), []

    def stop(done, total, doing):
        told.append((done, total))
        if len(told) == 2 * MOST:
            raise Cancelled("Stopped")

    with pytest.raises(Cancelled):
        measure_together(model, images, {"one": maps, "other": -maps}, 2, PATHS, progress=stop)
    assert sum(model.asked) < len(told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told} == {2 * N * len(PATHS)}


def test_a_measure_is_known_as_soon_as_its_last_image_was_answered(case):
    _, images, maps, _ = case
    model = Watched(case[0].weights)
    asking = {
        "one": {name: METRICS[name]() for name in PATHS},
        "other": {"road": METRICS["road"]()},
    }
    given = {"one": maps[:1], "other": -maps[:1]}
    each = perturb_each(model, images[:1], given, 2, asking)
    first = next(each)
    assert (first.method, first.metric) == ("one", PATHS[0])
    assert sum(model.asked) < METRICS[PATHS[0]].cost + MOST
    found = [(one.method, one.metric) for one in (first, *each)]
    assert found == [(method, name) for method, metrics in asking.items() for name in metrics]


@pytest.mark.parametrize("name", METRICS)
def test_a_single_map_costs_the_forward_passes_that_the_measure_names(case, name):
    _, images, maps, masks = case
    model = Watched(case[0].weights)
    METRICS[name]().measure(model, images[:1], maps[:1], 2, masks[:1])
    assert sum(model.asked) == METRICS[name].cost


def test_what_looks_at_maps_alone_asks_the_model_nothing(case):
    _, images, maps, masks = case
    model = Watched(case[0].weights)
    measure_together(model, images, {"one": maps}, 2, [*LOCALIZING, *COMPLEXITY], masks)
    assert not model.asked


def test_measures_with_other_settings_go_together_too(case):
    model, images, maps, masks = case
    metrics = {"coarse": METRICS["deletion"](steps=4), "near": METRICS["pointing_game"]()}
    found = apply_metrics(model, images, {"one": maps}, 2, metrics, masks)["one"]
    for name, metric in metrics.items():
        np.testing.assert_allclose(found[name], metric.measure(model, images, maps, 2, masks))


def test_an_unknown_measure_is_told_with_the_closest():
    with pytest.raises(BadConfiguration, match=r"Unknown measure 'deletoin'.*deletion"):
        choose_metrics(["deletoin"])


def test_the_verb_lists_every_measure_with_its_facts(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["metrics", "--json"])
    listed = json.loads(capsys.readouterr().out)["metrics"]
    of_maps = {row["name"]: row for row in listed if row["of"] == "maps"}
    assert list(of_maps) == list(METRICS)
    assert [row["name"] for row in listed] == list(list_measures())
    for name, row in of_maps.items():
        assert row["higher_is_better"] is METRICS[name].higher_is_better
        assert row["range"] == list(METRICS[name].range)
        assert all(row[key] for key in ("title", "family", "reference", "of_random"))
