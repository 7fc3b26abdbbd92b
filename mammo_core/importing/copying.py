"""Copying weights out of a foreign file in a process of its own: libraries crash over damage."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mammo_core.errors import BadModel, UnreadableFile
from mammo_core.guarded_reading import Bounds, read_guarded
from mammo_core.importing.limits import (
    MAX_FILE_BYTES,
    MAX_TOTAL_EXPANSION,
    MIN_BYTES_PER_SECOND,
    READER_BYTES,
    READER_SECONDS,
)
from mammo_core.importing.stored_weights import StoredWeights


@dataclass(frozen=True)
class Copying:
    """What is to be copied.

    Attributes:
        source: The foreign file.
        target: An empty folder for its arrays.
        n_bytes: Of the source.
    """

    source: Path
    target: Path
    n_bytes: int


def copy_apart(
    work: Callable[[Copying], StoredWeights],
    source: Path,
    n_bytes: int,
    reader_bytes: int = READER_BYTES,
) -> StoredWeights:
    """What a function of an importable module copies, beside the source.

    Args:
        work: What reads.
        source: The foreign file, in a folder of ours.
        n_bytes: Of the source.
        reader_bytes: Of memory that the reader takes for itself.

    Raises:
        BadModel: Where the file cannot be read, or made its process crash, hang or swell.
    """
    target = source.parent / "arrays"
    target.mkdir()
    bounds = Bounds(
        READER_SECONDS + n_bytes / MIN_BYTES_PER_SECOND,
        reader_bytes + min(MAX_FILE_BYTES, MAX_TOTAL_EXPANSION * n_bytes),
    )
    try:
        return read_guarded(work, Copying(source, target, n_bytes), bounds)
    except UnreadableFile as error:
        raise BadModel(f"The file is damaged: {error}") from error
