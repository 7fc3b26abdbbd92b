"""The network of the shipped models: small, fast on a CPU, with a map of evidence for a head."""

import keras
from keras import layers

from mammo_core.architectures.architecture import InputShape, Pooling
from mammo_core.architectures.blocks import convolve, standardize
from mammo_core.architectures.heads import pool_positions

WIDTH = 64
"""Channels of the last map."""


def build_compact_cnn(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """A five-layer network of about 85,000 weights with a map of evidence for each class.

    The image enters beside its local contrast. A position of the last map, 8 pixels from the
    next, sees 55 x 55 pixels. Pooled by LogSumExp, one convincing spot decides and the map says
    where it is.
    """
    image = keras.Input(input_shape, name="image")
    x = layers.Reshape((-1, WIDTH), name="positions")(build_features(image, dropout))
    return keras.Model(image, pool_positions(x, n_classes, pooling), name="compact_cnn")


def build_features(image: keras.KerasTensor, dropout: float) -> keras.KerasTensor:
    """(rows, columns, WIDTH) of features, a position for every 8 x 8 pixels."""
    x = layers.Concatenate(name="with_contrast")([image, _local_contrast(image)])
    x = convolve(standardize(x), 16, "conv1", size=5, stride=2)
    for number, width in enumerate((32, 48), start=2):
        x = convolve(x, width, f"conv{number}")
        x = layers.MaxPooling2D(2, name=f"pool{number}")(x)
    x = convolve(convolve(x, WIDTH, "conv4"), WIDTH, "conv5")
    x = layers.Dropout(dropout, name="dropout")(x)
    return layers.AveragePooling2D(3, strides=1, padding="same", name="window")(x)


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
