"""The networks that can be trained, as functions that build uncompiled Keras models."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import layers, ops

from mammo_core.errors import BadConfiguration

InputShape = tuple[int, int, int]


@dataclass(frozen=True)
class Architecture:
    """A network that can be built for any input size.

    Attributes:
        title: Its name in the literature.
        reference: Author, year and DOI or arXiv.
        suits: The resolutions it is meant for, in words.
        build: (input shape, number of classes, dropout) -> an uncompiled model whose weights do
            not depend on the input size, so that those learnt on patches serve whole images.
    """

    title: str
    reference: str
    suits: str
    build: Callable[[InputShape, int, float], keras.Model]


def build_compact_cnn(input_shape: InputShape, n_classes: int, dropout: float) -> keras.Model:
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
    return keras.Model(image, _pool_evidence(evidence, n_classes), name="compact_cnn")


ARCHITECTURES: dict[str, Architecture] = {
    "compact_cnn": Architecture(
        title="Compact CNN with LogSumExp pooling",
        reference="after Pinheiro and Collobert 2015, arXiv:1411.6228 (pooling)",
        suits="256 to 640 rows; trains on a CPU in minutes",
        build=build_compact_cnn,
    ),
}


def build_architecture(
    name: str, input_shape: InputShape, n_classes: int, dropout: float = 0.1
) -> keras.Model:
    """An uncompiled model of that architecture.

    Raises:
        BadConfiguration: For an unknown name or an input too small for the network.
    """
    if name not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise BadConfiguration(f"Setting 'architecture' must be one of {known}, got '{name}'")
    if min(input_shape[:2]) < 32:
        raise BadConfiguration(
            f"Setting 'image_size' must be at least 32x32, got {input_shape[:2]}"
        )
    return ARCHITECTURES[name].build(input_shape, n_classes, dropout)


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


def _pool_evidence(evidence: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Class probabilities from (positions, classes) of evidence, by LogSumExp over positions.

    The sharpness 2 lies between the mean (0) and the maximum (infinity).
    """
    sharpness = 2.0
    difference = evidence - evidence[..., :1]
    pooled = ops.logsumexp(difference * sharpness, axis=1) - ops.log(float(evidence.shape[1]))
    head = layers.Dense(
        n_classes,
        activation="softmax",
        kernel_initializer=keras.initializers.Identity(gain=0.5),
        name="probabilities",
    )
    return head(pooled / sharpness)
