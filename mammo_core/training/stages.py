"""The stages of a recipe: what each trains on, and with what."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np

from mammo_core.architectures import build_architecture
from mammo_core.training.batches import image_batches, patch_batches, weigh_positions
from mammo_core.training.configuration import Recipe, TrainingConfiguration
from mammo_core.training.data import Batch, TrainingData


@dataclass(frozen=True, eq=False)
class Stage:
    """One part of a training.

    Attributes:
        name: "patches" or "images", as the history shows it.
        epochs: How many it may last.
        n_batches: Batches an epoch.
        network: The whole network; its weights go from stage to stage.
        trained: The compiled model that learns: the network, or a part that shares its layers.
        batches: The batches of an epoch.
    """

    name: str
    epochs: int
    n_batches: int
    network: keras.Model
    trained: keras.Model
    batches: Callable[[int], Iterator[Batch]]


def build_patch_stage(data: TrainingData, config: TrainingConfiguration) -> Stage:
    """Learning what lesions look like, position by position of the last map."""
    network = build_network(data, config)
    evidence = network.get_layer("evidence").output
    positions = keras.Model(network.input, keras.layers.Softmax()(evidence))
    rows, columns = network.get_layer("positions").input.shape[1:3]
    grid = int(rows), int(columns)
    weights = weigh_positions(data, grid)
    return Stage(
        name="patches",
        epochs=config.patch_epochs,
        n_batches=count_batches(data, config),
        network=network,
        trained=_compile(positions, data, config, config.patch_epochs, config.patch_learning_rate),
        batches=functools.partial(patch_batches, data, config, grid=grid, weights=weights),
    )


def build_image_stage(data: TrainingData, config: TrainingConfiguration) -> Stage:
    """Learning to call whole images."""
    network = build_network(data, config)
    return Stage(
        name="images",
        epochs=config.epochs,
        n_batches=count_batches(data, config),
        network=network,
        trained=_compile(network, data, config, config.epochs, config.learning_rate),
        batches=functools.partial(image_batches, data, config),
    )


RECIPES: dict[Recipe, tuple[Callable[[TrainingData, TrainingConfiguration], Stage], ...]] = {
    "whole_image": (build_image_stage,),
    "patch_to_image": (build_patch_stage, build_image_stage),
}


def build_network(data: TrainingData, config: TrainingConfiguration) -> keras.Model:
    """The configuration's architecture, not trained and not compiled."""
    shape = (*config.image_size, 1)
    return build_architecture(config.architecture, shape, data.n_classes, config.dropout)


def count_batches(data: TrainingData, config: TrainingConfiguration) -> int:
    """How many batches an epoch has."""
    return int(np.ceil(len(data.train) / config.batch_size))


def _compile(
    model: keras.Model,
    data: TrainingData,
    config: TrainingConfiguration,
    epochs: int,
    learning_rate: float,
) -> keras.Model:
    """The model with AdamW: one epoch of warm-up, then half a cosine down to 0."""
    n_batches = count_batches(data, config)
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate / 40,
        decay_steps=max(1, n_batches * (epochs - 1)),
        warmup_target=learning_rate,
        warmup_steps=n_batches,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay)
    model.compile(optimizer, "sparse_categorical_crossentropy", jit_compile=False)
    return model
