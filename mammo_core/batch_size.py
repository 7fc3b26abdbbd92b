"""How many images a network is given at once, so that no pass outgrows the machine."""

import math
from collections.abc import Iterable

import psutil

MOST = 16
"""Images at most: on CPUs twice as many gain nothing an image."""
SHARE = 0.25
"""Of the memory that is free now; other passes, pages and programs want some of it, too."""
BYTES_A_NUMBER = 4


def count_pass_bytes(shapes: Iterable[Iterable[int | None]]) -> int:
    """Bytes that one image takes in a forward and backward pass: every output and its gradient.

    Args:
        shapes: (N, ...) of the input and of each layer's output; a side that is None counts as 1.
    """
    numbers = sum(math.prod(side or 1 for side in [*shape][1:]) for shape in shapes)
    return 2 * BYTES_A_NUMBER * numbers


def fit_batch_size(image_bytes: int, available_bytes: int) -> int:
    """The largest power of two, from 1 to `MOST`, that keeps within `SHARE` of the memory.

    A power of two, so that machines with about as much memory work alike.

    Args:
        image_bytes: What one image takes in a pass.
        available_bytes: What the machine has to spare.
    """
    fitting = int(SHARE * available_bytes) // max(1, image_bytes)
    return min(MOST, 1 << max(0, fitting.bit_length() - 1))


def available_memory() -> int:
    """Bytes that programs can take without others being swapped out."""
    return int(psutil.virtual_memory().available)
