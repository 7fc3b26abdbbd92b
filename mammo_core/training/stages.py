"""The stages of a recipe: what each trains on, and with what."""

from dataclasses import dataclass

import keras

from mammo_core.architectures import build_architecture
from mammo_core.training.batches import ImageBatches, PatchBatches, make_patch_batches
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import TrainingData
from mammo_core.training.features import FeatureBatches, FeatureCache
from mammo_core.training.losses import make_loss


@dataclass(frozen=True, eq=False)
class Stage:
    """One part of a training.

    Attributes:
        name: "patches", "head", "upper" or "images", as the history shows it.
        epochs: How many it may last.
        network: Holds the weights, which go from stage to stage.
        trained: The compiled model that learns: the network, or a part that shares its layers.
        batches: What it learns from.
        patience: Epochs without a better validation after which it ends; None never.
        features: What stands for the images where the trunk is frozen; None where they do.
    """

    name: str
    epochs: int
    network: keras.Model
    trained: keras.Model
    batches: ImageBatches | PatchBatches | FeatureBatches
    patience: int | None
    features: FeatureCache | None = None


def build_patch_stage(data: TrainingData, config: TrainingConfiguration) -> Stage:
    """Learning what lesions look like, position by position of the last map.

    It never ends early: its validation on whole images says little before the last epochs.
    """
    network = build_network(data, config, (config.patch_size, config.patch_size))
    rows, columns = network.get_layer("positions").input.shape[1:3]
    batches = make_patch_batches(data, config, (int(rows), int(columns)))
    evidence = network.get_layer("evidence").output
    trained = keras.Model(network.input, keras.layers.Softmax(dtype="float32")(evidence))
    compile_model(trained, config, len(batches), config.patch_epochs, config.patch_learning_rate)
    return Stage("patches", config.patch_epochs, network, trained, batches, patience=None)


def build_image_stage(data: TrainingData, config: TrainingConfiguration) -> Stage:
    """Learning to call whole images.

    After patches, batch normalization keeps their statistics, so that a spot in a whole image
    looks as it did in a patch.
    """
    network = build_network(data, config, config.image_size)
    if config.recipe == "patch_to_image":
        freeze_statistics(network)
    batches = ImageBatches(data, config)
    compile_model(network, config, len(batches), config.epochs, config.learning_rate)
    return Stage("images", config.epochs, network, network, batches, config.patience)


def build_network(
    data: TrainingData, config: TrainingConfiguration, size: tuple[int, int]
) -> keras.Model:
    """The configuration's architecture for views of that size, not trained and not compiled."""
    rows, columns = size
    shape = (rows, columns * max(1, len(config.views)), config.channels)
    return build_architecture(
        config.architecture, shape, data.n_classes, config.dropout, config.pooling
    )


def compile_model(
    model: keras.Model,
    config: TrainingConfiguration,
    n_batches: int,
    epochs: int,
    learning_rate: float,
) -> None:
    """Compile with AdamW: one epoch of warm-up, then half a cosine down to 0."""
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate / 40,
        decay_steps=max(1, n_batches * (epochs - 1)),
        warmup_target=learning_rate,
        warmup_steps=n_batches,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay)
    model.compile(optimizer, make_loss(config), jit_compile=False)


def freeze_statistics(model: keras.Model) -> None:
    """Leave batch normalization as it is: in inference mode, whatever the batches are."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
