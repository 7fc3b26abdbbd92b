"""The loop over stages and epochs, which can end at any moment and go on later."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import MammoError
from mammo_core.history import PATCHES, rank_epoch
from mammo_core.training.checkpoint import (
    Row,
    RunState,
    read_variables,
    restore_variables,
    save_state,
)
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import TrainingData, prefetch
from mammo_core.training.devices import Devices, find_devices
from mammo_core.training.rates import rate_key
from mammo_core.training.recipes import RECIPES
from mammo_core.training.stages import Stage, build_network
from mammo_core.training.step import Step, make_step, place_images
from mammo_core.training.transfer import build_head_stage
from mammo_core.training.validation import (
    Columns,
    predict_positions,
    score_images,
    score_predictions,
    score_probabilities,
)
from mammo_core.types import Progress

OnEpoch = Callable[[Row], None]
"""Told each finished epoch's row of the history; may raise `Cancelled` to end the training."""


def ignore_epoch(row: Row) -> None:
    """Do nothing with it."""


def run_stages(
    folder: Path,
    data: TrainingData,
    config: TrainingConfiguration,
    state: RunState,
    progress: Progress,
    on_epoch: OnEpoch = ignore_epoch,
    devices: Devices | None = None,
) -> keras.Model:
    """The trained model with the weights of its best epoch; goes on from `state`.

    A stage begins with the best weights so far. They stay the best until an epoch beats them, so
    that a trunk that only gets worse costs nothing; patches alone are no model of whole images.

    Args:
        folder: Where the state is kept.
        data: What is learnt from.
        config: The settings.
        state: Where it stands; changed as it goes on.
        progress: Told every batch.
        on_epoch: Told every finished epoch's row of the history.
        devices: Where to learn; None takes what the machine has.

    Raises:
        MammoError: Where a loss is no longer finite, or the disk is full.
    """
    devices = devices or find_devices()
    for number, build in enumerate(RECIPES[config.recipe]):
        if number < state.stage:
            continue
        # a training owns its process; a stage's chance does not hang on the stages before it
        keras.utils.set_random_seed(config.seed)
        here = devices.alone() if build is build_head_stage else devices
        with here.building():
            stage = build(data, config)
            _begin(stage, state)
        if stage.features is not None:
            stage.features.fill(folder, progress)
        step = make_step(stage.trained, here)
        _run_epochs(folder, stage, step, data, config, state, progress, on_epoch)
        if stage.features is not None:
            stage.features.discard()
        _end(folder, stage, state)
    network = build_network(data, config, config.image_size)
    network.set_weights(state.weights)
    return network


def _begin(stage: Stage, state: RunState) -> None:
    """The weights of the stage before, or exactly where this stage was left."""
    if state.weights:
        stage.network.set_weights(state.weights)
    if state.variables:
        restore_variables(stage.trained, state.variables)


def _end(folder: Path, stage: Stage, state: RunState) -> None:
    """Keep the stage's best weights and make ready for the next."""
    state.weights = state.best or stage.network.get_weights()
    state.stage, state.epoch = state.stage + 1, 0
    state.variables = []
    if stage.name == PATCHES:
        state.best = []  # else what comes next has to beat what it begins with
    save_state(folder, state)


def _run_epochs(
    folder: Path,
    stage: Stage,
    step: Step,
    data: TrainingData,
    config: TrainingConfiguration,
    state: RunState,
    progress: Progress,
    on_epoch: OnEpoch,
) -> None:
    judge = _make_judge(stage, data, config)
    while state.epoch < stage.epochs and not _is_stuck(stage, state):
        start = time.monotonic()
        learnt = _train_epoch(stage, step, config, state, progress)
        scores = judge()
        _check_finite(scores["val_loss"], "validation loss", stage, config, state)
        state.epoch += 1
        row: Row = {"epoch": len(state.rows) + 1, "stage": stage.name, **learnt.columns}
        times = {"seconds": time.monotonic() - start, "images_per_second": learnt.pace}
        state.rows.append({**row, **scores, **times})
        if _is_best(state):
            state.best, state.best_epoch = stage.network.get_weights(), len(state.rows)
        state.variables = read_variables(stage.trained)
        save_state(folder, state)
        state.variables = []  # three times the weights; the disk holds them
        on_epoch(state.rows[-1])


def _is_best(state: RunState) -> bool:
    """Whether the last epoch is better than the one whose weights are kept."""
    if not state.best:
        return True
    return rank_epoch(state.rows[-1]) > rank_epoch(state.rows[state.best_epoch - 1])


def _make_judge(
    stage: Stage, data: TrainingData, config: TrainingConfiguration
) -> Callable[[], Columns]:
    """What judges an epoch: the network on whole images, or its head on their features."""
    features = stage.features
    if features is not None:
        return lambda: score_probabilities(
            predict_positions(stage.trained, features, data.val), data
        )
    network = build_network(data, config, config.image_size)

    def judge() -> Columns:
        network.set_weights(stage.network.get_weights())
        return score_images(network, data)

    return judge


@dataclass(frozen=True)
class Learnt:
    """An epoch's learning.

    Attributes:
        columns: What the history shows: the mean training loss first.
        pace: Images (or patches) a second, input included.
    """

    columns: dict[str, float]
    pace: float


def _train_epoch(
    stage: Stage, step: Step, config: TrainingConfiguration, state: RunState, progress: Progress
) -> Learnt:
    """One pass over the stage's batches.

    Raises:
        MammoError: Where the loss is no longer finite.
    """
    losses: list[float] = []
    sizes: list[int] = []
    seen: list[tuple[NDArray[np.float32], NDArray[np.generic]]] = []
    n_batches, start = len(stage.batches), time.monotonic()
    before, total = state.epoch * n_batches, stage.epochs * n_batches
    doing = _tell_epoch(stage, state)
    for batch in prefetch(map(place_images, stage.batches.epoch(state.epoch))):
        progress(before + len(losses), total, doing)
        loss, predictions = step(batch)
        _check_finite(loss, "loss", stage, config, state)
        losses.append(loss)
        sizes.append(len(predictions))
        if predictions.ndim == 2:  # those of patches' positions would fill the memory
            seen.append((predictions, batch[1]))
    pace = sum(sizes) / max(time.monotonic() - start, 1e-6)
    loss = float(np.average(losses, weights=sizes))
    return Learnt({"loss": loss, **score_predictions(seen)}, pace)


def _tell_epoch(stage: Stage, state: RunState) -> str:
    """Which epoch is under way; those of the stages before count, as in the history."""
    before = len(state.rows) - state.epoch
    return f"Epoch {len(state.rows) + 1} of {before + stage.epochs} on {stage.name}, steps in all"


def _check_finite(
    loss: float, name: str, stage: Stage, config: TrainingConfiguration, state: RunState
) -> None:
    if np.isfinite(loss):
        return
    key = rate_key(stage.name)
    rate = getattr(config, key)
    raise MammoError(
        f"The {name} became {loss} in epoch {len(state.rows) + 1}; the epochs before are kept. Try "
        f"a lower {key}: train into another --out with --set {key}={rate / 3:.1g} (it was {rate:g})"
    )


def _is_stuck(stage: Stage, state: RunState) -> bool:
    """Whether the best of this stage's own epochs lies too far back."""
    if stage.patience is None or not state.epoch:
        return False
    own = [rank_epoch(row) for row in state.rows[-state.epoch :]]
    return len(own) - 1 - own.index(max(own)) >= stage.patience
