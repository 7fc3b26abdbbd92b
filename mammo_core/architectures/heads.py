"""How a network's last map becomes class probabilities.

All of it is in float32, whatever precision the trunk has: half precision rounds probabilities.
"""

from collections.abc import Callable

import keras
from keras import layers, ops

from mammo_core.architectures.architecture import Pooling

SHARPNESS = 2.0
"""Of LogSumExp: between the mean (0) and the maximum (infinity)."""
ATTENTION_UNITS = 64


def add_head(
    x: keras.KerasTensor, n_classes: int, dropout: float, pooling: Pooling
) -> keras.KerasTensor:
    """Class probabilities from (rows, columns, channels) of features, position by position."""
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Reshape((-1, x.shape[-1]), name="positions")(x)
    return pool_positions(x, n_classes, pooling)


def pool_positions(
    features: keras.KerasTensor, n_classes: int, pooling: Pooling
) -> keras.KerasTensor:
    """Class probabilities from (positions, channels) of features.

    Each position gives evidence for each class; pooled over positions it becomes one answer, whose
    scale and bias are learnt from half the identity on.
    """
    evidence = layers.Dense(n_classes, name="evidence", dtype="float32")(features)
    return make_answer(n_classes)(POOLINGS[pooling](features, evidence))


def make_answer(n_classes: int) -> keras.Layer:
    """The last layer: class probabilities, beginning with half of the first inputs as logits."""
    return layers.Dense(
        n_classes,
        activation="softmax",
        kernel_initializer=keras.initializers.Identity(gain=0.5),
        name="probabilities",
        dtype="float32",
    )


def pool_by_logsumexp(
    features: keras.KerasTensor, evidence: keras.KerasTensor
) -> keras.KerasTensor:
    """(classes) of LogSumExp over positions: one convincing spot decides.

    Pinheiro and Collobert 2015, arXiv:1411.6228, of each class's evidence against the first's.
    """
    difference = evidence - evidence[..., :1]
    pooled = ops.logsumexp(difference * SHARPNESS, axis=1) - ops.log(float(evidence.shape[1]))
    return pooled / SHARPNESS


def pool_by_mean(features: keras.KerasTensor, evidence: keras.KerasTensor) -> keras.KerasTensor:
    """(classes) of mean evidence: global average pooling (Lin et al. 2014, arXiv:1312.4400)."""
    return layers.GlobalAveragePooling1D(name="mean", dtype="float32")(evidence)


def pool_by_attention(
    features: keras.KerasTensor, evidence: keras.KerasTensor
) -> keras.KerasTensor:
    """(classes) of evidence, weighed by gated attention (Ilse et al. 2018, arXiv:1802.04712).

    The layer "attention" gives (positions, 1) of weights that sum to 1. As the evidence is linear,
    its weighted sum is the evidence of the weighted sum of features, as in the paper.
    """
    content = layers.Dense(ATTENTION_UNITS, "tanh", name="attention_content")(features)
    gate = layers.Dense(ATTENTION_UNITS, "sigmoid", name="attention_gate")(features)
    gated = layers.Multiply(name="attention_gated")([content, gate])
    scores = layers.Dense(1, use_bias=False, name="attention_scores")(gated)
    weights = layers.Softmax(axis=1, name="attention", dtype="float32")(scores)
    return ops.sum(weights * evidence, axis=1)


POOLINGS: dict[Pooling, Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]] = {
    "logsumexp": pool_by_logsumexp,
    "mean": pool_by_mean,
    "attention": pool_by_attention,
}
