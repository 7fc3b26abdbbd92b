import json
import zipfile

import keras
import numpy as np
import pytest
from architecture_names import EVERY_ARCHITECTURE

from mammo_core.architectures import build_architecture
from mammo_core.errors import BadModel
from mammo_core.keras_classifier import KerasClassifier, load_classifier
from mammo_core.model_store import StoredModel, file_sha256

layers = keras.layers
THREE = ("normal", "benign", "malignant")


def trunk(x):
    for width in (4, 6):
        x = layers.Conv2D(width, 3, strides=2, padding="same", activation="swish")(x)
    return x


def functional(head, units):
    image = keras.Input((32, 24, 1))
    x = layers.GlobalAveragePooling2D()(trunk(image))
    return keras.Model(image, layers.Dense(units, activation=head)(x))


def sequential():
    parts = [layers.Conv2D(4, 3, strides=2, activation="swish"), layers.GlobalAveragePooling2D()]
    return keras.Sequential([keras.Input((32, 24, 1)), *parts, layers.Dense(3, "softmax")])


def nested():
    inside = keras.Input((32, 24, 1))
    backbone = keras.Model(inside, trunk(inside), name="backbone")
    image = keras.Input((32, 24, 1))
    x = layers.GlobalAveragePooling2D()(backbone(layers.Rescaling(2.0)(image)))
    return keras.Model(image, layers.Activation("softmax")(layers.Dense(3)(x)))


def averaged():
    image = keras.Input((32, 24, 1))
    x = layers.GlobalAveragePooling2D()(trunk(image))
    heads = [layers.Dense(3, activation="softmax")(x) for _ in range(2)]
    return keras.Model(image, layers.Average()(heads))


def averaged_sigmoids():
    image = keras.Input((32, 24, 1))
    x = layers.GlobalAveragePooling2D()(trunk(image))
    heads = [layers.Dense(1, activation="sigmoid")(x) for _ in range(2)]
    return keras.Model(image, layers.Average()(heads))


MODELS = {
    "functional": lambda: functional("softmax", 3),
    "sequential": sequential,
    "nested": nested,
    "one sigmoid": lambda: functional("sigmoid", 1),
    "average of two heads": averaged,
    "average of two sigmoids": averaged_sigmoids,
    "no activation": lambda: functional(None, 3),
    "one unit without activation": lambda: functional(None, 1),
}


