"""Monte Carlo dropout: units are dropped as in training, while all else infers."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mammo_core.errors import BadModel
from mammo_core.keras_classifier import KerasClassifier
from mammo_core.layer_capture import find_layers
from mammo_core.uncertainty.pass_method import PassSettings, Pixels, to_input

DROPPING = (
    keras.layers.Dropout,
    keras.layers.AlphaDropout,
    keras.layers.GaussianDropout,
    keras.layers.SpatialDropout2D,
)
"""Layers that do something in training alone and keep nothing: batch normalization is none."""
MOST = 65_535
AT_ONCE = 16
"""Images that share a stream of chance: fixed, so that no machine draws other numbers."""


class DropoutPasses:
    """Passes that differ by the units dropped; the weights and batch statistics stay.

    Only what is dropped at random is random: a model whose layers drop nothing is refused. The
    seed and the order of the images decide, as one stream of chance serves a batch.
    """

    def __init__(self, classifier: KerasClassifier, settings: PassSettings) -> None:
        """Find the layers that drop and trace the pass.

        Raises:
            BadModel: Where none drops anything.
        """
        self._classifier, self._settings = classifier, settings
        self._layers = find_dropping(classifier.model)
        if not self._layers:
            raise BadModel(
                "The model has no dropout layer, so that passes with dropout would all be the "
                "same; use test-time augmentation, or train with dropout above 0"
            )
        self._run = self._compile()
        for number, layer in enumerate(self._layers):
            layer.seed_generator.state.assign([settings.seed, number])

    def ask(self, pixels: Pixels, image_ids: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """Yield (n, K) probabilities, pass by pass."""
        gray = pixels.astype(np.float32) / np.float32(MOST)
        images = to_input(gray, self._classifier.input_shape[2])
        starts = range(0, len(images), AT_ONCE)
        parts = [tf.constant(images[at : at + AT_ONCE]) for at in starts]
        for _ in range(self._settings.passes):
            yield np.concatenate([self._run(part).numpy() for part in parts])

    def _compile(self) -> Callable[[Any], Any]:
        """One graph for any number of images; XLA stays off, for it is slower on CPUs."""
        signature = [tf.TensorSpec((None, *self._classifier.input_shape), tf.float32)]

        def run(images: Any) -> Any:
            with dropping(self._layers):
                output = self._classifier.model(images, training=False)
            return self._classifier.head.probabilities(output)

        traced = tf.function(run, input_signature=signature, autograph=False, jit_compile=False)
        return traced.get_concrete_function()


def find_dropping(model: keras.Model) -> list[keras.Layer]:
    """The layers that drop a share of their input in training, however deeply nested."""
    return [
        layer
        for layer in find_layers(model).values()
        if isinstance(layer, DROPPING) and layer.rate > 0
    ]


@contextmanager
def dropping(layers: Sequence[keras.Layer]) -> Iterator[None]:
    """Let these layers work as in training while a function is traced, whatever they are told."""
    with ExitStack() as restored:
        for layer in layers:
            own = layer.call
            layer.__dict__["call"] = _in_training(own)
            restored.callback(layer.__dict__.pop, "call")
        yield


def _in_training(call: Callable[..., Any]) -> Callable[..., Any]:
    def dropped(inputs: Any, training: Any = None) -> Any:
        return call(inputs, training=True)

    return dropped
