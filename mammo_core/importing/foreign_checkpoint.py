"""A TensorFlow checkpoint's arrays in the order in which Keras counts a model's weights."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.core.protobuf import trackable_object_graph_pb2

from mammo_core.errors import BadModel
from mammo_core.importing.copying import Copying
from mammo_core.importing.stored_weights import StoredArray, StoredWeights

OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"
FAULTS = (tf.errors.OpError, ValueError, KeyError, IndexError, RuntimeError, TypeError)


def copy_checkpoint(copying: Copying) -> StoredWeights:
    """Copy the weights of a checkpoint's model, named by their order.

    Args:
        copying: From the checkpoint's files without their endings; no more than their bytes.

    Raises:
        BadModel: Where it is damaged, declares more than it holds, or is none of Keras 2.
    """
    try:
        reader = tf.train.load_checkpoint(str(copying.source))
        keys = list(_order_weights(reader))
        _check_bytes(reader, keys, copying.n_bytes)
        values = [np.asarray(reader.get_tensor(key)) for key in keys]
    except FAULTS as error:
        raise BadModel(f"The weights cannot be read: {str(error).splitlines()[0][:200]}") from error
    weights = StoredWeights(tuple(map(_describe, keys, values)), {}, copying.target)
    for number, array in enumerate(values):
        weights.save(number, array)
    return weights


def _describe(key: str, values: NDArray[Any]) -> StoredArray:
    if values.dtype.kind not in "fiub":
        raise BadModel(f"Expected numbers in the weights at {key[:60]}, got another kind")
    return StoredArray(key, values.shape, values.dtype.kind, values.dtype.itemsize)


def _order_weights(reader: Any) -> Iterator[str]:
    """Keys of the root's weights, layer by layer."""
    graph = trackable_object_graph_pb2.TrackableObjectGraph()
    graph.ParseFromString(reader.get_tensor(OBJECTS))
    weights = _children(graph, 0)["variables"]
    children = _children(graph, weights)
    for name in sorted((name for name in children if name.isdigit()), key=int):
        yield graph.nodes[children[name]].attributes[0].checkpoint_key


def _children(graph: Any, node: int) -> dict[str, int]:
    return {child.local_name: child.node_id for child in graph.nodes[node].children}


def _check_bytes(reader: Any, keys: list[str], data_bytes: int) -> None:
    shapes, kinds = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    declared = sum(int(np.prod(shapes[key], dtype=object)) * kinds[key].size for key in set(keys))
    if len(set(keys)) < len(keys) or declared > data_bytes:
        raise BadModel(f"The weights declare {declared:,} bytes, of which {data_bytes:,} are there")
