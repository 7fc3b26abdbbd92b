"""How a network's last map becomes class probabilities."""

import keras
from keras import layers, ops

from mammo_core.architectures.architecture import Pooling


def add_head(
    x: keras.KerasTensor, n_classes: int, dropout: float, pooling: Pooling
) -> keras.KerasTensor:
    """Class probabilities from (rows, columns, channels) of features, position by position."""
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Reshape((-1, x.shape[-1]), name="positions")(x)
    evidence = layers.Dense(n_classes, name="evidence")(x)
    return pool_evidence(evidence, n_classes)


def pool_evidence(evidence: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
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
