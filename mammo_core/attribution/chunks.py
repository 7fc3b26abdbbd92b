"""Long lists of changed images in parts that memory holds."""

from collections.abc import Iterator

CHUNK_BYTES = 1 << 26
WHOLE_BATCHES = 16
"""A part holds a multiple of so many: models cut it into batches of a power of two up to this."""


def cut_chunks(n_items: int, item_bytes: int) -> Iterator[slice]:
    """The parts of a list, each of whole batches and about `CHUNK_BYTES` at most.

    Args:
        n_items: Length of the list.
        item_bytes: What one changed image takes, with all that goes with it.
    """
    step = max(1, CHUNK_BYTES // max(1, item_bytes) // WHOLE_BATCHES) * WHOLE_BATCHES
    for start in range(0, n_items, step):
        yield slice(start, min(start + step, n_items))
