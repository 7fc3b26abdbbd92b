"""A network that judges a breast by its two views together."""

from collections.abc import Callable

import keras
from keras import layers, ops

from mammo_core.architectures.architecture import InputShape, Pooling
from mammo_core.architectures.compact_cnn import build_features
from mammo_core.architectures.heads import make_answer, pool_by_logsumexp
from mammo_core.errors import BadConfiguration

N_VIEWS = 2
STEP = 8
"""Pixels from one position of the trunk's map to the next."""

POOLINGS: dict[Pooling, Callable[[keras.KerasTensor], keras.KerasTensor]] = {
    "logsumexp": lambda evidence: pool_by_logsumexp(evidence, evidence),
    "mean": lambda evidence: ops.mean(evidence, axis=1),
}
"""Those that take each view on its own, of (positions, classes)."""


def build_two_view(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """One trunk for CC and MLO, each view's evidence pooled on its own, then fused by a layer.

    After the breast-wise models of Wu et al. 2020 (doi:10.1109/TMI.2019.2945514); the trunk is
    that of `compact_cnn`. The input holds CC on the left and MLO on the right, so that a
    map of attributions shows where in which view. Departs from two trunk calls in that the first
    columns of MLO see what lies at CC's far side, which is air. A view that is all black counts as
    absent: the other one then speaks for both.

    Raises:
        BadConfiguration: Where a view's columns do not fall on whole positions, or for a pooling
            that does not take each view on its own.
    """
    if input_shape[1] % (N_VIEWS * STEP):
        raise BadConfiguration(
            f"Setting 'image_size' must have a multiple of {STEP} columns for two views, got "
            f"{input_shape[1] / N_VIEWS:g}"
        )
    image = keras.Input(input_shape, name="image")
    x = build_features(image, dropout)
    rows, columns = int(x.shape[1]), int(x.shape[2])
    x = layers.Reshape((-1, x.shape[-1]), name="positions")(x)
    evidence = layers.Dense(n_classes, name="evidence", dtype="float32")(x)
    pool = _choose_pooling(pooling)
    pooled = [pool(_take(evidence, rows, columns, k)) for k in range(N_VIEWS)]
    return keras.Model(image, _fuse(pooled, _find_present(image), n_classes), name="two_view")


def _choose_pooling(name: Pooling) -> Callable[[keras.KerasTensor], keras.KerasTensor]:
    if name not in POOLINGS:
        raise BadConfiguration(
            f"Setting 'pooling' must be one of {', '.join(POOLINGS)} for two_view, got '{name}'"
        )
    return POOLINGS[name]


def _take(x: keras.KerasTensor, rows: int, columns: int, view: int) -> keras.KerasTensor:
    """(positions of one view, channels) of (positions of both, channels)."""
    width = columns // N_VIEWS
    halves = ops.reshape(x, (-1, rows, N_VIEWS, width, x.shape[-1]))
    return ops.reshape(halves[:, :, view], (-1, rows * width, x.shape[-1]))


def _find_present(image: keras.KerasTensor) -> list[keras.KerasTensor]:
    """(1) for each view whether its half holds anything but black."""
    half = image.shape[2] // N_VIEWS
    views = (image[:, :, :half], image[:, :, half:])
    return [ops.cast(ops.max(v, axis=(1, 2, 3)) > 0, "float32")[:, None] for v in views]


def _fuse(
    pooled: list[keras.KerasTensor], present: list[keras.KerasTensor], n_classes: int
) -> keras.KerasTensor:
    """Class probabilities from what both views say and in what they differ.

    Where one is absent the other speaks for both. Training begins with half the mean, the scale of
    the single-view head.
    """
    cc = pooled[0] * present[0] + pooled[1] * (1 - present[0])
    mlo = pooled[1] * present[1] + pooled[0] * (1 - present[1])
    both = layers.Concatenate(name="both_views", dtype="float32")
    return make_answer(n_classes)(both([(cc + mlo) / 2, (cc - mlo) / 2]))
