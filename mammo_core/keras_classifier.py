"""A Keras model as a classifier: NumPy in and out, one compiled pass for all gradients."""

import difflib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mammo_core.affine_stem import AffineStem, find_affine_stem
from mammo_core.background import read_background
from mammo_core.batch_size import available_memory, count_pass_bytes, fit_batch_size
from mammo_core.errors import BadModel
from mammo_core.layer_capture import CONVOLUTIONS, list_maps
from mammo_core.logit_network import LogitNetwork
from mammo_core.model_store import StoredModel
from mammo_core.network_loading import load_network
from mammo_core.network_passes import (
    Pass,
    build_class_gradients,
    build_features,
    build_forward,
    build_from_layer,
    build_gradient,
    build_guided_gradient,
    trace_network,
)
from mammo_core.output_head import OutputHead, check_output
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
        self._network = trace_network(model)
        self._maps = tuple(list_maps(self._network.outputs))
        self.batch_size = batch_size or self._fit_batch_size()
        self._forward = build_forward(self._network)
        self._backward: dict[tuple[str | None, bool], Pass] = {}
        self._from_layer: dict[str, Pass] = {}
        found = self._network.layers
        self.layers = tuple(m for m in self._maps if isinstance(found[m], CONVOLUTIONS))
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
        return self._network.head

    @cached_property
    def logit_network(self) -> LogitNetwork:
        """The network with one linear unit on its logits, for libraries that explain a network."""
        return LogitNetwork(self.model, self.head, self.input_shape)

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
        return self._in_batches(self._features, images)[0]

    def gradient(self, images: Images, target: Target) -> NDArray[np.float32]:
        """(N, H, W, C) gradient of each image's target logit with respect to the image."""
        return self._differentiate(images, target, None, of_input=True)[0]

    def gradients_of_classes(self, images: Images) -> NDArray[np.float32]:
        """(N, K, H, W, C) gradient of each logit with respect to the image, from one forward."""
        return self._in_batches(self._class_gradients, images)[0]

    def summed_gradients_of_classes(
        self, images: Images, weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(G, K, H, W, C) weighted sums over the images of the gradient of each logit.

        Where few sums are made of many images, all but the last step of the backward pass is
        taken an image, and that one a sum; see `AffineStem`.

        Args:
            images: (N, H, W, C).
            weights: (G, N), a row for each sum.
        """
        weights = np.asarray(weights, dtype=np.float32)
        if len(weights) * 2 > len(images) or self._stem is None:
            return np.tensordot(weights, self.gradients_of_classes(images), 1)
        return self._sum_over_stem(self._stem, self._check_images(images), weights)

    def guided_gradient(self, images: Images, target: Target) -> NDArray[np.float32]:
        """(N, H, W, C) gradient that each ReLU lets through only where it is positive.

        Raises:
            BadModel: Where the network has no ReLU.
        """
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
            self._from_layer[path] = build_from_layer(self._network, path)
        return self._in_batches(self._from_layer[path], images, activations)[0]

    @cached_property
    def _features(self) -> Pass:
        return build_features(self._network)

    @cached_property
    def _class_gradients(self) -> Pass:
        return build_class_gradients(self._network)

    @cached_property
    def _guided(self) -> Pass:
        return build_guided_gradient(self._network)

    @cached_property
    def _stem(self) -> AffineStem | None:
        return find_affine_stem(self._network)

    def _sum_over_stem(
        self, stem: AffineStem, images: Images, weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        total: Any = np.float32(0)
        for start in range(0, len(images), self.batch_size):
            part = slice(start, start + self.batch_size)
            above = stem.above(tf.constant(images[part]), tf.constant(weights[:, part]))
            total = total + above[0].numpy()
        flat = total.reshape(-1, *total.shape[2:])
        anywhere = np.zeros((len(flat), *self.input_shape), dtype=np.float32)
        (found,) = self._in_batches(stem.below, anywhere, flat)
        return found.reshape(*total.shape[:2], *self.input_shape)

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
        if path is None or not self._maps:
            raise BadModel(
                "The model has no convolutional map that a class activation map could use; "
                "choose a method that needs only the input's gradient or predictions"
            )
        if path not in self._maps:
            near = difflib.get_close_matches(path, self._maps, n=3, cutoff=0)
            raise BadModel(f"No layer '{path}' gives a map; the closest are: {', '.join(near)}")
        return path

    def _fit_batch_size(self) -> int:
        shapes = [getattr(output, "shape", (None,)) for output in self._network.outputs.values()]
        return fit_batch_size(
            count_pass_bytes([(None, *self.input_shape), *shapes]), available_memory()
        )

    def _differentiate(
        self, images: Images, target: Target, layer: str | None, *, of_input: bool
    ) -> Arrays:
        weights = weigh_target(target, self.classes, len(images))
        key = (layer, of_input)
        if key not in self._backward:
            self._backward[key] = build_gradient(self._network, layer, of_input)
        return self._in_batches(self._backward[key], images, weights)

    def _in_batches(self, function: Pass, images: Images, *more: Any) -> Arrays:
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
    network = load_network(stored)
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