@pytest.fixture(scope="module")
def classifiers():
    keras.utils.set_random_seed(0)
    made = {}
    for name, build in MODELS.items():
        model = build()
        made[name] = KerasClassifier(model, THREE if model.output_shape[-1] == 3 else THREE[1:])
    return made


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((3, 32, 24, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def flat(classifiers):
    return classifiers["functional"]


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("kind", MODELS)
def test_predict_is_the_models_own_output(classifiers, images, kind):
    classifier = classifiers[kind]
    own = np.asarray(classifier.model(images, training=False))
    if kind == "no activation":
        own = softmax(own)
    elif kind == "one unit without activation":
        own = softmax(np.hstack([-own / 2, own / 2]))
    elif own.shape[1] == 1:
        own = np.hstack([1 - own, own])
    np.testing.assert_allclose(classifier.predict(images), own, atol=1e-6)


@pytest.mark.parametrize("kind", MODELS)
def test_probabilities_are_the_softmax_of_the_logits(classifiers, images, kind):
    classifier = classifiers[kind]
    np.testing.assert_allclose(
        softmax(classifier.logits(images)), classifier.predict(images), atol=1e-5
    )


@pytest.mark.parametrize("kind", MODELS)
def test_the_gradient_agrees_with_finite_differences(classifiers, images, kind):
    classifier = classifiers[kind]
    gradient = classifier.gradient(images, 1)
    size = np.sqrt((gradient**2).sum(axis=(1, 2, 3)))
    step = 0.02 * gradient / size.reshape(-1, 1, 1, 1)
    rise = (classifier.logits(images + step) - classifier.logits(images - step))[:, 1]
    assert (size > 1e-6).all()
    np.testing.assert_allclose(rise / 0.04, size, rtol=0.02)


def test_the_two_logits_of_one_unit_are_half_its_logit_each_way(classifiers, images):
    own = np.asarray(classifiers["one unit without activation"].model(images))
    logits = classifiers["one unit without activation"].logits(images)
    np.testing.assert_allclose(logits, np.hstack([-own / 2, own / 2]), atol=1e-6)


def test_a_pooled_linear_head_gives_the_layer_its_weights_as_gradient(flat, images):
    activations, gradients = flat.activations_and_gradients(images, 2)
    weights = flat.model.layers[-1].get_weights()[0][:, 2]
    cells = activations.shape[1] * activations.shape[2]
    expected = np.broadcast_to(weights / cells, gradients.shape)
    np.testing.assert_allclose(gradients, expected, atol=1e-7)


def test_one_pass_gives_what_two_passes_give(classifiers, images):
    for classifier in (classifiers["nested"], classifiers["one sigmoid"]):
        together = classifier.single_pass(images, 0)
        activations, gradients = classifier.activations_and_gradients(images, 0)
        apart = (classifier.gradient(images, 0), activations, gradients)
        for ours, theirs in zip(together, apart, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_layers_are_the_convolutions_in_order_with_their_path(classifiers):
    nested_layers = classifiers["nested"].layers
    assert [name.split("/")[0] for name in nested_layers] == ["backbone", "backbone"]
    names = [layer.name for layer in classifiers["nested"].model.get_layer("backbone").layers]
    assert [name.split("/")[1] for name in nested_layers] == [n for n in names if "conv" in n]


def test_the_default_layer_is_the_last_map_of_more_than_one_cell():
    image = keras.Input((32, 32, 1))
    x = layers.Conv2D(4, 3, padding="same")(image)
    x = layers.ReLU(name="last_map")(layers.BatchNormalization()(x))
    x = layers.Conv2D(4, 1, name="one_cell")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    model = keras.Model(image, layers.Dense(2, activation="softmax")(layers.Flatten()(x)))
    classifier = KerasClassifier(model, ("a", "b"))
    assert classifier.layer == "last_map"
    assert len(classifier.layers) == 1


def test_a_layer_called_twice_keeps_its_last_output(images):
    shared = layers.Conv2D(1, 3, padding="same", name="shared")
    image = keras.Input((32, 24, 1))
    twice = shared(shared(image))
    model = keras.Model(image, layers.Dense(2)(layers.Flatten()(twice)))
    activations, _ = KerasClassifier(model, ("a", "b")).activations_and_gradients(images, 0)
    expected = np.asarray(keras.Model(image, twice)(images))
    np.testing.assert_allclose(activations, expected, atol=1e-6)


def test_looking_into_a_model_leaves_it_as_it_was(flat, images):
    before = flat.model.get_weights()
    flat.single_pass(images, 0)
    assert all("call" not in layer.__dict__ for layer in flat.model.layers)
    assert all(map(np.array_equal, before, flat.model.get_weights()))


def test_half_precision_models_are_taken_in():
    image = keras.Input((32, 24, 1))
    x = layers.Conv2D(4, 3, dtype="mixed_float16")(image)
    x = layers.GlobalAveragePooling2D(dtype="mixed_float16")(x)
    model = keras.Model(image, layers.Dense(3, activation="softmax", dtype="mixed_float16")(x))
    classifier = KerasClassifier(model, THREE)
    images = np.random.default_rng(2).random((2, 32, 24, 1), dtype=np.float32)
    assert {part.dtype for part in classifier.single_pass(images, 0)} == {np.dtype(np.float32)}
    np.testing.assert_allclose(classifier.predict(images), model(images), atol=1e-6)


def test_a_layers_own_call_survives(images):
    image = keras.Input((32, 24, 1))
    doubled = layers.Conv2D(1, 3, name="doubled")
    model = keras.Model(image, layers.Dense(3)(layers.Flatten()(doubled(image))))
    plain = KerasClassifier(model, THREE).activations_and_gradients(images, 0)[0]
    call = doubled.call
    doubled.__dict__["call"] = own = lambda x: 2 * call(x)
    twice = KerasClassifier(model, THREE).activations_and_gradients(images, 0)[0]
    np.testing.assert_allclose(twice, 2 * plain, rtol=1e-5)
    assert doubled.__dict__["call"] is own


def test_batches_change_nothing(flat, images):
    small = KerasClassifier(flat.model, THREE, batch_size=2)
    np.testing.assert_allclose(small.logits(images), flat.logits(images), atol=1e-6)
    targets = [0, 1, 2]
    np.testing.assert_allclose(
        small.gradient(images, targets), flat.gradient(images, targets), atol=1e-7
    )


def test_a_target_is_an_index_a_name_or_one_for_each_image(flat, images):
    each = flat.gradient(images, ["normal", "benign", "malignant"])
    for k in range(3):
        np.testing.assert_allclose(each[k], flat.gradient(images, k)[k], atol=1e-7)
    np.testing.assert_array_equal(flat.gradient(images, "benign"), flat.gradient(images, 1))


@pytest.mark.parametrize("target", ["cancer", 3, -1, 1.5, [0, 1], ["normal", "cancer", "benign"]])
def test_an_unknown_target_is_refused_with_the_known_ones(flat, images, target):
    with pytest.raises(ValueError, match=r"normal, benign, malignant|one for each of the 3 images"):
        flat.gradient(images, target)


@pytest.mark.parametrize("shape", [(1, 24, 32, 1), (32, 24, 1), (1, 32, 24, 3), (0, 32, 24, 1)])
def test_images_of_another_shape_are_refused_with_the_expected_one(flat, shape):
    with pytest.raises(ValueError, match=r"\(N, 32, 24, 1\), got"):
        flat.predict(np.zeros(shape, np.float32))


def test_an_unknown_layer_is_refused_with_the_closest(flat, images):
    wrong = flat.layers[0] + "x"
    with pytest.raises(BadModel, match=rf"'{wrong}' .* {flat.layers[0]}"):
        flat.activations_and_gradients(images, 0, wrong)
    with pytest.raises(BadModel, match="No layer"):
        KerasClassifier(flat.model, THREE, layer="nowhere")


@pytest.mark.parametrize("name", EVERY_ARCHITECTURE)
def test_every_architecture_can_be_looked_into(name):
    classifier = KerasClassifier(build_architecture(name, (64, 48, 1), 3), THREE)
    images = np.random.default_rng(1).random((2, 64, 48, 1), dtype=np.float32)
    found = classifier.single_pass(images, "malignant")
    assert classifier.layers
    assert np.abs(found.gradient).max() > 0
    assert np.abs(found.layer_gradient).max() > 0
    own = np.asarray(classifier.model(images, training=False))
    np.testing.assert_allclose(classifier.predict(images), own, atol=1e-6)


def test_a_multi_label_head_is_refused():
    with pytest.raises(BadModel, match="multi-label"):
        KerasClassifier(functional("sigmoid", 3), THREE)


@pytest.mark.parametrize("classes", [("a", "b"), ("a", "b", "c", "d"), ("a", "a", "b")])
def test_another_number_of_classes_is_refused(flat, classes):
    with pytest.raises(ValueError, match="Expected 3 different class names"):
        KerasClassifier(flat.model, classes)


def test_a_model_that_gives_maps_or_takes_two_inputs_is_refused():
    image = keras.Input((32, 24, 1))
    with pytest.raises(BadModel, match="one output"):
        KerasClassifier(keras.Model(image, layers.Conv2D(3, 1)(image)), THREE)
    other = keras.Input((32, 24, 1))
    both = layers.Flatten()(layers.Add()([image, other]))
    with pytest.raises(BadModel, match="one input"):
        KerasClassifier(keras.Model([image, other], layers.Dense(3)(both)), THREE)


def test_a_model_that_was_never_built_is_refused():
    with pytest.raises(BadModel, match="never built"):
        KerasClassifier(keras.Sequential([layers.Flatten(), layers.Dense(3)]), THREE)


def test_without_a_map_gradients_work_and_class_activation_maps_are_refused(images):
    image = keras.Input((32, 24, 1))
    model = keras.Model(image, layers.Dense(3, activation="softmax")(layers.Flatten()(image)))
    classifier = KerasClassifier(model, THREE)
    assert classifier.gradient(images, 0).shape == images.shape
    for layer in (None, "conv"):
        with pytest.raises(BadModel, match="no convolutional map"):
            classifier.activations_and_gradients(images, 0, layer)


def test_a_layer_off_the_way_to_the_output_is_refused(images):
    keras.utils.set_random_seed(0)  # weights whose outputs look like probabilities are rare
    image = keras.Input((32, 24, 1))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="used")(image))
    stopped = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="unused")(image))
    x = layers.Add()([x, layers.Rescaling(0.0)(keras.ops.stop_gradient(stopped))])
    classifier = KerasClassifier(keras.Model(image, layers.Dense(3)(x)), THREE)
    with pytest.raises(BadModel, match="does not depend"):
        classifier.activations_and_gradients(images, 0, "unused")


