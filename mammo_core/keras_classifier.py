"""A Keras model as a classifier: NumPy in and out, one compiled pass for all gradients."""

import difflib
import zipfile
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mammo_core.background import read_background
from mammo_core.batch_size import available_memory, count_pass_bytes, fit_batch_size
from mammo_core.errors import BadModel
from mammo_core.guided_relu import guided_relus
from mammo_core.layer_capture import (
    CONVOLUTIONS,
    Outputs,
    capture_outputs,
    find_layers,
    list_maps,
    replace_output,
    summarize_features,
)
from mammo_core.logit_network import LogitNetwork
from mammo_core.model_store import StoredModel, file_sha256
from mammo_core.output_head import (
    OutputHead,
    check_answers,
    check_output,
    probe_images,
    recognize_head,
    tensor_under_activation,
)
from mammo_core.targets import weigh_target
from mammo_core.types import SinglePass, Target
from mammo_core.weight_randomization import WeightCascade

Images = NDArray[np.float32]
Arrays = tuple[NDArray[np.float32], ...]


class KerasClassifier:
    """A functional, Sequential, nested or one-sigmoid Keras model that says how it decides.

    Its logits are the tensor under the final activation where Keras marks one, else log p where
    the output's rows are probabilities, else the output itself. One sigmoid unit is two classes
    with logits (-z/2, z/2). Compiled functions are kept; XLA stays off, for it is slower on CPUs.

    Args:
        model: Maps (N, H, W, C) images to (N, classes) scores, or to (N, 1).
        classes: Names, mildest first; two for a single unit.
        layer: Path of the layer that class activation maps use by default. None takes the last
            output that is a map of more than one cell, whatever layer makes it.
        batch_size: Images in one pass; bounds memory. None fits it to the memory that is free and
            to what the network takes, see `fit_batch_size`.
        background: (M, H, W, C) images that methods which explain a difference compare with.

    Raises:
        BadModel: For a multi-label head, several inputs or outputs, or an unknown layer.
        ValueError: Where the number of classes is not the model's.
    """

    def __init__(
        self,
        model: keras.Model,
        classes: Sequence[str],
        layer: str | None = None,
        batch_size: int | None = None,
        background: Images | None = None,
    ) -> None:
        check_output(model)
        self.model = model
        self.background = background
        self.classes = tuple(classes)
        rows, columns, channels = model.input_shape[1:]
        self.input_shape: tuple[int, int, int] = (rows, columns, channels)
        self._check_classes()
        self._found = find_layers(model)
        self._head, self._outputs, self._raw = self._explore()
        self._maps = tuple(list_maps(self._outputs))
        self.batch_size = batch_size or self._fit_batch_size()
        self._forward = self._compile(self._read)
        self._features: Callable[..., Any] | None = None
        self._class_gradients: Callable[..., Any] | None = None
        self._guided: Callable[..., Any] | None = None
        self._weights_spec = tf.TensorSpec((None, len(self.classes)), tf.float32)
        self._backward: dict[tuple[str | None, bool], Callable[..., Any]] = {}
        self._from_layer: dict[str, Callable[..., Any]] = {}
        self.layers = tuple(m for m in self._maps if isinstance(self._found[m], CONVOLUTIONS))
        self.layer = self._maps[-1] if layer is None and self._maps else layer
        if layer is not None:
            self._check_layer(layer)

    @property
    def maps(self) -> tuple[str, ...]:
        """Paths of all layers that give a map, whatever they are, as the forward pass has them."""
        return self._maps

    @property
    def head(self) -> OutputHead:
        """How the network's output is read."""
        return self._head

    @cached_property
    def logit_network(self) -> LogitNetwork:
        """The network with one linear unit on its logits, for libraries that explain a network."""
        return LogitNetwork(self.model, self._head, self.input_shape)

    @cached_property
    def weight_cascade(self) -> WeightCascade:
        """A copy of this classifier that forgets layers from the top; made once and kept."""
        return WeightCascade(self.model, self._classify)

    def predict(self, images: Images) -> NDArray[np.float32]:
        """(N, K) probabilities, as the model itself gives them."""
        return self._in_batches(self._forward, images)[0]

    def logits(self, images: Images) -> NDArray[np.float32]:
        """(N, K) logits."""
        return self._in_batches(self._forward, images)[1]

    def embed(self, images: Images) -> NDArray[np.float32]:
        """(N, D) what the head decides from; see `summarize_features`.

        Raises:
            BadModel: Where no layer is wider than the output.
        """
        if self._features is None:
            self._features = self._compile(self._summarize)
        return self._in_batches(self._features, images)[0]

    def gradient(self, images: Images, target: Target) -> NDArray[np.float32]:
        """(N, H, W, C) gradient of each image's target logit with respect to the image."""
        return self._differentiate(images, target, None, of_input=True)[0]

    def gradients_of_classes(self, images: Images) -> NDArray[np.float32]:
        """(N, K, H, W, C) gradient of each logit with respect to the image, from one forward."""
        if self._class_gradients is None:
            self._class_gradients = self._compile(self._differentiate_classes)
        return self._in_batches(self._class_gradients, images)[0]

    def guided_gradient(self, images: Images, target: Target) -> NDArray[np.float32]:
        """(N, H, W, C) gradient that each ReLU lets through only where it is positive.

        Raises:
            BadModel: Where the network has no ReLU.
        """
        if self._guided is None:
            self._guided = self._compile(self._differentiate_guided, self._weights_spec)
        weights = weigh_target(target, self.classes, len(images))
        return self._in_batches(self._guided, images, weights)[0]

    def activations_and_gradients(
        self, images: Images, target: Target, layer: str | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(activations, gradient of the target's logit), both (N, h, w, channels).

        Args:
            images: (N, H, W, C).
            target: A class index or name, a contrast of two, or one for each image.
            layer: Path of any layer that gives a map; None is the classifier's default layer.

        Raises:
            BadModel: Where the model has no such layer, or the logit does not depend on it.
        """
        path = self._check_layer(layer or self.layer)
        activations, gradients = self._differentiate(images, target, path, of_input=False)
        return activations, gradients

    def single_pass(self, images: Images, target: Target, layer: str | None = None) -> SinglePass:
        """Input gradient, activations and layer gradient from one forward and backward pass."""
        path = self._check_layer(layer or self.layer)
        return SinglePass(*self._differentiate(images, target, path, of_input=True))

    def logits_from_layer(
        self, images: Images, activations: NDArray[np.float32], layer: str | None = None
    ) -> NDArray[np.float32]:
        """(N, K) logits as they would be if a layer gave these activations.

        What passes the layer by is computed from the images. Of a layer that is called more than
        once, the last output is replaced, which is the one that `activations_and_gradients` gives.

        Args:
            images: (N, H, W, C).
            activations: (N, h, w, channels).
            layer: Path of any layer that gives a map; None is the classifier's default layer.

        Raises:
            BadModel: Where the model has no such layer.
        """
        path = self._check_layer(layer or self.layer)
        if path not in self._from_layer:
            self._from_layer[path] = self._build_from_layer(path)
        return self._in_batches(self._from_layer[path], images, activations)[0]

    def _classify(self, network: keras.Model) -> "KerasClassifier":
        """A classifier like this one over a network like its own."""
        return KerasClassifier(network, self.classes, self.layer, self.batch_size, self.background)

    def _check_classes(self) -> None:
        n_outputs = self.model.output_shape[-1]
        expected = 2 if n_outputs == 1 else n_outputs
        if len(self.classes) != expected or len(set(self.classes)) != expected:
            raise ValueError(
                f"Expected {expected} different class names for {n_outputs} model outputs, "
                f"got {len(self.classes)}: {', '.join(self.classes)}"
            )

    def _check_layer(self, path: str | None) -> str:
        if path is None:
            raise BadModel(
                "The model has no convolutional map that a class activation map could use; "
                "choose a method that needs only the input's gradient or predictions"
            )
        if path not in self._maps:
            near = difflib.get_close_matches(path, self._maps, n=3, cutoff=0) or ["none"]
            raise BadModel(f"No layer '{path}' gives a map; the closest are: {', '.join(near)}")
        return path

    def _compile(self, function: Callable[..., Any], *more: tf.TensorSpec) -> Callable[..., Any]:
        """The function as one graph for any number of images, traced at once."""
        signature = [tf.TensorSpec((None, *self.input_shape), tf.float32), *more]
        traced = tf.function(
            function, input_signature=signature, autograph=False, jit_compile=False
        )
        return traced.get_concrete_function()

    def _run(self, images: Any) -> tuple[Any, Any]:
        """The model's output, and the tensor under its final activation."""
        output = self.model(images, training=False)
        return output, tensor_under_activation(output)

    def _fit_batch_size(self) -> int:
        shapes = [getattr(output, "shape", (None,)) for output in self._outputs.values()]
        return fit_batch_size(
            count_pass_bytes([(None, *self.input_shape), *shapes]), available_memory()
        )

    def _explore(self) -> tuple[OutputHead, Outputs, Callable[..., Any]]:
        """The head, all layers' symbolic outputs in order, and the compiled forward pass.

        One trace serves for all three: that of a large network takes many seconds.
        """
        outputs = Outputs()

        def run(images: Any) -> tuple[Any, Any]:
            nonlocal outputs
            with capture_outputs(self._found) as outputs:
                return self._run(images)

        compiled = self._compile(run)
        output, under = compiled(tf.constant(probe_images(self.input_shape)))
        check_answers(output.numpy())
        head = recognize_head(output.numpy(), under.numpy())
        return head, outputs, compiled

    def _read(self, images: Any) -> tuple[Any, Any]:
        output, under = self._raw(images)
        return self._head.probabilities(output), self._head.logits(output, under)

    def _summarize(self, images: Any) -> tuple[Any]:
        with capture_outputs(self._found) as outputs:
            self._run(images)
        return (summarize_features(outputs, self._head.n_outputs),)

    def _differentiate(
        self, images: Images, target: Target, layer: str | None, *, of_input: bool
    ) -> Arrays:
        weights = weigh_target(target, self.classes, len(images))
        key = (layer, of_input)
        if key not in self._backward:
            self._backward[key] = self._build_gradient(layer, of_input)
        return self._in_batches(self._backward[key], images, weights)

    def _build_gradient(self, layer: str | None, of_input: bool) -> Callable[..., Any]:
        """A compiled (images, weights) -> ([input gradient], [activations, layer gradient])."""
        captured = {} if layer is None else {layer: self._found[layer]}

        def differentiate(images: Any, weights: Any) -> tuple[Any, ...]:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(images)
                with capture_outputs(captured) as outputs:
                    logits = self._head.logits(*self._run(images))
                total = tf.reduce_sum(logits * weights)
            sources = ([images] if of_input else []) + list(outputs.values())
            gradients = [_known(g) for g in tape.gradient(total, sources)]
            activations = [tf.cast(output, tf.float32) for output in outputs.values()]
            return (*gradients[:of_input], *activations, *gradients[of_input:])

        return self._compile(differentiate, self._weights_spec)

    def _differentiate_classes(self, images: Any) -> tuple[Any]:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(images)
            logits = self._head.logits(*self._run(images))
            totals = [tf.reduce_sum(logits[:, k]) for k in range(len(self.classes))]
        if self._head.n_outputs == 1:  # the other class's gradient is the same with its sign turned
            of_last = _known(tape.gradient(totals[-1], images))
            return (tf.stack([-of_last, of_last], axis=1),)
        return (tf.stack([_known(tape.gradient(total, images)) for total in totals], axis=1),)

    def _differentiate_guided(self, images: Any, weights: Any) -> tuple[Any]:
        with guided_relus():
            logits = self._head.logits(*self._run(images))
        # Unlike a tape, tf.gradients obeys the rule that an operation was made with.
        return (_known(tf.gradients(tf.reduce_sum(logits * weights), images)[0]),)

    def _build_from_layer(self, path: str) -> Callable[..., Any]:
        """A compiled (images, activations) -> logits."""

        def run(images: Any, activations: Any) -> tuple[Any]:
            with replace_output(self._found[path], activations, self._outputs.n_calls[path]):
                return (self._head.logits(*self._run(images)),)

        return self._compile(run, tf.TensorSpec(self._outputs[path].shape, tf.float32))

    def _in_batches(self, function: Callable[..., Any], images: Images, *more: Any) -> Arrays:
        images = self._check_images(images)
        parts = []
        for start in range(0, len(images), self.batch_size):
            part = slice(start, start + self.batch_size)
            results = function(*(tf.constant(array[part]) for array in (images, *more)))
            parts.append([result.numpy() for result in results])
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def _check_images(self, images: Images) -> Images:
        images = np.ascontiguousarray(images, dtype=np.float32)
        if images.shape[1:] != self.input_shape or not len(images):
            wanted = ", ".join(str(side) for side in self.input_shape)
            raise ValueError(f"Expected images of shape (N, {wanted}), got {images.shape}")
        return images


def load_classifier(stored: StoredModel) -> KerasClassifier:
    """The stored model, loaded in safe mode after its file was checked against its card.

    Raises:
        BadModel: Where the file is missing, is not the one of the card, cannot be loaded, or has
            other classes or another input than the card says.
    """
    if not stored.file.is_file():
        raise BadModel(f"{stored.path} lacks {stored.file.name}; train or import the model again")
    if file_sha256(stored.file) != stored.sha256:
        raise BadModel(
            f"{stored.file} is not the file that its card describes (another SHA-256); "
            "restore it, or train or import the model again"
        )
    network = _load_network(stored)
    try:
        classifier = KerasClassifier(network, stored.classes, background=read_background(stored))
    except ValueError as error:
        raise BadModel(f"The card of {stored.path} does not fit its network: {error}") from error
    if classifier.input_shape != stored.input_shape:
        raise BadModel(
            f"The card of {stored.path} does not fit its network: expected input_shape "
            f"{list(classifier.input_shape)}, got {list(stored.input_shape)}"
        )
    return classifier


def _load_network(stored: StoredModel) -> keras.Model:
    try:
        return keras.models.load_model(stored.file, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadModel(f"Keras cannot load {stored.file} in safe mode: {reason}") from error


def _known(gradient: Any) -> Any:
    if gradient is None:
        raise BadModel("The model's output does not depend on the layer or input asked for")
    return tf.cast(gradient, tf.float32)
