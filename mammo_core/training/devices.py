"""What a training runs on: the graphics processors where there are any, else the processor."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf


@dataclass(frozen=True, eq=False)
class Devices:
    """Where networks are built and batches go.

    Attributes:
        names: The devices; empty means that TensorFlow chooses.
        precision: Keras's policy: "float32", or "mixed_float16", which halves what a graphics
            processor moves (Micikevicius et al. 2018, arXiv:1710.03740) and slows a processor.
        strategy: Splits batches over several devices; None for one.
    """

    names: tuple[str, ...]
    precision: str
    strategy: Any | None

    def alone(self) -> "Devices":
        """One of them, with the same precision: for models that also predict batch by batch.

        Keras's `predict_on_batch` gives every row once a replica.
        """
        return Devices((), self.precision, None)

    @contextmanager
    def building(self) -> Iterator[None]:
        """Networks made inside learn on these devices with this precision."""
        before = keras.config.dtype_policy()
        with ExitStack() as stack:
            if self.strategy is not None:
                stack.enter_context(self.strategy.scope())
            stack.callback(keras.config.set_dtype_policy, before)
            keras.config.set_dtype_policy(self.precision)
            yield


def choose_devices(graphics: Sequence[str]) -> Devices:
    """All graphics processors, in mixed precision; without one the processor, in float32."""
    precision = "mixed_float16" if graphics else "float32"
    return use_devices(tuple(graphics), precision)


def use_devices(names: tuple[str, ...], precision: str) -> Devices:
    """These devices, mirrored where there are several."""
    strategy = tf.distribute.MirroredStrategy(list(names)) if len(names) > 1 else None
    return Devices(names, precision, strategy)


def find_devices() -> Devices:
    """What this machine has; graphics memory is taken as it is needed, not all at once."""
    for device in tf.config.list_physical_devices("GPU"):
        with suppress(RuntimeError):  # a network ran before: it is set already
            tf.config.experimental.set_memory_growth(device, True)
    return choose_devices([device.name for device in tf.config.list_logical_devices("GPU")])
