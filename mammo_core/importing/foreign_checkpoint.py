"""A TensorFlow checkpoint's arrays in the order in which Keras counts a model's weights."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import trackable_object_graph_pb2

from mammo_core.errors import BadModel

OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"
FAULTS = (tf.errors.OpError, ValueError, KeyError, IndexError, RuntimeError, TypeError)


def convert_checkpoint(prefix: Path, data_bytes: int, target: Path) -> None:
    """Write the weights of a checkpoint's model to an HDF5 file, named by their order.

    Args:
        prefix: The checkpoint's files without their endings.
        data_bytes: How much the file of numbers holds; no more is read.
        target: Where to write.

    Raises:
        BadModel: Where it is damaged, declares more than it holds, or is none of Keras 2.
    """
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        keys = list(_order_weights(reader))
        _check_bytes(reader, keys, data_bytes)
        with h5py.File(target, "w") as file:
            for number, key in enumerate(keys):
                file[f"{number:06d}"] = reader.get_tensor(key)
    except FAULTS as error:
        raise BadModel(f"The weights cannot be read: {str(error).splitlines()[0][:200]}") from error


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