def store(folder, model, **changes):
    folder.mkdir()
    model.save(folder / "model.keras")
    card = {"architecture": "test_net", "classes": THREE, "input_shape": (32, 24, 1)}
    card["sha256"] = file_sha256(folder / "model.keras")
    return StoredModel(folder, card | changes)


def test_a_stored_model_predicts_as_it_did_before(tmp_path, flat, images):
    loaded = load_classifier(store(tmp_path / "m", flat.model))
    np.testing.assert_allclose(loaded.predict(images), flat.predict(images), atol=1e-6)
    assert loaded.classes == THREE


def test_a_network_that_is_not_the_cards_is_refused(tmp_path, flat):
    stored = store(tmp_path / "m", flat.model, sha256="0" * 64)
    with pytest.raises(BadModel, match=r"SHA-256.*train or import"):
        load_classifier(stored)


def test_a_folder_without_its_network_is_refused(tmp_path, flat):
    stored = store(tmp_path / "m", flat.model)
    stored.file.unlink()
    with pytest.raises(BadModel, match=r"lacks model\.keras"):
        load_classifier(stored)


@pytest.mark.parametrize("change", [{"classes": ("a", "b")}, {"input_shape": (24, 32, 1)}])
def test_a_card_that_does_not_fit_the_network_is_refused(tmp_path, flat, change):
    with pytest.raises(BadModel, match="does not fit"):
        load_classifier(store(tmp_path / "m", flat.model, **change))


