"""Published networks as keras.applications builds them, flat, for one or three channels.

Each scales its images itself, so that images in [0, 1] are always right. The scaling is that of the
network's ImageNet weights, the same for all channels: mammograms are gray, and with the first
convolution summed over channels one channel then gives what three equal ones do. Moving statistics
follow with momentum .9, for a training on small data has few steps.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras import applications, layers

from mammo_core.architectures.architecture import InputShape, Pooling
from mammo_core.architectures.heads import add_head

Trunk = Callable[..., keras.Model]
Scaling = tuple[float, float]
"""Factor and offset for images in [0, 1]."""

TO_ONE: Scaling = (2.0, -1.0)
"""To [-1, 1]."""
TO_STANDARD: Scaling = (1 / 0.226, -0.449 / 0.226)
"""By ImageNet's mean and spread, averaged over the colors."""
TO_CENTERED_BYTES: Scaling = (255.0, -(103.939 + 116.779 + 123.68) / 3)
"""To [0, 255] minus ImageNet's mean, averaged over the colors."""


def build_mobilenet_v3_small(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """MobileNetV3-Small; positions 32 pixels apart."""
    trunk = partial(applications.MobileNetV3Small, include_preprocessing=False)
    return _build(trunk, TO_ONE, input_shape, n_classes, dropout, pooling)


def build_mobilenet_v3_large(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """MobileNetV3-Large; positions 32 pixels apart."""
    trunk = partial(applications.MobileNetV3Large, include_preprocessing=False)
    return _build(trunk, TO_ONE, input_shape, n_classes, dropout, pooling)


def build_efficientnet_v2_b0(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """EfficientNetV2-B0; positions 32 pixels apart."""
    trunk = partial(applications.EfficientNetV2B0, include_preprocessing=False)
    return _build(trunk, TO_STANDARD, input_shape, n_classes, dropout, pooling)


def build_densenet121(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """DenseNet-121; positions 32 pixels apart."""
    trunk = applications.DenseNet121
    return _build(trunk, TO_STANDARD, input_shape, n_classes, dropout, pooling)


def build_resnet50(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """ResNet-50; positions 32 pixels apart."""
    trunk = applications.ResNet50
    return _build(trunk, TO_CENTERED_BYTES, input_shape, n_classes, dropout, pooling)


def build_convnext_tiny(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """ConvNeXt-Tiny; positions 32 pixels apart."""
    trunk = partial(applications.ConvNeXtTiny, include_preprocessing=False)
    return _build(trunk, TO_STANDARD, input_shape, n_classes, dropout, pooling)


def _build(
    trunk: Trunk,
    scaling: Scaling,
    input_shape: InputShape,
    n_classes: int,
    dropout: float,
    pooling: Pooling,
) -> keras.Model:
    image = keras.Input(input_shape, name="image")
    scale, offset = scaling
    scaled = layers.Rescaling(scale, offset, name="scale")(image)
    built = trunk(include_top=False, weights=None, input_tensor=scaled, input_shape=input_shape)
    flat = _flatten(built)
    for layer in flat.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.9
    output = add_head(flat.output, n_classes, dropout, pooling)
    return keras.Model(flat.inputs[0], output, name=built.name)


def _flatten(model: keras.Model) -> keras.Model:
    """The model with the layers of the models inside it as its own.

    A model inside another hides its outputs from `keras.Model(inputs, [inner.output])`.
    """
    if not any(isinstance(layer, keras.Model) for layer in model.layers):
        return model
    last = model.layers[-1].name

    def copy(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if layer.name == last:
            config["name"] = "last"  # Keras numbers it through the process
        return type(layer).from_config(config)

    return keras.models.clone_model(model, clone_function=copy, call_function=_call_parts)


def _call_parts(layer: keras.Layer, *inputs: Any, **options: Any) -> Any:
    if not isinstance(layer, keras.Sequential):
        return layer(*inputs, **options)
    (x,) = inputs
    for part in layer.layers:
        x = part(x)
    return x
