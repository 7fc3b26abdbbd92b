"""What each layer of a Keras model gives, however deeply the layer is nested.

`keras.Model(inputs, [inner.output, ...])` fails on a backbone that was called inside another
model. Here each layer's `call` is wrapped while a function is traced, which works for functional,
Sequential, nested and subclassed models alike and costs nothing afterwards.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras

from mammo_core.errors import BadModel

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)
_one_at_a_time = threading.RLock()  # a wrapped call belongs to the thread that traces


def find_layers(model: keras.Model, prefix: str = "") -> dict[str, keras.Layer]:
    """All layers that are not models themselves, by path ("backbone/stem/conv")."""
    found: dict[str, keras.Layer] = {}
    for layer in model.layers:
        path = prefix + layer.name
        if isinstance(layer, keras.Model):
            found |= find_layers(layer, path + "/")
        else:
            found[path] = layer
    return found


class Outputs(dict[str, Any]):
    """Outputs of layers by path, in the order of the forward pass.

    A layer that is called twice keeps its last output.

    Attributes:
        n_calls: How often each layer was called.
    """

    def __init__(self) -> None:
        super().__init__()
        self.n_calls: Counter[str] = Counter()

    def note(self, path: str, output: Any) -> None:
        """Put an output behind all others."""
        self.pop(path, None)
        self[path] = output
        self.n_calls[path] += 1


@contextmanager
def capture_outputs(layers: dict[str, keras.Layer]) -> Iterator[Outputs]:
    """Yield a dictionary that fills with the layers' outputs in the order of the forward pass."""
    outputs = Outputs()
    with _one_at_a_time, ExitStack() as restored:
        for path, layer in layers.items():
            _wrap_call(layer, _noting(layer.call, path, outputs), restored)
        yield outputs


@contextmanager
def replace_output(layer: keras.Layer, output: Any, n_calls: int) -> Iterator[None]:
    """Let the last of a layer's `n_calls` in a pass give `output` in place of its own."""
    with _one_at_a_time, ExitStack() as restored:
        _wrap_call(layer, _replacing(layer.call, output, n_calls), restored)
        yield


@contextmanager
def tracing_alone() -> Iterator[None]:
    """Keep other threads from tracing a network's layers until the block ends."""
    with _one_at_a_time:
        yield


def _wrap_call(layer: keras.Layer, call: Callable[..., Any], restored: ExitStack) -> None:
    restored.callback(_restore_call, layer, layer.__dict__.get("call"))
    layer.__dict__["call"] = call


def _restore_call(layer: keras.Layer, own: Callable[..., Any] | None) -> None:
    """Give a layer back its own `call`, or where it had none that of its class."""
    if own is None:
        del layer.__dict__["call"]
    else:
        layer.__dict__["call"] = own


def _noting(call: Callable[..., Any], path: str, outputs: Outputs) -> Callable[..., Any]:
    def noting(*inputs: Any, **options: Any) -> Any:
        output = call(*inputs, **options)
        outputs.note(path, output)
        return output

    return noting


def _replacing(call: Callable[..., Any], output: Any, n_calls: int) -> Callable[..., Any]:
    n_made = 0

    def replacing(*inputs: Any, **options: Any) -> Any:
        nonlocal n_made
        n_made += 1
        own = call(*inputs, **options)
        return own if n_made < n_calls else keras.ops.cast(output, own.dtype)

    return replacing


def list_maps(outputs: dict[str, Any]) -> list[str]:
    """Paths of the outputs that are maps (N, h, w, channels) of more than one cell, in order."""
    return [path for path, output in outputs.items() if _is_map(getattr(output, "shape", ()))]


def summarize_features(outputs: dict[str, Any], n_outputs: int) -> Any:
    """(N, D) what the head decides from: the last output that is wider than the model's own.

    Of a map or a row of positions, the mean and the maximum of each channel over them, so that a
    small lesion is not lost in a large image.

    Args:
        outputs: In the order of the forward pass.
        n_outputs: Columns of the model's output.

    Raises:
        BadModel: Where no layer gives such an output.
    """
    for output in reversed(list(outputs.values())):
        width = list(getattr(output, "shape", ()))[1:][-1:]
        if width and width[0] is not None and width[0] > n_outputs:
            return _over_positions(output)
    raise BadModel("The model has no layer that is wider than its output, so nothing to map by")


def _over_positions(output: Any) -> Any:
    if len(output.shape) == 2:
        return keras.ops.cast(output, "float32")
    flat = keras.ops.reshape(output, (keras.ops.shape(output)[0], -1, output.shape[-1]))
    summaries = [keras.ops.mean(flat, axis=1), keras.ops.max(flat, axis=1)]
    return keras.ops.cast(keras.ops.concatenate(summaries, axis=1), "float32")


def _is_map(shape: Any) -> bool:
    return len(shape) == 4 and (shape[1] is None or shape[2] is None or shape[1] * shape[2] > 1)
