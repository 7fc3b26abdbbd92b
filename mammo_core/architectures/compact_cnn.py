"""The network of the shipped models: small, fast on a CPU, with a map of evidence for a head."""

import keras
from keras import layers

from mammo_core.architectures.architecture import InputShape, Pooling
from mammo_core.architectures.heads import pool_evidence


def build_compact_cnn(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """A five-layer network of about 85,000 weights with a map of evidence for each class.

    The image enters beside its local contrast. A position of the last map, 8 pixels from the
    next, sees 55 x 55 pixels. The evidence of all positions is pooled by LogSumExp, so that one
    convincing spot decides and the map says where it is.
    """
    image = keras.Input(input_shape, name="image")
    x = layers.Concatenate(name="with_contrast")([image, _local_contrast(image)])
    x = layers.BatchNormalization(momentum=0.9, name="standardize")(x)
    x = _convolve(x, 16, "conv1", size=5, stride=2)
    for number, width in enumerate((32, 48), start=2):
        x = _convolve(x, width, f"conv{number}")
        x = layers.MaxPooling2D(2, name=f"pool{number}")(x)
    x = _convolve(_convolve(x, 64, "conv4"), 64, "conv5")
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.AveragePooling2D(3, strides=1, padding="same", name="window")(x)
    x = layers.Reshape((-1, x.shape[-1]), name="positions")(x)
    evidence = layers.Dense(n_classes, name="evidence")(x)
    return keras.Model(image, pool_evidence(evidence, n_classes), name="compact_cnn")


def _local_contrast(image: keras.KerasTensor) -> keras.KerasTensor:
    """The image minus its blurred copy: what stands out from its surroundings."""
    coarse = layers.AveragePooling2D(8, padding="same", name="coarse")(image)
    smooth = layers.UpSampling2D(8, interpolation="bilinear", name="smooth")(coarse)
    if smooth.shape[1:3] != image.shape[1:3]:
        smooth = layers.Cropping2D(_excess(smooth.shape, image.shape), name="fit")(smooth)
    return layers.Subtract(name="local_contrast")([image, smooth])


def _excess(
    large: tuple[int, ...], small: tuple[int, ...]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """What to cut off at the bottom and the right."""
    return (0, large[1] - small[1]), (0, large[2] - small[2])


def _convolve(
    x: keras.KerasTensor, width: int, name: str, size: int = 3, stride: int = 1
) -> keras.KerasTensor:
    x = layers.Conv2D(width, size, strides=stride, padding="same", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
