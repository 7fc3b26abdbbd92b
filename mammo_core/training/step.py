"""One step of learning: a batch in, its loss and its predictions out, the weights changed."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mammo_core.training.data import ALIGNMENT, Batch
from mammo_core.training.devices import Devices

Step = Callable[[Batch], tuple[float, NDArray[np.float32]]]
"""A batch's mean loss and its predictions, made before the weights changed."""


def make_step(model: keras.Model, devices: Devices) -> Step:
    """The compiled step of a compiled model.

    Keras's own `train_on_batch` gives no predictions, and hands the whole batch to every replica.
    """
    with devices.building():
        model.optimizer.build(model.trainable_variables)
    if devices.strategy is None:
        return _make_single(model)
    return _make_mirrored(model, devices.strategy)


def place_images(batch: Batch) -> tuple[tf.Tensor, NDArray[Any], NDArray[np.float32]]:
    """The batch with its images as a tensor: their own memory where it is aligned, else a copy.

    A step would copy them before it begins, while no network learns. They must not change later.
    """
    images, labels, weights = batch
    if images.ctypes.data % ALIGNMENT == 0:
        return tf.experimental.dlpack.from_dlpack(images.__dlpack__()), labels, weights
    with tf.device("CPU:0"):  # a step on another device, or on several, fetches them from here
        return tf.constant(images), labels, weights


def split_batch(batch: Batch, n_parts: int) -> list[Batch]:
    """The batch in equal parts, whose mean losses have the batch's mean loss as their mean.

    Where it does not divide, its last row is repeated with no weight.
    """
    n = len(batch[0])
    n_added = -n % n_parts
    arrays = map(np.asarray, batch)
    images, labels, weights = (np.concatenate([a, a[-1:].repeat(n_added, 0)]) for a in arrays)
    weights = weights * np.float32((n + n_added) / n)
    weights[n:] = 0
    parts = zip(*(np.split(array, n_parts) for array in (images, labels, weights)), strict=True)
    return [(images, labels, weights) for images, labels, weights in parts]


def _make_single(model: keras.Model) -> Step:
    learn = _make_learning(model)
    compiled: Callable[..., Any] | None = None

    def step(batch: Batch) -> tuple[float, NDArray[np.float32]]:
        nonlocal compiled
        if compiled is None:
            compiled = tf.function(learn, input_signature=_describe(batch), jit_compile=False)
        loss, predictions = compiled(*batch)
        return float(loss), predictions.numpy()

    return step


def _describe(batch: Batch) -> list[tf.TensorSpec]:
    """The batch's types with any number of rows, so that a short last batch compiles nothing."""
    return [tf.TensorSpec([None, *array.shape[1:]], array.dtype) for array in batch]


def _make_mirrored(model: keras.Model, strategy: tf.distribute.Strategy) -> Step:
    learn = _make_learning(model)
    compiled = tf.function(
        lambda *parts: strategy.run(learn, args=parts), reduce_retracing=True, jit_compile=False
    )

    def step(batch: Batch) -> tuple[float, NDArray[np.float32]]:
        parts = split_batch(batch, strategy.num_replicas_in_sync)
        losses, predictions = compiled(
            *(_spread(strategy, kind) for kind in zip(*parts, strict=True))
        )
        rows = [part.numpy() for part in strategy.experimental_local_results(predictions)]
        loss = sum(float(part) for part in strategy.experimental_local_results(losses))
        return loss, np.concatenate(rows)[: len(batch[0])]

    return step


def _spread(strategy: tf.distribute.Strategy, parts: tuple[NDArray[Any], ...]) -> Any:
    """Each replica its part."""
    return strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(parts[context.replica_id_in_sync_group])
    )


def _make_learning(model: keras.Model) -> Callable[..., tuple[Any, Any]]:
    """What one device does with its part; Keras adds up the gradients and shares of the loss."""

    def learn(images: Any, labels: Any, weights: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            predictions = model(images, training=True)
            loss = model.compute_loss(images, labels, predictions, weights, training=True)
            scaled = model.optimizer.scale_loss(loss)
        variables = model.trainable_weights
        gradients = tape.gradient(scaled, variables)
        model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return loss, predictions

    return learn
