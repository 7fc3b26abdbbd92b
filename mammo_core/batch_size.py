"""How many images a network is given at once: no pass is to outgrow the machine, or to last."""

import math
from collections.abc import Iterable, Iterator

import psutil

from mammo_core.types import Batched, Classifier

MOST = 16
"""Images at most: on CPUs twice as many gain nothing an image."""
SHARE = 0.25
"""Of the memory that is free now; other passes, pages and programs want some of it, too."""
MOST_BYTES = 1 << 30
"""Of one pass, however much is free. What fills a gigabyte lasts about a second on two cores, and
whoever stops waits for it; a larger batch of such images is no faster an image."""
BYTES_A_NUMBER = 4


def count_pass_bytes(shapes: Iterable[Iterable[int | None]]) -> int:
    """Bytes that one image takes in a forward and backward pass: every output and its gradient.

    Args:
        shapes: (N, ...) of the input and of each layer's output; a side that is None counts as 1.
    """
    numbers = sum(math.prod(side or 1 for side in [*shape][1:]) for shape in shapes)
    return 2 * BYTES_A_NUMBER * numbers


def fit_batch_size(image_bytes: int, available_bytes: int) -> int:
    """The largest power of two, from 1 to `MOST`, within `SHARE` of the memory and `MOST_BYTES`.

    A power of two, so that machines with about as much memory work alike.

    Args:
        image_bytes: What one image takes in a pass.
        available_bytes: What the machine has to spare.
    """
    fitting = min(int(SHARE * available_bytes), MOST_BYTES) // max(1, image_bytes)
    return min(MOST, 1 << max(0, fitting.bit_length() - 1))


def batch_size_of(model: Classifier) -> int:
    """How many images a model passes at once; to give it more is to wait for several passes.

    Of one that does not tell, as many as the images themselves leave room for.
    """
    if isinstance(model, Batched):
        return model.batch_size
    return fit_batch_size(count_pass_bytes([(None, *model.input_shape)]), available_memory())


def cut_batches(n_images: int, model: Classifier) -> Iterator[slice]:
    """The parts of a long list of changed images, each as long as the model's batch.

    Who makes images, asks about them and tells of it part by part holds one batch at a time, and
    can be stopped after each pass.
    """
    step = batch_size_of(model)
    for start in range(0, n_images, step):
        yield slice(start, min(start + step, n_images))


def available_memory() -> int:
    """Bytes that programs can take without others being swapped out."""
    return int(psutil.virtual_memory().available)
