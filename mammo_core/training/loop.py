"""The loop over stages and epochs, which can end at any moment and go on later."""

import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from mammo_core.errors import MammoError
from mammo_core.training.checkpoint import (
    Row,
    RunState,
    read_variables,
    restore_variables,
    save_state,
)
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import TrainingData, prefetch
from mammo_core.training.stages import RECIPES, Stage, build_network
from mammo_core.training.validation import score_images
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
) -> keras.Model:
    """The trained model of the last stage, with its best weights; goes on from `state`."""
    keras.utils.set_random_seed(config.seed)  # a training owns its process
    for number, build in enumerate(RECIPES[config.recipe]):
        if number < state.stage:
            continue
        stage = build(data, config)
        _begin(stage, state)
        _run_epochs(folder, stage, data, config, state, progress, on_epoch)
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
    state.variables, state.best, state.best_score = [], [], -np.inf
    save_state(folder, state)


def _run_epochs(
    folder: Path,
    stage: Stage,
    data: TrainingData,
    config: TrainingConfiguration,
    state: RunState,
    progress: Progress,
    on_epoch: OnEpoch,
) -> None:
    judge = build_network(data, config, config.image_size)
    while state.epoch < stage.epochs and not _is_stuck(stage, state):
        start = time.monotonic()
        loss = _train_epoch(stage, state, progress)
        judge.set_weights(stage.network.get_weights())
        scores = score_images(judge, data)
        state.epoch += 1
        row: Row = {"epoch": len(state.rows) + 1, "stage": stage.name, "loss": loss}
        state.rows.append({**row, **scores.columns, "seconds": time.monotonic() - start})
        if scores.score > state.best_score:
            state.best, state.best_score = stage.network.get_weights(), scores.score
            state.best_epoch = len(state.rows)
        state.variables = read_variables(stage.trained)
        save_state(folder, state)
        on_epoch(state.rows[-1])


def _train_epoch(stage: Stage, state: RunState, progress: Progress) -> float:
    """The mean training loss of one epoch.

    Raises:
        MammoError: Where the loss is no longer finite.
    """
    losses: list[float] = []
    doing = f"Training on {stage.name}"
    n_batches = len(stage.batches)
    before, total = state.epoch * n_batches, stage.epochs * n_batches
    for images, labels, weights in prefetch(stage.batches.epoch(state.epoch)):
        progress(before + len(losses), total, doing)
        stage.trained.reset_metrics()
        losses.append(float(stage.trained.train_on_batch(images, labels, sample_weight=weights)))
        if not np.isfinite(losses[-1]):
            raise MammoError(
                f"The loss became {losses[-1]} in epoch {len(state.rows) + 1}; the epochs before "
                "are kept. Try a lower learning_rate"
            )
    return float(np.mean(losses))


def _is_stuck(stage: Stage, state: RunState) -> bool:
    """Whether the best epoch of this stage lies too far back."""
    if stage.patience is None or not state.best:
        return False
    return len(state.rows) - state.best_epoch >= stage.patience
