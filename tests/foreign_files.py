"""Tiny Keras files as they come from elsewhere, and what an attacker makes of them."""

import json
import zipfile

import h5py
import keras
import numpy as np
import tensorflow as tf

layers = keras.layers
SHAPE = (32, 24, 1)


def functional(head="softmax", units=2, shape=SHAPE):
    image = keras.Input(shape)
    x = layers.Conv2D(4, 3, strides=2, activation="relu", name="first")(image)
    x = layers.BatchNormalization()(x)
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(6, 3, name="second")(x))
    return keras.Model(image, layers.Dense(units, activation=head, name="head")(x))


def nested():
    inside = keras.Input((None, None, 1))
    x = layers.DepthwiseConv2D(3)(layers.Conv2D(4, 3, strides=2, name="conv")(inside) + 3.0)
    backbone = keras.Model(inside, layers.SeparableConv2D(5, 3)(x), name="backbone")
    image = keras.Input(SHAPE)
    x = layers.GlobalAveragePooling2D()(backbone(layers.Rescaling(1 / 255)(image), training=False))
    return keras.Model(image, layers.Dense(3, activation="softmax")(x))


def sigmoid():
    parts = [layers.Conv2D(4, 3, activation="relu"), layers.Dropout(0.2), layers.Flatten()]
    model = keras.Sequential([keras.Input(SHAPE), *parts, layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model


def half():
    image = keras.Input(SHAPE, dtype="float16")
    x = layers.Conv2D(4, 3, dtype="float16")(image)
    x = layers.GlobalAveragePooling2D(dtype="float16")(x)
    return keras.Model(image, layers.Dense(2, activation="softmax", dtype="float16")(x))


def of_any_size():
    return functional(shape=(None, None, 1))


def with_augmentation():
    image = keras.Input(SHAPE)
    x = layers.RandomRotation(0.1)(layers.RandomFlip("horizontal")(image))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(layers.Normalization(axis=None)(x)))
    return keras.Model(image, layers.Dense(2, activation="softmax")(x))


def of_two_images():
    images = [keras.Input(SHAPE), keras.Input(SHAPE)]
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(layers.Concatenate()(images)))
    return keras.Model(images, layers.Dense(2, activation="softmax")(x))


def channels_first():
    image = keras.Input((1, 32, 24))
    x = layers.MaxPooling2D(data_format="channels_first")(image)
    x = layers.Flatten()(x)
    return keras.Model(image, layers.Dense(2, activation="softmax")(x))


def randomize(model, seed=0):
    """Weights that are nobody's initial ones, so that a mistaken one shows."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if "float" in str(weight.dtype):
            weight.assign(np.abs(rng.normal(0, 0.3, weight.shape)) + 0.01)
    for layer in model.layers:
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()
    return model


def change_config(source, target, change):
    """A .keras file with the text of its configuration changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            new.writestr(member, change(content) if member == "config.json" else content)
    return target


def to_keras_2(config):
    """A functional model's configuration in the words of Keras 2."""
    old = []
    for layer in config["config"]["layers"]:
        settings = {k: v for k, v in layer["config"].items() if not k.endswith("_initializer")}
        settings["dtype"] = "float32"
        if layer["class_name"] == "InputLayer":
            settings["batch_input_shape"] = settings.pop("batch_shape")
            settings.pop("optional")
        if layer["class_name"] == "BatchNormalization":
            settings["axis"] = [3]
        nodes = [
            [[*tensor["config"]["keras_history"], {}] for tensor in node["args"]]
            for node in layer["inbound_nodes"]
        ]
        name = layer["class_name"]
        old.append({"class_name": name, "config": settings, "name": name_of(layer)})
        old[-1]["inbound_nodes"] = nodes
    ends = {key: [config["config"][key]] for key in ("input_layers", "output_layers")}
    return {"class_name": "Functional", "config": {"name": "model", "layers": old, **ends}}


def name_of(layer):
    return layer["config"]["name"]


def write_keras_2(model, path):
    """An .h5 file as Keras 2 wrote it: configuration in an attribute, names of weights in lists."""
    with h5py.File(path, "w") as file:
        config = to_keras_2(json.loads(model.to_json()))
        file.attrs["model_config"] = json.dumps(config).encode()
        file.attrs["keras_version"] = b"2.12.0"
        file.attrs["backend"] = b"tensorflow"
        file.attrs["training_config"] = json.dumps({"loss": "mse"}).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            inner = group.create_group(layer.name)
            names = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
            inner.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.weights, strict=True):
                inner[name] = np.asarray(weight)
    return path


def write_saved_model(model, folder):
    """A SavedModel folder with the parts of Keras 2 that name layers and hold weights."""
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"a graph, which nobody reads")
    config = to_keras_2(json.loads(model.to_json()))
    for layer in config["config"]["layers"]:
        shape = layer["config"].get("batch_input_shape")
        if shape:
            layer["config"]["batch_input_shape"] = {"class_name": "__tuple__", "items": shape}
    content = json.dumps({"name": "model", **config}).encode()
    node = field(3, b"root") + field(4, b"_tf_keras_network") + field(5, content)
    (folder / "keras_metadata.pb").write_bytes(field(1, b"\x10\x05" + node) + field(1, b""))
    values = [tf.Variable(np.asarray(weight)) for weight in model.weights]
    tf.train.Checkpoint(variables=values).write(str(folder / "variables" / "variables"))
    return folder


def field(number, content):
    """A protocol buffer's field of bytes."""
    size, head = len(content), bytes([number << 3 | 2])
    while size > 127:
        head += bytes([size & 127 | 128])
        size >>= 7
    return head + bytes([size]) + content
