"""How long a training will take, judged by earlier ones."""

import json
from dataclasses import replace

import pytest

from mammo_core.config import to_mapping
from mammo_core.model_store import StoredModel
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.duration import STARTING_S, estimate_duration, find_dearest
from mammo_core.tuning.ranges import Between, Choice

CLASSES = ("normal", "malignant")
WHOLE = TrainingConfiguration(recipe="whole_image", epochs=10, image_size=(320, 192))
PATCHES = TrainingConfiguration(epochs=4, patch_epochs=20)


@pytest.fixture
def finish(tmp_path):
    """A finished model of these settings, whose epochs lasted so long."""

    def write(name, config, epochs, counts=(80, 20)):
        folder = tmp_path / name
        folder.mkdir()
        lines = [f"{n},{stage},{s}" for n, (stage, s) in enumerate(epochs, 1)]
        (folder / "history.csv").write_text("epoch,stage,seconds\n" + "\n".join(lines) + "\n")
        card = {
            "classes": CLASSES,
            "training": {"configuration": to_mapping(config)},
            "dataset": {"images": {"train": dict(zip(CLASSES, counts, strict=True))}},
        }
        return StoredModel(folder, json.loads(json.dumps(card)))

    return write


def test_the_same_training_again_takes_as_long_with_starting_and_compiling(finish):
    model = finish("a", WHOLE, [("images", 30.0), *[("images", 3.0)] * 4])
    estimate = estimate_duration(WHOLE, (80, 20), [model])
    assert (estimate.seconds, estimate.judged_by) == (STARTING_S + 27 + 10 * 3, "a")


def test_twice_the_images_pixels_or_epochs_take_twice_as_long(finish):
    model = finish("a", WHOLE, [("images", 3.0)] * 5)
    wide, long = replace(WHOLE, image_size=(640, 192)), replace(WHOLE, epochs=20)
    cases = [(WHOLE, (160, 40)), (wide, (80, 20)), (long, (80, 20))]
    once = estimate_duration(WHOLE, (80, 20), [model]).seconds - STARTING_S
    for config, counts in cases:
        seconds = estimate_duration(config, counts, [model]).seconds - STARTING_S
        assert seconds == pytest.approx(2 * once)


def test_no_training_is_shorter_than_starting_one(finish):
    model = finish("a", WHOLE, [("images", 0.001)] * 5)
    tiny = replace(WHOLE, epochs=1, image_size=(32, 32))
    assert estimate_duration(tiny, (1, 1), [model]).seconds > STARTING_S


def test_patches_take_as_long_as_there_are_lesions(finish):
    epochs = [("patches", 2.0)] * 3 + [("images", 5.0)] * 3
    model = finish("a", PATCHES, epochs)
    assert estimate_duration(PATCHES, (80, 20), [model]).seconds == STARTING_S + 20 * 2 + 4 * 5
    assert estimate_duration(PATCHES, (60, 40), [model]).seconds == STARTING_S + 20 * 4 + 4 * 5


def test_another_recipe_or_a_model_without_times_tells_nothing(finish):
    other = finish("a", PATCHES, [("patches", 2.0)])
    bare = finish("b", WHOLE, [])
    assert estimate_duration(WHOLE, (80, 20), [other, bare]) is None
    known = finish("c", WHOLE, [("images", 1.0)] * 3)
    assert estimate_duration(WHOLE, (80, 20), [other, bare, known]).judged_by == "c"


def test_a_sweep_is_judged_by_its_dearest_trial_and_not_where_the_network_varies():
    sizes = {"image_size": Choice(("64x48", "448x272")), "epochs": Between(2, 9, whole=True)}
    dearest = find_dearest(WHOLE, {**sizes, "dropout": Between(0.0, 0.5)})
    assert dearest == replace(WHOLE, image_size=(448, 272), epochs=9)
    assert find_dearest(WHOLE, {"architecture": Choice(("vgg_small",))}) is None


def test_an_imported_model_tells_nothing(finish):
    model = finish("a", WHOLE, [("images", 1.0)] * 3)
    model.card["training"] = {}
    assert estimate_duration(WHOLE, (80, 20), [model]) is None
