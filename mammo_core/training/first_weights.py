"""What a training begins with where the setting `weights` asks for more than chance."""

import keras

from mammo_core.architectures import build_architecture
from mammo_core.architectures.pretrained import assign_weights
from mammo_core.architectures.weight_sources import find_weights
from mammo_core.model_store import file_sha256
from mammo_core.seen_images import describe_parent
from mammo_core.training.checkpoint import RunState
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.types import Progress


def begin_with_weights(
    state: RunState, config: TrainingConfiguration, classes: tuple[str, ...], progress: Progress
) -> None:
    """Put the weights that the settings name into a state that holds none yet.

    The head of another model is taken where its classes are the same, that of a file where its
    shape fits; else it is drawn by the seed.

    Raises:
        BadConfiguration: Where there are no such weights, or they are not of this architecture.
    """
    if state.weights or state.rows:
        return
    source = find_weights(config.weights, config.architecture, progress=progress)
    if source is None:
        return
    keras.utils.set_random_seed(config.seed)  # a training owns its process
    network = build_architecture(
        config.architecture, config.input_shape, len(classes), config.dropout, config.pooling
    )
    with_head = source.classes is None or source.classes == classes
    fit = assign_weights(network, source.file, with_head=with_head)
    state.weights = network.get_weights()
    state.begun_with = {
        "weights": source.word,
        "sha256": file_sha256(source.file),
        "trunk_layers": fit.layers,
        "head": fit.head,
        **(describe_parent(source.model) if source.model else {}),
    }
