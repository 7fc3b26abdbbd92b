"""What the quality report needs of each image's pixels, found once and kept.

A fact is a record of fixed size, keyed by the image's id and digest. Each run that finds new ones
appends them to a file of its own, so that runs can't disturb each other; what an interrupted run
wrote serves the next.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import find_breast
from mammo_core.dicom import read_mammogram
from mammo_core.errors import MammoError, UnreadableFile
from mammo_core.markers import Box, find_markers
from mammo_core.paths import state_folder
from mammo_core.perceptual_hash import THUMBNAIL_SIDE, describe_look
from mammo_core.types import Progress, no_progress
from mammo_core.worker_pool import count_workers, run_chunks

if TYPE_CHECKING:
    from mammo_core.datasets.dataset import Dataset

VERSION = 1  # raise it when a fact's meaning changes
FACT = np.dtype(
    [
        ("key", "u1", (32,)),
        ("codes", "<u8", (2, 2)),
        ("thumbnails", "i1", (2, THUMBNAIL_SIDE, THUMBNAIL_SIDE)),
        ("n_markers", "<u2"),
        ("marker_area", "<f4"),
    ]
)
"""Of one image; `marker_area` is the share of the picture."""
CHUNK = 16
SMALL_JOB = 24
"""Up to this many images a pool costs more than it saves."""

Rows = NDArray[np.intp]
Records = NDArray[np.void]


@dataclass(frozen=True, eq=False)
class ImageFacts:
    """The facts of a dataset's images.

    Attributes:
        places: (N,) where each image's fact lies; -1 where its pixels can't be read.
        segments: The files of facts, memory-mapped.
    """

    places: Rows
    segments: Sequence[Records]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(N,) which images have facts."""
        return self.places >= 0

    def take(self, name: str, rows: Rows | None = None) -> NDArray[Any]:
        """One fact of some images, of all seen ones by default; zeros for the others.

        Args:
            name: A field of FACT.
            rows: Of the dataset's index.
        """
        places = self.places[self.seen if rows is None else rows]
        kind = FACT[name]
        values = np.zeros((len(places), *kind.shape), kind.base)
        for start, segment in zip(self._starts, self.segments, strict=True):
            own = (places >= start) & (places < start + len(segment))
            values[own] = segment[name][places[own] - start]
        return values

    @cached_property
    def _starts(self) -> list[int]:
        return np.cumsum([0, *map(len, self.segments)])[:-1].tolist()


@dataclass(frozen=True)
class FactChunk:
    """A run of images for one worker."""

    files: tuple[Path, ...]
    keys: tuple[bytes, ...]

    def halves(self) -> list["FactChunk"]:
        """Two chunks of half as many images, none where there is but one."""
        k = len(self.files) // 2
        parts = [slice(None, k), slice(k, None)] if k else []
        return [replace(self, files=self.files[p], keys=self.keys[p]) for p in parts]


def look_at_images(
    dataset: "Dataset", *, progress: Progress = no_progress, workers: int | None = None
) -> ImageFacts:
    """The facts of every image whose pixels can be read, found where they aren't known yet.

    Args:
        dataset: The images.
        progress: Called after each few images; may raise Cancelled, what was found stays.
        workers: Processes; all cores by default.

    Raises:
        MammoError: Where the facts can't be written.
    """
    folder = state_folder() / "quality" / f"facts-{VERSION}"
    keys = _make_keys(dataset)
    known = _index_facts(_open_segments(folder))
    missing = [row for row, key in enumerate(keys) if key not in known]
    if missing:
        chunks = _cut(dataset, keys, missing)
        try:
            _find(folder, chunks, (len(missing), len(keys)), progress, workers or count_workers())
        except OSError as error:
            raise MammoError(f"Cannot write {folder}: {error.strerror or error}") from error
    segments = _open_segments(folder)
    known = _index_facts(segments)
    return ImageFacts(np.array([known.get(key, -1) for key in keys], np.intp), segments)


def describe_images(chunk: FactChunk) -> Records:
    """The facts of those of the chunk's images that can be read."""
    facts = [_describe(file, key) for file, key in zip(chunk.files, chunk.keys, strict=True)]
    return np.array([fact for fact in facts if fact is not None], FACT)


def _describe(file: Path, key: bytes) -> tuple[Any, ...] | None:
    try:
        mammogram = read_mammogram(file)
    except UnreadableFile:
        return None
    breast = find_breast(mammogram.pixels)
    look = describe_look(breast)
    markers = find_markers(mammogram, breast)
    share = sum(map(_area, markers)) / mammogram.pixels.size
    return np.frombuffer(key, "u1"), look.codes, look.thumbnails, len(markers), share


def _area(box: Box) -> int:
    return (box.bottom - box.top) * (box.right - box.left)


def _make_keys(dataset: "Dataset") -> list[bytes]:
    """For each image 32 bytes that change with its id and its file's digest."""
    pairs = zip(dataset.index["image_id"], dataset.index["digest"], strict=True)
    return [hashlib.sha256(f"{name}\0{digest}".encode()).digest() for name, digest in pairs]


def _cut(dataset: "Dataset", keys: list[bytes], rows: list[int]) -> Iterator[FactChunk]:
    image_ids = dataset.index["image_id"].tolist()
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        files = tuple(dataset.file_of(image_ids[row]) for row in part)
        yield FactChunk(files, tuple(keys[row] for row in part))


def _find(
    folder: Path,
    chunks: Iterator[FactChunk],
    counts: tuple[int, int],
    progress: Progress,
    workers: int,
) -> None:
    """Append the chunks' facts to a new segment; `counts` are those missing and all."""
    missing, total = counts
    done = total - missing
    with _new_segment(folder) as file:
        progress(done, total, "Looking at images")
        workers = workers if missing > SMALL_JOB else 1
        for chunk, facts in run_chunks(describe_images, chunks, workers, _use_one_thread):
            if facts is not None:
                file.write(facts.tobytes())
                file.flush()
            done += len(chunk.files)
            progress(done, total, "Looking at images")


@contextmanager
def _new_segment(folder: Path) -> Iterator[BinaryIO]:
    """A file of its own for new facts, gone again where there were none."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{os.urandom(8).hex()}.bin"
    try:
        with path.open("wb") as file:
            yield file
    finally:
        if path.stat().st_size == 0:
            path.unlink()


def _use_one_thread() -> None:
    cv2.setNumThreads(1)


def _open_segments(folder: Path) -> list[Records]:
    """The kept facts, file by file; a torn last record is left out."""
    paths = sorted(folder.glob("*.bin"))
    sizes = [path.stat().st_size // FACT.itemsize for path in paths]
    return [
        np.memmap(path, FACT, "r", shape=(n,)) for path, n in zip(paths, sizes, strict=True) if n
    ]


def _index_facts(segments: Sequence[Records]) -> dict[bytes, int]:
    """Where each key's fact lies, counted through all segments."""
    keys = (key.tobytes() for segment in segments for key in segment["key"])
    return {key: place for place, key in enumerate(keys)}
