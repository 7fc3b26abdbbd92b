"""The affine beginning of a network: a sum of gradients goes back through it once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mammo_core.layer_capture import CONVOLUTIONS, capture_outputs
from mammo_core.network_passes import Network, Pass, differentiate_logits

TOLERANCE = 1e-4
"""How far gradients that should be the same may lie apart, as a share of the largest."""


@dataclass(frozen=True, eq=False)
class AffineStem:
    """What a network does to an image up to the output of its first convolution.

    Where that is affine and the image enters in no other way, this last step of the backward pass
    is linear in the gradient above it and the same for every image. A weighted sum of images'
    gradients is then the weighted sum of their gradients above it, taken back once instead of
    once an image. In a large image of few channels that is the dearest step of all.

    Attributes:
        above: Compiled (images, (G, N) weights) -> (G, classes, h, w, channels) weighted sums of
            the gradients of each logit with respect to the convolution's output.
        below: Compiled (images, (N, h, w, channels) gradients) -> (N, H, W, C) what becomes of
            them at the image; the same whatever the images are.
    """

    above: Pass
    below: Pass


def find_affine_stem(network: Network) -> AffineStem | None:
    """The network's beginning; None where it is not affine, or the image passes it by."""
    path = _find_first_convolution(network)
    if path is None:
        return None
    below = _build_below(network, path)
    if not _is_affine(below, network, path):
        return None
    above = _build_above(network, path)
    return None if above is None else AffineStem(above, below)


def _find_first_convolution(network: Network) -> str | None:
    for path, output in network.outputs.items():
        if isinstance(network.layers[path], CONVOLUTIONS):
            is_plain = network.outputs.n_calls[path] == 1 and None not in output.shape[1:]
            return path if is_plain else None
    return None


def _build_above(network: Network, path: str) -> Pass | None:
    """None where the logits depend on the image by another way, too."""
    is_only_way = False

    def differentiate(images: Any, weights: Any) -> tuple[Any]:
        nonlocal is_only_way
        with capture_outputs({path: network.layers[path]}) as outputs:
            logits = network.logits(images)
        passing = tf.gradients(logits, images, stop_gradients=[outputs[path]])[0]
        is_only_way = passing is None
        if not is_only_way:
            return (logits,)
        gradients = differentiate_logits(network, logits, outputs[path])
        return (tf.stack([tf.tensordot(weights, one, 1) for one in gradients], axis=1),)

    compiled = network.compile(differentiate, tf.TensorSpec((None, None), tf.float32))
    return compiled if is_only_way else None


def _build_below(network: Network, path: str) -> Pass:
    def take_back(images: Any, gradients: Any) -> tuple[Any]:
        with capture_outputs({path: network.layers[path]}) as outputs:
            network.logits(images)
        output = tf.cast(outputs[path], tf.float32)
        found = tf.gradients(output, images, grad_ys=gradients)[0]
        return (tf.zeros_like(images) if found is None else found,)

    return network.compile(take_back, tf.TensorSpec(network.outputs[path].shape, tf.float32))


def _is_affine(below: Pass, network: Network, path: str) -> bool:
    """Whether one gradient is taken back alike at a black, a white and a random image."""
    generator = np.random.default_rng(0)
    one = generator.standard_normal((1, *network.outputs[path].shape[1:])).astype(np.float32)
    noise = generator.random(network.input_shape, dtype=np.float32)
    images = np.stack([np.zeros_like(noise), np.ones_like(noise), noise])
    found = [below(tf.constant(image[None]), tf.constant(one))[0].numpy() for image in images]
    return _is_alike(found[0], found[2]) and _is_alike(found[1], found[2])


def _is_alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    largest = np.abs(other).max()
    return bool(largest > 0 and np.abs(one - other).max() <= TOLERANCE * largest)
