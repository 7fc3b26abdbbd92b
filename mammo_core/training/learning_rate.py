"""The search for a learning rate on a dataset, with the settings of the training to come."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras

from mammo_core.preparation import prepare_dataset
from mammo_core.training.checkpoint import RunState
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import Batch, TrainingData, gather_data
from mammo_core.training.devices import Devices, find_devices
from mammo_core.training.first_weights import begin_with_weights
from mammo_core.training.obstacles import check_memory
from mammo_core.training.plan import Plan
from mammo_core.training.rates import RateCurve, list_rates, sweep_rates
from mammo_core.training.recipes import RECIPES
from mammo_core.training.stages import Stage
from mammo_core.training.step import make_step
from mammo_core.types import Progress, no_progress


@dataclass(frozen=True, kw_only=True)
class RateSearch:
    """How the rate rises.

    Attributes:
        lowest, highest: The first and the last rate.
        n_steps: Batches from one to the other.
    """

    lowest: float = 1e-5
    highest: float = 1.0
    n_steps: int = 100


def search_learning_rate(
    plan: Plan, search: RateSearch, *, progress: Progress = no_progress
) -> tuple[str, RateCurve]:
    """(the stage that the plan's recipe begins with, how it took rising rates).

    Later stages begin with weights that only a training has.

    Raises:
        BadConfiguration: For settings that cannot be trained with.
        BadDataset: Where a split or a class is missing.
    """
    check_memory(plan.config)
    dataset, cache = prepare_dataset(plan.dataset, plan.preprocess, progress=progress)
    data = gather_data(dataset, cache, plan.config, plan.roles)
    begun = RunState()
    begin_with_weights(begun, plan.config, data.classes, progress)
    return sweep_stage(data, plan.config, begun, search, find_devices().alone(), progress)


def sweep_stage(
    data: TrainingData,
    config: TrainingConfiguration,
    begun: RunState,
    search: RateSearch,
    devices: Devices,
    progress: Progress,
) -> tuple[str, RateCurve]:
    """As `search_learning_rate`, on data that were gathered; the weights it uses are its own."""
    keras.utils.set_random_seed(config.seed)  # a search owns its process
    with devices.building():
        stage = RECIPES[config.recipe][0](data, config)
        if begun.weights:
            stage.network.set_weights(begun.weights)
        optimizer = keras.optimizers.AdamW(search.lowest, weight_decay=config.weight_decay)
        stage.trained.compile(optimizer, stage.trained.loss, jit_compile=False)
    with tempfile.TemporaryDirectory() as scratch:
        if stage.features is not None:
            stage.features.fill(Path(scratch), progress)
        step = _make_rated_step(stage, devices, search, progress)
        rates = list_rates(search.lowest, search.highest, search.n_steps)
        return stage.name, sweep_rates(step, rates.tolist())


def _make_rated_step(
    stage: Stage, devices: Devices, search: RateSearch, progress: Progress
) -> Callable[[float], float]:
    learn, batches = make_step(stage.trained, devices), _without_end(stage)
    done = iter(range(search.n_steps))

    def step(rate: float) -> float:
        progress(next(done), search.n_steps, "Raising the learning rate")
        stage.trained.optimizer.learning_rate.assign(rate)
        return learn(next(batches))[0]

    return step


def _without_end(stage: Stage) -> Iterator[Batch]:
    """The batches of one epoch after the other, whole ones only: a short one's loss scatters."""
    number = 0
    while True:
        size = 0
        for batch in stage.batches.epoch(number):
            size = max(size, len(batch[0]))
            if len(batch[0]) == size:
                yield batch
        number += 1
