"""A copy of a network whose weights are drawn anew, layer by layer from the top."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras
import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadModel
from mammo_core.layer_capture import find_layers
from mammo_core.types import Classifier

Weights = dict[str, list[NDArray[np.float32]]]
"""Of each layer by path, what its `get_weights` gives."""


class WeightCascade:
    """One copy of a network, with as many of its top layers forgotten as is asked for.

    A layer forgets by taking the weights that its own initializers draw, for each kind its own: a
    kernel, a bias, the scale, shift and moving statistics of a normalization. The copy's compiled
    passes read its variables, so that other weights cost no new trace. `Normalization` layers,
    which hold statistics of the input and are not learned, stay as they are. An initializer with a
    seed of its own in the network's configuration draws the same weights whatever seed is given.

    Args:
        network: A functional or Sequential model, nested ones as well; never changed.
        classify: Makes a classifier of the copy.

    Attributes:
        layers: Paths of the layers that hold weights, from the top down.

    Raises:
        BadModel: Where the network cannot be copied from its configuration, or has no weights.
    """

    def __init__(self, network: keras.Model, classify: Callable[[keras.Model], Classifier]) -> None:
        self._network = network
        self._own = _find_learned(network)
        self.layers = tuple(reversed(self._own))
        if not self.layers:
            raise BadModel("Expected a network with weights, got one without a layer that has any")
        copy = _clone(network, seed=0)
        self._copied = _find_learned(copy)
        copy.set_weights(network.get_weights())
        self._classifier = classify(copy)
        self._drawn: tuple[int, Weights] | None = None

    def draw(self, n_layers: int, seed: int) -> Classifier:
        """The copy with its top `n_layers` forgotten and the others as in the network.

        It is the same object each time: what it was before is gone.

        Raises:
            ValueError: For a number of layers that the network does not have.
        """
        if not 0 <= n_layers <= len(self.layers):
            raise ValueError(f"Expected 0 to {len(self.layers)} layers, got {n_layers}")
        for number, path in enumerate(self.layers):
            is_forgotten = number < n_layers
            weights = self._fresh(seed)[path] if is_forgotten else self._own[path].get_weights()
            self._copied[path].set_weights(weights)
        return self._classifier

    def _fresh(self, seed: int) -> Weights:
        """Weights of all layers as drawn from a seed; those of the last one are kept."""
        if self._drawn is None or self._drawn[0] != seed:
            layers = _find_learned(_clone(self._network, seed))
            self._drawn = seed, {path: layer.get_weights() for path, layer in layers.items()}
        return self._drawn[1]


def _find_learned(network: keras.Model) -> dict[str, keras.Layer]:
    """Layers with weights that training sets, by path, in the order of the forward pass."""
    return {
        path: layer
        for path, layer in find_layers(network).items()
        if layer.weights and not isinstance(layer, keras.layers.Normalization)
    }


def _clone(network: keras.Model, seed: int) -> keras.Model:
    """The same network with weights drawn by its layers' initializers.

    Nested models are built anew layer by layer, which needs no registration of their classes.
    """
    try:
        with _seeded(seed):
            return keras.models.clone_model(network, recursive=True)
    except (NotImplementedError, TypeError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BadModel(
            f"The weights of {network.name} cannot be drawn anew, for Keras cannot build it again "
            f"from its configuration: {reason}"
        ) from error


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the generator from which initializers take theirs; put its state back afterwards."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
