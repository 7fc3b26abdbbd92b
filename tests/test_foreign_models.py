"""Models from elsewhere come in with the file's own weights, and as what they are."""

import json
from pathlib import Path

import foreign_files
import keras
import numpy as np
import pytest

from mammo_core.cli import main
from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.importing.facts import Import, list_warnings
from mammo_core.importing.foreign_network import count_broken, put_in_front
from mammo_core.importing.input_ranges import find_input_range
from mammo_core.importing.run import import_model
from mammo_core.keras_classifier import load_classifier
from mammo_core.model_store import CARD_KEYS, find_model, list_models

pytestmark = pytest.mark.usefixtures("home")
TWO, THREE = ("benign", "malignant"), ("normal", "benign", "malignant")


@pytest.fixture(scope="module")
def models():
    made = {
        name: foreign_files.randomize(getattr(foreign_files, name)())
        for name in ("functional", "nested", "sigmoid", "half", "with_augmentation")
    }
    return made | {"logits": foreign_files.randomize(foreign_files.functional(head=None))}


def take_in(path, classes, name="theirs", **options):
    return import_model(Import(file=path, classes=classes, **options), name)


def images_of(model, n=3):
    return np.random.default_rng(0).random((n, *model.input_shape[1:]), dtype=np.float32)


KINDS = {
    "functional": (TWO, ["first", "second"], "2 units, softmax"),
    "sigmoid": (TWO, None, "one unit, sigmoid"),
    "logits": (TWO, ["first", "second"], "2 units, logits"),
    "nested": (THREE, None, "3 units, softmax"),
}


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("functional", ".h5"),
        ("sigmoid", ".h5"),
        ("logits", ".keras"),
        ("nested", ".keras"),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                ("functional", ".keras"),
                ("sigmoid", ".keras"),
                ("logits", ".h5"),
                ("nested", ".h5"),
            )
        ),
    ],
)
def test_a_model_says_here_what_it_said_there(name, ending, models, tmp_path):
    classes, layers, head = KINDS[name]
    model = models[name]
    model.save(tmp_path / f"theirs{ending}")
    answer = take_in(tmp_path / f"theirs{ending}", classes)
    stored = find_model("theirs")
    saved = keras.models.load_model(stored.file, compile=False)
    images = images_of(model)
    np.testing.assert_array_equal(saved(images), model(images))
    assert answer["input_shape"] == list(foreign_files.SHAPE)
    assert answer["head"] == head
    assert answer["parameters"] == model.count_params()
    assert layers is None or answer["layers"] == layers
    assert load_classifier(stored).layers == tuple(answer["layers"])


def test_nested_layers_have_their_path(models, tmp_path):
    models["nested"].save(tmp_path / "theirs.keras")
    layers = take_in(tmp_path / "theirs.keras", THREE)["layers"]
    assert layers[0] == "backbone/conv"
    assert len(layers) == 3


def test_what_was_trained_on_is_not_kept(models, tmp_path):
    models["sigmoid"].save(tmp_path / "theirs.h5")
    take_in(tmp_path / "theirs.h5", TWO)
    assert not keras.models.load_model(find_model("theirs").file).compiled


def test_a_file_of_keras_2_comes_in(models, tmp_path):
    model = models["functional"]
    foreign_files.write_keras_2(model, tmp_path / "old.h5")
    take_in(tmp_path / "old.h5", TWO)
    saved = keras.models.load_model(find_model("theirs").file)
    np.testing.assert_array_equal(saved(images_of(model)), model(images_of(model)))


def test_half_floats_become_floats_with_the_same_values(models, tmp_path):
    model = models["half"]
    model.save(tmp_path / "theirs.keras")
    answer = take_in(tmp_path / "theirs.keras", TWO)
    saved = keras.models.load_model(find_model("theirs").file)
    assert {str(weight.dtype) for weight in saved.weights} == {"float32"}
    for own, theirs in zip(saved.weights, model.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(own), np.asarray(theirs))
    assert any("16 bits" in warning for warning in answer["warnings"])


def test_weights_that_are_no_numbers_are_counted_and_told(models):
    asked = Import(file=Path("theirs.keras"), classes=TWO)
    assert count_broken(models["functional"]) == 0
    broken = foreign_files.randomize(foreign_files.functional())
    kernel, *others = broken.get_weights()
    kernel.flat[0], kernel.flat[-1] = np.nan, -np.inf
    broken.set_weights([kernel, *others])
    assert count_broken(broken) == 2
    no_layers = {"class_name": "Sequential", "config": {"layers": []}}
    warnings = list_warnings(asked, no_layers, (), "2 units, softmax", 2)
    assert any("2 of its weights are no finite numbers" in warning for warning in warnings)


