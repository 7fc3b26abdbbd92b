"""Compiled passes of a Keras network: forward, backward, guided, and on from a layer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from mammo_core.errors import BadModel
from mammo_core.guided_relu import guided_relus
from mammo_core.layer_capture import (
    Outputs,
    capture_outputs,
    find_layers,
    replace_output,
    summarize_features,
)
from mammo_core.output_head import (
    OutputHead,
    check_answers,
    probe_images,
    recognize_head,
    tensor_under_activation,
)

Pass = Callable[..., Any]
"""Compiled; takes (N, H, W, C) images first and gives a tuple of tensors of N rows each."""


@dataclass(frozen=True, eq=False)
class Network:
    """A network that was traced once, and what the trace told.

    Attributes:
        model: The Keras model.
        layers: Its layers by path.
        outputs: All layers' symbolic outputs, in the order of the forward pass.
        head: How its output is read.
        forward: The compiled images -> (output, tensor under the final activation).
    """

    model: keras.Model
    layers: dict[str, keras.Layer]
    outputs: Outputs
    head: OutputHead
    forward: Pass

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of one image."""
        return _input_shape(self.model)

    @property
    def n_classes(self) -> int:
        """Columns of the logits."""
        return max(2, self.head.n_outputs)

    def logits(self, images: Any) -> Any:
        """(N, classes) logits of a tensor of images, by a pass of its own."""
        return self.head.logits(*_run(self.model, images))

    def compile(self, function: Callable[..., Any], *more: tf.TensorSpec) -> Pass:
        """The function of images as one graph for any number of them, traced at once."""
        return _compile(function, self.input_shape, *more)

    @property
    def weights_spec(self) -> tf.TensorSpec:
        """Of (N, classes) weights of the logits."""
        return tf.TensorSpec((None, self.n_classes), tf.float32)


def trace_network(model: keras.Model) -> Network:
    """The network with its head, all layers' outputs and the compiled forward pass.

    One trace serves for all three: that of a large network takes many seconds.

    Raises:
        BadModel: Where the output is none of a single-label classifier.
    """
    layers = find_layers(model)
    outputs = Outputs()

    def run(images: Any) -> tuple[Any, Any]:
        nonlocal outputs
        with capture_outputs(layers) as outputs:
            return _run(model, images)

    shape = _input_shape(model)
    compiled = _compile(run, shape)
    output, under = compiled(tf.constant(probe_images(shape)))
    check_answers(output.numpy())
    head = recognize_head(output.numpy(), under.numpy())
    return Network(model, layers, outputs, head, compiled)


def build_forward(network: Network) -> Pass:
    """Images -> (probabilities, logits)."""

    def read(images: Any) -> tuple[Any, Any]:
        output, under = network.forward(images)
        return network.head.probabilities(output), network.head.logits(output, under)

    return network.compile(read)


def build_features(network: Network) -> Pass:
    """Images -> what the head decides from; see `summarize_features`."""

    def summarize(images: Any) -> tuple[Any]:
        with capture_outputs(network.layers) as outputs:
            _run(network.model, images)
        return (summarize_features(outputs, network.head.n_outputs),)

    return network.compile(summarize)


def build_gradient(network: Network, layer: str | None, of_input: bool) -> Pass:
    """(Images, weights) -> ([input gradient], [activations, layer gradient])."""
    captured = {} if layer is None else {layer: network.layers[layer]}

    def differentiate(images: Any, weights: Any) -> tuple[Any, ...]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            with capture_outputs(captured) as outputs:
                logits = network.logits(images)
            total = tf.reduce_sum(logits * weights)
        sources = ([images] if of_input else []) + list(outputs.values())
        gradients = [_known(g) for g in tape.gradient(total, sources)]
        activations = [tf.cast(output, tf.float32) for output in outputs.values()]
        return (*gradients[:of_input], *activations, *gradients[of_input:])

    return network.compile(differentiate, network.weights_spec)


def build_class_gradients(network: Network) -> Pass:
    """Images -> (N, classes, H, W, C) gradient of each logit."""

    def differentiate(images: Any) -> tuple[Any]:
        gradients = differentiate_logits(network, network.logits(images), images)
        return (tf.stack(gradients, axis=1),)

    return network.compile(differentiate)


def differentiate_logits(network: Network, logits: Any, source: Any) -> list[Any]:
    """The gradient of each logit with respect to a tensor, while a pass is traced."""

    def differentiate(k: int) -> Any:
        return _known(tf.gradients(logits[:, k], source)[0])

    if network.head.n_outputs == 1:  # the other class's is the same with its sign turned
        of_last = differentiate(1)
        return [-of_last, of_last]
    return [differentiate(k) for k in range(network.n_classes)]


def build_guided_gradient(network: Network) -> Pass:
    """(Images, weights) -> the gradient that each ReLU lets through only where it is positive."""

    def differentiate(images: Any, weights: Any) -> tuple[Any]:
        with guided_relus():
            logits = network.logits(images)
        # Unlike a tape, tf.gradients obeys the rule that an operation was made with.
        return (_known(tf.gradients(tf.reduce_sum(logits * weights), images)[0]),)

    return network.compile(differentiate, network.weights_spec)


def build_from_layer(network: Network, path: str) -> Pass:
    """(Images, activations of the layer) -> logits."""
    layer, n_calls = network.layers[path], network.outputs.n_calls[path]

    def run(images: Any, activations: Any) -> tuple[Any]:
        with replace_output(layer, activations, n_calls):
            return (network.logits(images),)

    return network.compile(run, tf.TensorSpec(network.outputs[path].shape, tf.float32))


def _input_shape(model: keras.Model) -> tuple[int, int, int]:
    rows, columns, channels = model.input_shape[1:]
    return rows, columns, channels


def _compile(
    function: Callable[..., Any], input_shape: tuple[int, int, int], *more: tf.TensorSpec
) -> Pass:
    signature = [tf.TensorSpec((None, *input_shape), tf.float32), *more]
    traced = tf.function(function, input_signature=signature, autograph=False, jit_compile=False)
    return traced.get_concrete_function()


def _run(model: keras.Model, images: Any) -> tuple[Any, Any]:
    """The model's output, and the tensor under its final activation."""
    output = model(images, training=False)
    return output, tensor_under_activation(output)


def _known(gradient: Any) -> Any:
    if gradient is None:
        raise BadModel("The model's output does not depend on the layer or input asked for")
    return tf.cast(gradient, tf.float32)
