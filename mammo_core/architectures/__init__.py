"""The networks that can be trained, each a function that builds an uncompiled Keras model."""

from typing import TYPE_CHECKING

from mammo_core.architectures.architecture import Architecture, InputShape, Pooling
from mammo_core.errors import BadConfiguration

if TYPE_CHECKING:
    import keras

__all__ = ["ARCHITECTURES", "Architecture", "InputShape", "Pooling", "build_architecture"]

ARCHITECTURES: dict[str, Architecture] = {
    "compact_cnn": Architecture(
        title="Compact CNN",
        reference="after Pinheiro and Collobert 2015, arXiv:1411.6228 (pooling)",
        suits="256 to 640 rows; trains on a CPU in minutes",
        parameters=84_855,
        builder="mammo_core.architectures.compact_cnn:build_compact_cnn",
    ),
}


def build_architecture(
    name: str,
    input_shape: InputShape,
    n_classes: int,
    dropout: float = 0.1,
    pooling: Pooling = "logsumexp",
) -> "keras.Model":
    """An uncompiled model of that architecture.

    Raises:
        BadConfiguration: For an unknown name or an input too small for the network.
    """
    check_architecture(name)
    if min(input_shape[:2]) < 32:
        raise BadConfiguration(
            f"Setting 'image_size' must be at least 32x32, got {input_shape[:2]}"
        )
    return ARCHITECTURES[name].build(input_shape, n_classes, dropout, pooling)


def check_architecture(name: str) -> None:
    """Refuse a name that is not in the table.

    Raises:
        BadConfiguration: Naming those that are.
    """
    if name not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise BadConfiguration(f"Setting 'architecture' must be one of {known}, got '{name}'")
