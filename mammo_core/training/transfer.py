"""The stages of a transfer: the head on a frozen trunk, the trunk's upper part, then everything."""

import keras

from mammo_core.architectures.parts import head_of, trunk_of, weighted_layers
from mammo_core.training.batches import ImageBatches
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import TrainingData
from mammo_core.training.features import FeatureBatches, FeatureCache
from mammo_core.training.stages import Stage, build_network, compile_model, freeze_statistics

GENTLY = 0.1
"""Share of the learning rate at which a trunk learns that knows already."""


def build_head_stage(data: TrainingData, config: TrainingConfiguration) -> Stage:
    """The head alone, from features that the trunk gave once for every image.

    The trunk runs in inference mode, so that batch normalization keeps the statistics that it came
    with; augmentation waits for the later stages (see `FeatureCache`).
    """
    network = build_network(data, config, config.image_size)
    features = FeatureCache(trunk_of(network), data)
    head, batches = head_of(network), FeatureBatches(features, config)
    compile_model(head, config, len(batches), config.head_epochs, config.head_learning_rate)
    return Stage("head", config.head_epochs, network, head, batches, config.patience, features)


def build_upper_stage(data: TrainingData, config: TrainingConfiguration) -> Stage:
    """The head and the upper share of the trunk's layers; statistics stay frozen."""
    network = build_network(data, config, config.image_size)
    layers, _ = weighted_layers(network)
    for layer in layers[: len(layers) - max(1, round(config.upper_share * len(layers)))]:
        layer.trainable = False
    return _build_stage("upper", config.upper_epochs, network, data, config)


def build_whole_stage(data: TrainingData, config: TrainingConfiguration) -> Stage:
    """Everything but the statistics of batch normalization."""
    network = build_network(data, config, config.image_size)
    return _build_stage("images", config.epochs, network, data, config)


def _build_stage(
    name: str,
    epochs: int,
    network: keras.Model,
    data: TrainingData,
    config: TrainingConfiguration,
) -> Stage:
    freeze_statistics(network)
    batches = ImageBatches(data, config)
    compile_model(network, config, len(batches), epochs, GENTLY * config.learning_rate)
    return Stage(name, epochs, network, network, batches, config.patience)
