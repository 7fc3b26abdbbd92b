"""Weights of a file for a network that was just built, checked for fit before any is taken."""

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mammo_core.architectures.parts import weighted_layers
from mammo_core.architectures.weight_files import StoredWeights, open_weights
from mammo_core.errors import BadConfiguration

ROOM = 2**26
"""Bytes that a file may hold beside ten times the network's own weights (optimizers keep some)."""


@dataclass(frozen=True)
class Fit:
    """What was taken from a file.

    Attributes:
        layers: How many layers of the trunk.
        head: Whether the head's weights, too.
    """

    layers: int
    head: bool


@dataclass(frozen=True)
class _Pair:
    """A weight of the network and the stored array that should fill it; None where one lacks."""

    layer: str
    weight: Any
    array: Any
    sums_colors: bool = False

    @property
    def fits(self) -> bool:
        """Whether the array has the weight's shape, or three channels for its one."""
        if self.weight is None or self.array is None or self.array.kind != "f":
            return False
        shape = tuple(self.weight.shape)
        colored = (*shape[:2], 3, *shape[3:])
        return self.array.shape == shape or (self.sums_colors and self.array.shape == colored)


def assign_weights(network: keras.Model, path: Path, *, with_head: bool = True) -> Fit:
    """Fill the network's trunk from a file, and its head where that fits, too.

    Args:
        network: As `build_architecture` gives it.
        path: A file as `open_weights` reads it.
        with_head: Whether the head's weights may be taken.

    Raises:
        BadConfiguration: Where the trunk does not fit; names the first layer that does not.
    """
    size = sum(4 * int(np.prod(weight.shape)) for weight in network.weights)
    trunk, head = weighted_layers(network)
    with open_weights(path, 10 * size + ROOM) as stored:
        pairs = _pair(trunk, stored, start=0, is_gray=network.input_shape[-1] == 1)
        _check(pairs, len(trunk), path)
        more = _pair(head, stored, start=len(pairs)) if with_head else []
        takes_head = bool(more) and all(pair.fits for pair in more)
        chosen = [*pairs, *more] if takes_head else pairs
        arrays = [_read(pair, stored) for pair in chosen]
    weights = [weight for layer in trunk + head * takes_head for weight in layer.weights]
    for weight, array in zip(weights, arrays, strict=True):
        weight.assign(array)
    return Fit(len(trunk), takes_head)


def _pair(
    layers: list[keras.Layer], stored: StoredWeights, *, start: int, is_gray: bool = False
) -> list[_Pair]:
    """Each weight of the layers with its array: by name where the file knows all, else in order.

    Args:
        layers: Of the network.
        stored: The file.
        start: How many of the file's arrays come before those of these layers.
        is_gray: Whether the first convolution may be summed over three channels.
    """
    names = {layer.name for layer in layers}
    if stored.is_ordered and not names <= stored.layers.keys():
        arrays = [array for group in stored.layers.values() for array in group][start:]
        wanted = [(layer.name, weight) for layer in layers for weight in layer.weights]
        found = [
            (name, weight, array)
            for (name, weight), array in zip_longest(wanted, arrays[: len(wanted)])
        ]
    else:
        found = [
            (layer.name, weight, array)
            for layer in layers
            for weight, array in zip_longest(layer.weights, stored.layers.get(layer.name, ()))
        ]
    return [
        _Pair(name, weight, array, is_gray and number == 0)
        for number, (name, weight, array) in enumerate(found)
    ]


def _read(pair: _Pair, stored: StoredWeights) -> NDArray[np.float32]:
    """The array of a pair that fits; a first convolution of three channels is summed for one.

    Raises:
        BadConfiguration: Where a value is not finite.
    """
    values = stored.read(pair.array)
    if not np.isfinite(values).all():
        raise BadConfiguration(
            f"Setting 'weights' must be a file of finite values, got others in layer '{pair.layer}'"
        )
    is_colored = values.shape != tuple(pair.weight.shape)
    return values.sum(axis=2, keepdims=True) if is_colored else values


def _check(pairs: list[_Pair], n_layers: int, path: Path) -> None:
    """Refuse a file whose trunk is another.

    Raises:
        BadConfiguration: Naming the first layer that does not fit.
    """
    fitting: set[str] = set()
    for pair in pairs:
        if not pair.fits:
            raise BadConfiguration(
                f"Setting 'weights' must be weights of this architecture: of {path.name} "
                f"{len(fitting - {pair.layer})} of {n_layers} layers of the trunk fit, then "
                f"'{pair.layer}' needs {_shape(pair.weight)} and the file has {_shape(pair.array)}"
            )
        fitting.add(pair.layer)


def _shape(array: Any | None) -> str:
    return "none" if array is None else "x".join(str(side) for side in array.shape) or "a number"
