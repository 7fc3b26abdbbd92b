"""One trial of a sweep as a training; whatever its settings do, the next trial can begin."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import tensorflow as tf

from mammo_core.datasets import load_dataset
from mammo_core.errors import MammoError
from mammo_core.tensorflow_start import forget_networks
from mammo_core.training.loop import OnEpoch
from mammo_core.training.plan import plan_training
from mammo_core.training.run import train
from mammo_core.types import Progress

if TYPE_CHECKING:
    from mammo_core.tuning.ranges import Value
    from mammo_core.tuning.sweep import Sweep


def train_trial(
    sweep: "Sweep",
    settings: "dict[str, Value]",
    folder: Path,
    progress: Progress,
    on_epoch: OnEpoch,
) -> None:
    """Train a model into the folder with the sweep's fixed settings and these.

    Raises:
        MammoError: Where these settings cannot be trained, for want of memory for instance.
    """
    plan = plan_training(load_dataset(sweep.dataset), sweep.configure(settings))
    try:
        train(plan, folder, progress=progress, on_epoch=on_epoch)
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise MammoError(
            "Not enough memory; a smaller batch_size, image_size or architecture needs less"
        ) from error
    except (ValueError, tf.errors.OpError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise MammoError(f"These settings do not train: {reason[0]}") from error
    finally:
        forget_networks()
        gc.collect()
