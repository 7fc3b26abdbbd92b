"""A checked configuration as a network: first without any weights, then with the file's own."""

import copy
import math
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import keras
import numpy as np
import tensorflow as tf

from mammo_core.errors import BadModel
from mammo_core.importing.archive import ForeignFile
from mammo_core.importing.cleaning import Entry
from mammo_core.importing.input_ranges import InputRange
from mammo_core.importing.limits import MAX_OUTPUT_VALUES, MAX_PRODUCTS
from mammo_core.importing.own_hdf5 import write_hdf5
from mammo_core.importing.stored_weights import StoredArray
from mammo_core.keras_classifier import KerasClassifier

Shape = tuple[int, ...]
Answer = TypeVar("Answer")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
OF_KERAS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    NotImplementedError,
    RuntimeError,
    OSError,
    tf.errors.OpError,
)
"""What Keras and TensorFlow raise about a configuration that makes no sense."""


def check_network(entry: Entry, input_shape: Shape, arrays: Iterable[StoredArray]) -> None:
    """Lay the network out with weights that have shapes only, and see that it can be built.

    Raises:
        BadModel: Where layers do not fit together, need other weights than the file holds, or
            need more memory or time for an image than any classifier of mammograms.
    """
    shapes, graph = _in_own_thread(lambda: _lay_out(entry, input_shape))
    _check_shapes(Counter(shapes), Counter(a.shape for a in arrays if a.kind == "f"))
    _check_effort(graph)


def build_network(entry: Entry, file: ForeignFile) -> keras.Model:
    """The network with the file's weights, never compiled.

    Raises:
        BadModel: Where the weights are not those that the layers need.
    """
    try:
        model = _deserialize(entry)
        if file.layout is None:
            model.set_weights(list(file.weights.read_floats()))
        else:
            model.load_weights(write_hdf5(file.weights, file.weights.folder / file.layout))
    except OF_KERAS as error:
        raise BadModel(f"Keras cannot load the weights: {_first_line(error)}") from error
    taken = (np.asarray(v) for v in model.weights if _is_float(v))
    if _digest(taken) != _digest(file.weights.read_floats()):
        raise BadModel("The weights that Keras took from the file are not all that it holds")
    return model


def put_in_front(model: keras.Model, input_range: InputRange, input_shape: Shape) -> keras.Model:
    """The network behind a layer that makes its values of ours; as it is where they are ours."""
    if input_range.is_ours:
        return model
    scale, offset = input_range.scale, input_range.offset
    image = keras.Input(input_shape, name="image_from_0_to_1")
    layer = keras.layers.Rescaling(
        scale[0] if len(scale) == 1 else list(scale),
        offset[0] if len(offset) == 1 else list(offset),
        name="own_input_range",
    )
    return keras.Model(image, model(layer(image)))


def classify(model: keras.Model, classes: tuple[str, ...]) -> KerasClassifier:
    """The network as a classifier: its head is recognized by what it makes of a few images.

    Raises:
        BadModel: For another number of classes, a multi-label head, or several inputs or outputs.
    """
    try:
        return KerasClassifier(model, classes)
    except OF_KERAS as error:
        raise BadModel(_first_line(error)) from error


def count_broken(model: keras.Model) -> int:
    """How many of a network's weights are NaN or infinite."""
    floats = (np.asarray(v, dtype=np.float32) for v in model.weights if _is_float(v))
    return sum(int(values.size - np.isfinite(values).sum()) for values in floats)


def _lay_out(entry: Entry, input_shape: Shape) -> tuple[list[Shape], Any]:
    """(shapes of the weights, the graph for one image); nothing is allocated."""
    with keras.StatelessScope(initialize_variables=False):
        model = _deserialize(entry)
        traced = tf.function(
            lambda image: model(image, training=False),
            input_signature=[tf.TensorSpec((1, *input_shape), tf.float32)],
            autograph=False,
            jit_compile=False,
        )
        graph = traced.get_concrete_function().graph
        return [tuple(v.shape) for v in model.weights if _is_float(v)], graph


def _in_own_thread(work: Callable[[], Answer]) -> Answer:
    """What `work` returns, done in a thread of its own.

    Keras remembers by thread which weights still wait for their values: those that were laid out
    only must be forgotten, or the next scope that ends would allocate them.
    """
    answers: list[Answer] = []
    faults: list[Exception] = []

    def run() -> None:
        try:
            answers.append(work())
        except (BadModel, RecursionError, *OF_KERAS) as error:
            faults.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if faults and isinstance(faults[0], BadModel):
        raise faults[0]
    if faults:
        raise BadModel(f"The layers do not fit together: {_first_line(faults[0])}") from faults[0]
    return answers[0]


def _check_shapes(declared: Counter[Shape], stored: Counter[Shape]) -> None:
    if declared != stored:
        more, less = sorted((declared - stored).elements()), sorted((stored - declared).elements())
        what = f"{list(more[0])}, which the file lacks" if more else f"not {list(less[0])}"
        raise BadModel(
            f"The network needs weights of shape {what}: the file's configuration and its weights "
            "are not of one model"
        )


def _check_effort(graph: Any) -> None:
    """Bound what one image costs, by the shapes of everything that is computed."""
    operations = graph.get_operations()
    largest = max((_count(t.shape) for op in operations for t in op.outputs), default=0)
    if largest > MAX_OUTPUT_VALUES:
        raise BadModel(
            f"A layer of the network gives {largest:,} numbers for one image; expected at most "
            f"{MAX_OUTPUT_VALUES:,}"
        )
    products = sum(_count_products(op) for op in operations)
    if products > MAX_PRODUCTS:
        raise BadModel(
            f"The network multiplies {products:.0e} times for one image; expected at most "
            f"{MAX_PRODUCTS:.0e}"
        )


def _count(shape: Any) -> int:
    return math.prod(side or 1 for side in shape) if shape.rank is not None else 0


def _count_products(operation: Any) -> int:
    """Multiplications of a convolution or a matrix product; 0 of anything else."""
    if operation.type in ("Conv2D", "DepthwiseConv2dNative"):
        kernel = operation.inputs[1].shape
        inner = kernel[:3] if operation.type == "Conv2D" else kernel[:2]
        return _count(operation.outputs[0].shape) * _count(inner)
    if operation.type in ("MatMul", "BatchMatMulV2", "Einsum"):
        return _count(operation.outputs[0].shape) * int(operation.inputs[0].shape[-1] or 1)
    return 0


def _deserialize(entry: Entry) -> keras.Model:
    model = keras.saving.deserialize_keras_object(copy.deepcopy(entry), safe_mode=True)
    if not isinstance(model, keras.Model):
        raise BadModel(f"Expected a model, got {type(model).__name__}")
    return model


def _digest(arrays: Iterable[Any]) -> Counter[tuple[Shape, bytes]]:
    """The arrays as a bag: their order and their names do not count."""
    import hashlib

    plain = (np.ascontiguousarray(array, np.float32) for array in arrays)
    return Counter((array.shape, hashlib.sha256(array.tobytes()).digest()) for array in plain)


def _is_float(variable: Any) -> bool:
    return "float" in str(variable.dtype)


def _first_line(error: Exception) -> str:
    """What went wrong at the innermost place that Keras tells of."""
    text = ANSI.sub("", str(error).rpartition("Exception encountered:")[2]).strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    is_place = len(lines) > 1 and lines[0].startswith("Exception encountered when calling")
    return (lines[is_place] if lines else type(error).__name__)[:300]
