"""Logits and probabilities of any single-label head: softmax, one sigmoid, own, or none at all."""

from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mammo_core.errors import BadModel

SMALLEST = 1e-12
Kind = Literal["activation", "probabilities", "logits"]


@dataclass(frozen=True)
class OutputHead:
    """How a model's output is to be read.

    Attributes:
        kind: "activation" where Keras marks the tensor under a final softmax or sigmoid,
            "probabilities" where the output holds them without such a mark, "logits" otherwise.
        n_outputs: Columns of the output; a single one stands for two classes.
    """

    kind: Kind
    n_outputs: int

    @property
    def title(self) -> str:
        """For a person: "3 units, softmax", "one unit, sigmoid", "3 units, logits"."""
        units = "one unit" if self.n_outputs == 1 else f"{self.n_outputs} units"
        activation = "sigmoid" if self.n_outputs == 1 else "softmax"
        kinds = {"activation": activation, "probabilities": "probabilities", "logits": "logits"}
        return f"{units}, {kinds[self.kind]}"

    def logits(self, output: Any, under: Any) -> Any:
        """(N, classes) float32 logits; a single unit's logit z becomes (-z/2, z/2).

        Args:
            output: (N, n_outputs), the model's output.
            under: The tensor under the final activation where Keras marks one, else the output.
        """
        z = tf.cast(self.scores(output, under), tf.float32)
        return tf.concat([-z / 2, z / 2], axis=1) if self.n_outputs == 1 else z

    def weigh_scores(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n_outputs,) by which the scores are to be multiplied where logits are by `weights`."""
        return np.diff(weights) / np.float32(2) if self.n_outputs == 1 else weights

    def probabilities(self, output: Any) -> Any:
        """(N, classes) float32: the model's own output, or the softmax of its logits."""
        if self.kind == "logits":
            return tf.nn.softmax(self.logits(output, output))
        p = tf.cast(output, tf.float32)
        return tf.concat([1 - p, p], axis=1) if self.n_outputs == 1 else p

    def scores(self, output: Any, under: Any) -> Any:
        """(N, n_outputs): the logits, or of a single unit its z."""
        if self.kind != "probabilities":
            return under
        log_p = tf.math.log(tf.maximum(output, SMALLEST))
        if self.n_outputs == 1:
            return log_p - tf.math.log(tf.maximum(1 - output, SMALLEST))
        return log_p


def tensor_under_activation(output: Any) -> Any:
    """What Keras notes on an output as the logits of a final activation; else the output."""
    return getattr(output, "_keras_logits", output)


def recognize_head(outputs: NDArray[np.float32], under: NDArray[np.float32]) -> OutputHead:
    """The head of a model that gave `outputs` (N, units) for probe images.

    Args:
        outputs: The model's output.
        under: The tensor under its final activation, or the output again where none is marked.

    Raises:
        BadModel: For several sigmoid units: each would be a label of its own.
    """
    n_outputs = outputs.shape[1]
    if _agrees(outputs, under):
        return OutputHead("activation", n_outputs)
    if _in_unit_interval(outputs):
        if n_outputs == 1 or np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
            return OutputHead("probabilities", n_outputs)
        raise BadModel(
            f"Expected one label an image (softmax, or one sigmoid unit), got {n_outputs} outputs "
            "in [0, 1] that do not sum to 1: multi-label heads cannot be explained class by class"
        )
    return OutputHead("logits", n_outputs)


def probe_images(input_shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """A few images that drive outputs apart: plain, noisy, and far outside [0, 1]."""
    noise = np.random.default_rng(0).normal(size=(3, *input_shape))
    scales = np.array([0.3, 10, -10]).reshape(3, 1, 1, 1)
    plain = np.stack([np.zeros(input_shape), np.ones(input_shape)])
    return np.concatenate([plain, 0.5 + scales * noise]).astype(np.float32)


def check_answers(outputs: NDArray[np.float32]) -> None:
    """See that a model answers some of the `probe_images` with numbers.

    Raises:
        BadModel: Where it answers none.
    """
    if not np.isfinite(outputs).all(axis=1).any():
        raise BadModel(
            "Expected finite scores, got values that are not numbers for every image that was "
            "tried: the model's weights are broken; train or import it again"
        )


def check_output(model: keras.Model) -> None:
    """See that a model maps one image to one row of class scores.

    Raises:
        BadModel: Where it was never built, has several inputs or outputs, or maps of another rank.
    """
    try:
        sides = (("input", model.input_shape, 4), ("output", model.output_shape, 2))
    except AttributeError:
        raise BadModel(
            f"Expected a model that knows its input's shape, got {model.name}, which was never "
            "built; call it on one image before it is saved"
        ) from None
    for what, shape, rank in sides:
        if not isinstance(shape, tuple) or len(shape) != rank or None in shape[1:]:
            wanted = "(rows, columns, channels)" if rank == 4 else "(classes,)"
            raise BadModel(f"Expected a model with one {what} of fixed shape {wanted}, got {shape}")


def _agrees(outputs: NDArray[np.float32], under: NDArray[np.float32]) -> bool:
    """Whether the outputs are the softmax (or of one unit the sigmoid) of the tensor under them."""
    activate = tf.sigmoid if outputs.shape[1] == 1 else tf.nn.softmax
    return np.allclose(outputs, activate(under.astype(np.float32)), atol=2e-3)  # of half floats


def _in_unit_interval(outputs: NDArray[np.float32]) -> bool:
    return bool(outputs.min() >= 0 and outputs.max() <= 1 + 1e-6 and outputs.max() > 0)
