"""The stages of a recipe: what each trains on and how its epochs are judged."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np

from mammo_core.architectures import build_architecture
from mammo_core.training.configuration import Recipe, TrainingConfiguration
from mammo_core.training.data import (
    Batch,
    TrainingData,
    count_patch_batches,
    image_batches,
    patch_batches,
)
from mammo_core.training.validation import Scores, score_images, score_nothing


@dataclass(frozen=True)
class Stage:
    """One part of a training.

    Attributes:
        name: "patches" or "images", as the history shows it.
        input_size: (rows, columns) that its model takes.
        epochs: How many it may last.
        n_batches: Batches an epoch, at most.
        learning_rate: The highest of its cosine schedule.
        keeps_statistics: Whether batch normalization goes on with the statistics of the stage
            before, so that a spot in a whole image looks as it did in a patch.
        batches: The batches of an epoch.
        validate: Scores of the model after an epoch; "score" decides which epoch is best.
    """

    name: str
    input_size: tuple[int, int]
    epochs: int
    n_batches: int
    learning_rate: float
    keeps_statistics: bool
    batches: Callable[[TrainingData, TrainingConfiguration, int], Iterator[Batch]]
    validate: Callable[[keras.Model, TrainingData], Scores]

    def build(self, config: TrainingConfiguration, n_classes: int) -> keras.Model:
        """The stage's model, compiled; its weights fit every other stage's."""
        shape = (*self.input_size, 1)
        model = build_architecture(config.architecture, shape, n_classes, config.dropout)
        if self.keeps_statistics:
            _freeze_statistics(model)
        optimizer = keras.optimizers.AdamW(self._schedule(), weight_decay=config.weight_decay)
        model.compile(optimizer, "sparse_categorical_crossentropy", jit_compile=False)
        return model

    def _schedule(self) -> keras.optimizers.schedules.CosineDecay:
        """One epoch of warm-up, then half a cosine down to 0."""
        return keras.optimizers.schedules.CosineDecay(
            self.learning_rate / 40,
            decay_steps=max(1, self.n_batches * (self.epochs - 1)),
            warmup_target=self.learning_rate,
            warmup_steps=self.n_batches,
        )


def patch_stage(data: TrainingData, config: TrainingConfiguration) -> Stage:
    """Learning what lesions look like."""
    return Stage(
        name="patches",
        input_size=(config.patch_size, config.patch_size),
        epochs=config.patch_epochs,
        n_batches=count_patch_batches(data, config),
        learning_rate=config.patch_learning_rate,
        keeps_statistics=False,
        batches=patch_batches,
        validate=score_nothing,
    )


def image_stage(data: TrainingData, config: TrainingConfiguration) -> Stage:
    """Learning to find them in whole images."""
    return Stage(
        name="images",
        input_size=config.image_size,
        epochs=config.epochs,
        n_batches=int(np.ceil(len(data.train) / config.batch_size)),
        learning_rate=config.learning_rate,
        keeps_statistics=config.recipe == "patch_to_image",
        batches=image_batches,
        validate=score_images,
    )


RECIPES: dict[Recipe, tuple[Callable[[TrainingData, TrainingConfiguration], Stage], ...]] = {
    "whole_image": (image_stage,),
    "patch_to_image": (patch_stage, image_stage),
}


def _freeze_statistics(model: keras.Model) -> None:
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