@pytest.mark.parametrize("content", [b"junk", b""])
def test_a_network_that_keras_cannot_read_is_refused(tmp_path, flat, content):
    stored = store(tmp_path / "m", flat.model)
    stored.file.write_bytes(content)
    stored = StoredModel(stored.path, stored.card | {"sha256": file_sha256(stored.file)})
    with pytest.raises(BadModel, match="cannot load"):
        load_classifier(stored)


def test_a_network_with_code_in_it_is_refused_and_never_run(tmp_path):
    image = keras.Input((32, 24, 1))
    harmful = layers.Lambda(lambda x: x, output_shape=(32, 24, 1))(image)
    model = keras.Model(image, layers.Dense(3)(layers.Flatten()(harmful)))
    with pytest.raises(BadModel, match="safe mode"):
        load_classifier(store(tmp_path / "m", model))


def test_a_network_whose_weights_are_missing_is_refused(tmp_path, flat):
    stored = store(tmp_path / "m", flat.model)
    with zipfile.ZipFile(stored.file) as archive:
        config = archive.read("config.json")
    with zipfile.ZipFile(stored.file, "w") as archive:
        archive.writestr("config.json", json.dumps(json.loads(config)))
    stored = StoredModel(stored.path, stored.card | {"sha256": file_sha256(stored.file)})
    with pytest.raises(BadModel, match="cannot load"):
        load_classifier(stored)


def test_what_the_head_decides_from_is_the_input_of_its_last_layer():
    model = functional("softmax", 3)
    images = np.random.default_rng(0).random((2, 32, 24, 1), np.float32)
    pooled = keras.Model(model.inputs, model.layers[-2].output)(images).numpy()
    np.testing.assert_allclose(KerasClassifier(model, THREE).embed(images), pooled, atol=1e-5)


def test_of_positions_the_mean_and_the_maximum_are_kept():
    model = build_architecture("compact_cnn", (64, 48, 1), 3)
    images = np.random.default_rng(0).random((2, 64, 48, 1), np.float32)
    positions = keras.Model(model.inputs, model.get_layer("positions").output)(images).numpy()
    expected = np.concatenate([positions.mean(axis=1), positions.max(axis=1)], axis=1)
    np.testing.assert_allclose(KerasClassifier(model, THREE).embed(images), expected, atol=1e-4)


def test_a_model_without_a_wider_layer_cannot_be_mapped():
    image = keras.Input((8, 6, 1))
    model = keras.Model(
        image, layers.Softmax()(layers.GlobalAveragePooling2D()(layers.Conv2D(3, 3)(image)))
    )
    with pytest.raises(BadModel, match="wider"):
        KerasClassifier(model, THREE).embed(np.zeros((1, 8, 6, 1), np.float32))
