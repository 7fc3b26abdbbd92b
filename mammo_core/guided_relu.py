"""ReLUs that let a gradient back only where it is positive, for guided backpropagation."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from mammo_core.errors import BadModel

RULES = {"Relu": "MammoGuidedRelu", "Relu6": "MammoGuidedRelu6"}


@contextmanager
def guided_relus() -> Iterator[None]:
    """Give the ReLUs that are traced meanwhile another gradient; the model stays as it is.

    Only inside a function that is being traced, and only `tf.gradients` follows the other rule.

    Raises:
        BadModel: Where none was traced.
    """
    graph = tf.compat.v1.get_default_graph()
    with graph.gradient_override_map(RULES):
        yield
    if not any(operation.type in RULES for operation in graph.get_operations()):
        raise BadModel(
            "Guided backpropagation changes how ReLUs pass gradients back, and this network has "
            "none; choose saliency or smooth_grad, which need no particular activation"
        )


@tf.RegisterGradient(RULES["Relu"])
def _pass_positive(operation: Any, gradient: Any) -> Any:
    return tf.nn.relu(gradient) * tf.cast(operation.outputs[0] > 0, gradient.dtype)


@tf.RegisterGradient(RULES["Relu6"])
def _pass_positive_below_six(operation: Any, gradient: Any) -> Any:
    output = operation.outputs[0]
    return tf.nn.relu(gradient) * tf.cast((output > 0) & (output < 6), gradient.dtype)
