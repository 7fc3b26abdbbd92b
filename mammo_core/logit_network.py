"""A network with one linear unit on its logits, for libraries that explain a Keras model's output.

Its layers are the model's own, neither cloned nor changed, so that it serves functional,
Sequential, nested and one-sigmoid models alike.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mammo_core.layer_capture import tracing_alone
from mammo_core.output_head import OutputHead, tensor_under_activation

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Operation:
    """A step on the way from the images to the logit.

    Attributes:
        kind: TensorFlow's type; "CustomGradient" where its gradient is not the one of its type.
        name: Its place in the graph.
        varying: Shapes of its inputs that depend on the images.
    """

    kind: str
    name: str
    varying: tuple[Shape, ...] = ()


class LogitNetwork:
    """What a library is given: images in, one number out, the logit that was last aimed at.

    Args:
        network: The model.
        head: How its output is read.
        input_shape: (H, W, C).

    Attributes:
        failures: What may come out of TensorFlow where a library's gradients fit no operation.
    """

    failures: ClassVar[tuple[type[Exception], ...]] = (
        *(LookupError, ValueError, AssertionError),
        tf.errors.OpError,
    )

    def __init__(
        self, network: keras.Model, head: OutputHead, input_shape: tuple[int, int, int]
    ) -> None:
        self._head = head
        images = keras.Input(input_shape)
        self._unit = keras.layers.Dense(1, use_bias=False)
        self.model = keras.Model(images, self._unit(_Scores(network, head)(images)))
        self.kept: dict[str, Any] = {}
        """What a library built for this network and need not build again."""

    def aim(self, weights: NDArray[np.float32]) -> None:
        """Make the unit the sum of the logits times the (classes,) weights."""
        self._unit.kernel.assign(self._head.weigh_scores(weights)[:, None])

    @property
    def takes_logarithm(self) -> bool:
        """Whether the logits are logarithms of the probabilities that the network gives."""
        return self._head.kind == "probabilities"

    @contextmanager
    def lent(self) -> Iterator[Any]:
        """The model, for a library that swaps TensorFlow's gradients while the block lasts.

        shap puts back what it swapped only where all went well, and until then every gradient in
        the process is its own: no other thread may trace one, and it is put back here.
        """
        from tensorflow.python.eager import execute

        with tracing_alone():
            recording = execute.record_gradient
            try:
                yield self.model
            finally:
                execute.record_gradient = recording

    def operations(self) -> list[Operation]:
        """Each operation on the way from the images to the unit."""
        shape = tf.TensorSpec((None, *self.model.input_shape[1:]), tf.float32)
        with tracing_alone():
            traced = tf.function(self.model, autograph=False).get_concrete_function(shape)
        ahead = _reach(traced.inputs[0].op, _followers)
        behind = _reach(traced.outputs[0].op, lambda op: [one.op for one in op.inputs])
        return [_describe(op, ahead) for op in ahead if op in behind]


class _Scores(keras.layers.Layer):
    """The scores that a model's logits are made of."""

    def __init__(self, network: keras.Model, head: OutputHead) -> None:
        super().__init__()
        self._network, self._scores_of = network, head.scores
        self._n_outputs = head.n_outputs

    def call(self, images: Any) -> Any:
        output = self._network(images, training=False)
        return self._scores_of(output, tensor_under_activation(output))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        return (input_shape[0], self._n_outputs)


def _reach(start: Any, step: Callable[[Any], Iterable[Any]]) -> dict[Any, None]:
    """All operations that repeated steps from the first lead to, that one included."""
    found, ahead = {start: None}, [start]
    while ahead:
        for operation in step(ahead.pop()):
            if operation not in found:
                found[operation] = None
                ahead.append(operation)
    return found


def _followers(operation: Any) -> list[Any]:
    """What uses an operation's values; to use its shape alone is not to depend on it."""
    users = [user for output in operation.outputs for user in output.consumers()]
    return [user for user in users if user.type != "Shape"]


def _describe(operation: Any, ahead: dict[Any, None]) -> Operation:
    varying = (one.shape for one in operation.inputs if one.op in ahead and one.shape.rank)
    return Operation(
        _type_of(operation), operation.name, tuple(tuple(shape.as_list()) for shape in varying)
    )


def _type_of(operation: Any) -> str:
    own = operation.node_def.attr.get("_gradient_op_type")
    return str(operation.type) if own is None else "CustomGradient"
