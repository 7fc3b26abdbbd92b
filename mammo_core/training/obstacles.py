"""What would end a training sooner or later, told before its first batch."""

import os
from pathlib import Path

import psutil

from mammo_core.errors import BadConfiguration, MammoError
from mammo_core.training.configuration import TrainingConfiguration

FLOATS_A_PIXEL = 40
"""Values that a step keeps for each pixel of a batch, at least: 62 were measured for compact_cnn,
124 for mobilenet_v3_small, so that no batch is refused that would fit."""
GIB = 2**30


def check_memory(config: TrainingConfiguration, memory: int | None = None) -> None:
    """Refuse batches that cannot fit.

    Args:
        config: The settings.
        memory: Bytes there are; None takes this machine's.

    Raises:
        BadConfiguration: Naming the setting, what it needs and how much would fit.
    """
    memory = memory or psutil.virtual_memory().total
    for key, pixels in _pixels_an_image(config).items():
        n_images, needed_by_one = getattr(config, key), 4 * FLOATS_A_PIXEL * pixels
        if n_images * needed_by_one > memory:
            raise BadConfiguration(
                f"Setting '{key}' must be at most {memory // needed_by_one} at this image size: "
                f"{n_images} need about {n_images * needed_by_one / GIB:.0f} GB of memory, this "
                f"machine has {memory / GIB:.0f}; got {n_images}"
            )


def check_writable(out: Path) -> None:
    """Refuse a folder into which nothing can be written.

    Raises:
        MammoError: Naming the folder that does not allow it.
    """
    place = out
    while not place.exists() and place != place.parent:
        place = place.parent
    if not os.access(place, os.W_OK | os.X_OK):
        raise MammoError(
            f"Cannot write into {place}; make it writable or choose another --out for the model"
        )


def _pixels_an_image(config: TrainingConfiguration) -> dict[str, int]:
    rows, columns, _ = config.input_shape
    sizes = {"batch_size": rows * columns}
    if config.recipe == "patch_to_image":
        sizes["patch_batch_size"] = config.patch_size**2
    return sizes