def test_an_input_range_gives_the_network_its_own_values(models, tmp_path):
    model = models["functional"]
    model.save(tmp_path / "theirs.keras")
    answer = take_in(tmp_path / "theirs.keras", TWO, input_range="0..255")
    said = load_classifier(find_model("theirs")).predict(images_of(model))
    np.testing.assert_allclose(said, model(255 * images_of(model)), rtol=1e-5)
    assert answer["layers"][0].endswith("/first")


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("0..1", 0.5, [0.5] * 3),
        ("0..255", 1.0, [255] * 3),
        ("-1..1", 0.0, [-1] * 3),
        ("-1..1", 1.0, [1] * 3),
        ("imagenet", 0.5, [(0.5 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (0.5 - 0.406) / 0.225]),
        ("caffe", 0.5, [127.5 - 103.939, 127.5 - 116.779, 127.5 - 123.68]),
    ],
)
def test_input_ranges_are_the_published_ones(name, value, wanted):
    image = keras.Input((2, 2, 3))
    plain = keras.Model(image, keras.layers.Identity()(image))
    ranged = put_in_front(plain, find_input_range(name, 3), (2, 2, 3))
    said = np.asarray(ranged(np.full((1, 2, 2, 3), value, np.float32)))
    np.testing.assert_allclose(said[0, 0, 0], wanted, rtol=1e-5, atol=1e-5)


def test_a_range_for_color_does_not_go_with_gray(models, tmp_path):
    models["functional"].save(tmp_path / "theirs.keras")
    with pytest.raises(BadConfiguration, match="3 channels, the model takes 1"):
        take_in(tmp_path / "theirs.keras", TWO, input_range="imagenet")


def test_layers_that_only_training_needs_change_nothing(models, tmp_path):
    model = models["with_augmentation"]
    model.save(tmp_path / "theirs.keras")
    warnings = " ".join(take_in(tmp_path / "theirs.keras", TWO)["warnings"])
    saved = keras.models.load_model(find_model("theirs").file)
    said, theirs = (net(images_of(model), training=False) for net in (saved, model))
    np.testing.assert_array_equal(said, theirs)
    assert "RandomFlip, RandomRotation" in warnings
    assert "rescales its input itself (Normalization)" in warnings


def test_a_model_of_any_size_asks_for_one(tmp_path):
    model = foreign_files.of_any_size()
    model.save(tmp_path / "theirs.keras")
    with pytest.raises(BadModel, match="--size"):
        take_in(tmp_path / "theirs.keras", TWO)
    assert take_in(tmp_path / "theirs.keras", TWO, size=(40, 30))["input_shape"] == [40, 30, 1]
    assert find_model("theirs").preprocess.size == (40, 30)


def test_a_size_other_than_the_models_own_is_refused(models, tmp_path):
    models["functional"].save(tmp_path / "theirs.keras")
    with pytest.raises(BadModel, match="must be 32x24"):
        take_in(tmp_path / "theirs.keras", TWO, size=(40, 30))


def test_a_first_rescaling_of_bytes_is_told(models, tmp_path):
    models["nested"].save(tmp_path / "theirs.keras")
    warnings = take_in(tmp_path / "theirs.keras", THREE)["warnings"]
    assert any("--input-range 0..255" in warning for warning in warnings)


def test_the_card_holds_every_key_and_no_path(models, tmp_path):
    models["functional"].save(tmp_path / "theirs.keras")
    take_in(tmp_path / "theirs.keras", TWO, preprocess={"crop": False, "background": "keep"})
    stored = find_model("theirs")
    assert set(stored.card) == set(CARD_KEYS)
    assert stored.card["architecture"] == "imported"
    assert stored.card["training"]["file"] == "theirs.keras"
    assert not stored.preprocess.crop
    assert str(tmp_path) not in json.dumps(stored.card)
    text = (stored.path / "card.md").read_text()
    assert "imported" in text
    assert "epochs" not in text


def test_the_verb_takes_settings_from_a_file(home, models, tmp_path, capsys):
    models["functional"].save(tmp_path / "theirs.keras")
    (tmp_path / "settings.toml").write_text('margin = 0.1\nbackground = "keep"\n')
    words = ["--name", "mine", "--classes", "benign, malignant"]
    words += ["--preprocess", str(tmp_path / "settings.toml"), "--json"]
    with pytest.raises(SystemExit) as end:
        main(["import", str(tmp_path / "theirs.keras"), *words])
    answer = json.loads(capsys.readouterr().out)
    assert end.value.code == 0
    assert Path(answer["model"]) == home / "models" / "mine"
    assert answer["classes"] == list(TWO)
    assert [model.id for model in list_models()] == ["mine"]
    assert find_model("mine").preprocess.margin == 0.1


@pytest.mark.parametrize(
    ("settings", "match"),
    [({"size": [64, 48]}, "'size'"), ({"margins": 1}, "'margins'"), ({"margin": 7}, "Margin")],
)
def test_settings_that_do_not_fit_are_named(settings, match, home, models, tmp_path):
    models["functional"].save(tmp_path / "theirs.keras")
    with pytest.raises(BadConfiguration, match=match):
        take_in(tmp_path / "theirs.keras", TWO, preprocess=settings)
    assert not (home / "models").exists()
