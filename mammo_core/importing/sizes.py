"""Declared sizes against stored ones, before Keras builds anything."""

from collections.abc import Iterable
from typing import Any

from mammo_core.errors import BadModel
from mammo_core.importing.cleaning import Entry, walk_layers
from mammo_core.importing.layers import LAYERS, Pattern
from mammo_core.importing.limits import MAX_SIDE, MIN_SIDE
from mammo_core.importing.stored_weights import StoredArray

Size = tuple[int, int]


def check_declared_sizes(entry: Entry, arrays: Iterable[StoredArray]) -> None:
    """See that each layer's declared sizes belong to weights that the file holds.

    Raises:
        BadModel: For the first layer whose weights are not there.
    """
    stored = {array.shape for array in arrays}
    for layer in walk_layers(entry):
        for pattern in _declare(layer):
            if not any(_fits(shape, pattern) for shape in stored):
                raise BadModel(
                    f"The layer '{layer['config'].get('name')}' declares weights of shape "
                    f"{_tell(pattern)}, which the file does not hold: its configuration and its "
                    "weights are not of one model"
                )


def fix_input(entry: Entry, size: Size | None) -> tuple[int, int, int]:
    """Give the input the size that the file or the user names; (rows, columns, channels).

    Args:
        entry: A cleaned model; its input's shape is completed in place.
        size: The user's (rows, columns), None where the file is to tell.

    Raises:
        BadModel: For other than one image of one or three channels, or where nobody tells the size.
    """
    shape = _find_input(entry)
    given = shape[1:]
    if len(given) != 3:
        raise BadModel(
            f"Expected a model of images, (rows, columns, channels), its input is {_tell(given)}"
        )
    rows, columns, channels = given
    if channels not in (1, 3):
        told = "; it has them first" if rows in (1, 3) else ""
        raise BadModel(f"Expected 1 or 3 channels, last, the input is {_tell(given)}{told}")
    if None in (rows, columns) and size is None:
        raise BadModel(
            f"The model takes images of any size ({_tell(given)}); name the one that it was "
            "trained with: --size ROWSxCOLUMNS"
        )
    for side, (own, asked) in enumerate(zip((rows, columns), size or (rows, columns), strict=True)):
        if own not in (None, asked):
            raise BadModel(f"--size must be {rows}x{columns}, the model's own, or left out")
        if not MIN_SIDE <= asked <= MAX_SIDE:
            raise BadModel(f"Expected {MIN_SIDE} to {MAX_SIDE} pixels a side, got {asked}")
        shape[1 + side] = asked
    shape[0] = None
    return shape[1], shape[2], channels


def _find_input(entry: Entry) -> list[Any]:
    """The shape of the only input, (batch, ...), as it lies in the cleaned entry."""
    layers = entry["config"]["layers"]
    inputs = [layer for layer in layers if layer["class_name"] == "InputLayer"]
    if entry["class_name"] == "Sequential" and not inputs and "layers" in layers[0]["config"]:
        return _find_input(layers[0])
    if len(inputs) != 1:
        what = "several inputs" if inputs else "no shape of its input"
        raise BadModel(
            f"Expected a model of one image, this one has {what}; save one that takes a single "
            "image, built or called once before"
        )
    shape: list[Any] = inputs[0]["config"]["batch_shape"]
    if not shape or not all(side is None or isinstance(side, int) for side in shape):
        raise BadModel(f"Expected the shape of the model's input, got {str(shape)[:60]}")
    return shape


def _declare(layer: Entry) -> list[Pattern]:
    name, config = layer["class_name"], layer["config"]
    if layer["module"] != "keras.layers":
        return []
    try:
        patterns = LAYERS[name]({"depth_multiplier": 1, **config})
    except (KeyError, TypeError, ValueError) as error:
        raise BadModel(f"The layer '{name}' lacks a setting: {error}") from error
    for side in (side for pattern in patterns for side in pattern):
        if side is not None and (not isinstance(side, int) or side < 1):
            raise BadModel(f"Expected whole numbers from 1 on in the layer '{name}', got {side}")
    return patterns


def _fits(shape: tuple[int, ...], pattern: Pattern) -> bool:
    return len(shape) == len(pattern) and all(
        wanted in (None, side) for side, wanted in zip(shape, pattern, strict=True)
    )


def _tell(shape: Iterable[Any]) -> str:
    return "(" + ", ".join("any" if side is None else f"{side:,}" for side in shape) + ")"
