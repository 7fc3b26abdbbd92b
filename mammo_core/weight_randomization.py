"""A copy of a network whose weights are drawn anew, layer by layer from the top."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

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
    kernel, a bias, the scale, shift and moving statistics of a normalization. What begins the same
    each time, as a normalization, is not a layer of its own here but goes with the next one below
    whose weights are random, its convolution. The copy's compiled passes read its variables, so
    that other weights cost no new trace. `Normalization` layers, which hold statistics of the
    input and are not learned, stay as they are.

    Args:
        network: A functional or Sequential model, nested ones as well; never changed.
        classify: Makes a classifier of the copy.

    Attributes:
        layers: Paths of the layers whose weights begin at random, from the top down.

    Raises:
        BadModel: Where the network cannot be copied from its configuration, or none of its weights
            begins at random.
    """

    def __init__(self, network: keras.Model, classify: Callable[[keras.Model], Classifier]) -> None:
        self._network = network
        self._own = _find_learned(network)
        copy = _clone(network, seed=0)
        self._copied = _find_learned(copy)
        self._drawn = 0, _read_weights(copy)
        self._steps = _cut_steps(self._drawn[1], _read_weights(_clone(network, seed=1)))
        if not self._steps:
            raise BadModel(
                f"Expected a network whose weights begin at random, got {network.name}, in which "
                "no layer's do: there is nothing to draw anew"
            )
        self.layers = tuple(self._steps)
        copy.set_weights(network.get_weights())
        self._classifier = classify(copy)

    def draw(self, n_layers: int, seed: int) -> Classifier:
        """The copy with its top `n_layers` forgotten and the others as in the network.

        It is the same object each time: what it was before is gone.

        Raises:
            ValueError: For a number of layers that the network does not have.
        """
        if not 0 <= n_layers <= len(self.layers):
            raise ValueError(f"Expected 0 to {len(self.layers)} layers, got {n_layers}")
        fresh = self._fresh(seed)
        for number, step in enumerate(self._steps.values()):
            for path in step:
                is_forgotten = number < n_layers
                weights = fresh[path] if is_forgotten else self._own[path].get_weights()
                self._copied[path].set_weights(weights)
        return self._classifier

    def _fresh(self, seed: int) -> Weights:
        """Weights of all layers as drawn from a seed; those of the last one are kept."""
        if self._drawn[0] != seed:
            self._drawn = seed, _read_weights(_clone(self._network, seed))
        return self._drawn[1]


def _find_learned(network: keras.Model) -> dict[str, keras.Layer]:
    """Layers with weights that training sets, by path, in the order of the forward pass."""
    return {
        path: layer
        for path, layer in find_layers(network).items()
        if layer.weights and not isinstance(layer, keras.layers.Normalization)
    }


def _read_weights(network: keras.Model) -> Weights:
    return {path: layer.get_weights() for path, layer in _find_learned(network).items()}


def _cut_steps(drawn: Weights, other: Weights) -> dict[str, list[str]]:
    """{a layer that begins at random: it and those that go with it}, from the top down.

    Args:
        drawn: One draw of all layers' weights, in the order of the forward pass.
        other: Another one; a layer that is the same in both is not random.
    """
    steps: dict[str, list[str]] = {}
    waiting: list[str] = []
    for path in reversed(drawn):
        waiting.append(path)
        if any(not np.array_equal(a, b) for a, b in zip(drawn[path], other[path], strict=True)):
            steps[path], waiting = waiting, []
    if steps:
        next(reversed(steps.values())).extend(waiting)  # what lies below the lowest
    return steps


def _clone(network: keras.Model, seed: int) -> keras.Model:
    """The same network with weights drawn by its layers' initializers.

    Nested models are built anew layer by layer, which needs no registration of their classes.
    """
    try:
        with _seeded(seed):
            return keras.models.clone_model(network, clone_function=_build_again, recursive=True)
    except (NotImplementedError, TypeError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BadModel(
            f"The weights of {network.name} cannot be drawn anew, for Keras cannot build it again "
            f"from its configuration: {reason}"
        ) from error


def _build_again(layer: keras.Layer) -> keras.Layer:
    return type(layer).from_config(_without_seeds(layer.get_config()))


def _without_seeds(config: Any) -> Any:
    """The configuration with no seed of its own, from which a layer would draw the same again."""
    if isinstance(config, dict):
        return {key: None if key == "seed" else _without_seeds(one) for key, one in config.items()}
    return [_without_seeds(one) for one in config] if isinstance(config, list) else config


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the generator from which initializers take theirs; put its state back afterwards.

    With the bare number, a network built after `keras.utils.set_random_seed` of the same one would
    get back the very weights from which it was trained.
    """
    state = random.getstate()
    random.seed(f"forget {seed}")
    try:
        yield
    finally:
        random.setstate(state)
