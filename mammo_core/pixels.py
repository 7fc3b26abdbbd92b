"""The pixel cache: a data set's model inputs in one memory-mapped file, whole or absent."""

import functools
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mammo_core.config import to_mapping
from mammo_core.dicom import read_mammogram
from mammo_core.errors import BadDataset, MammoError
from mammo_core.filling import (
    ASKED,
    REFUSED,
    UNREADABLE,
    fill,
    read_reasons,
    read_records,
    start_filling,
)
from mammo_core.locks import InUse, holding
from mammo_core.paths import read_json, state_folder, write_json
from mammo_core.placement import Placement
from mammo_core.preprocess import Prepared, Preprocess
from mammo_core.types import Progress, no_progress
from mammo_core.worker_pool import count_workers

VERSION = 5
"""Of what a cache holds; one of an earlier version is made anew."""


class ImageSource(Protocol):
    """What the cache needs of a data set."""

    @property
    def name(self) -> str:
        """What users call it."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the index does."""

    @property
    def index(self) -> Any:
        """A table with a column `image_id`."""

    def file_of(self, image_id: str) -> Path:
        """Where an image's file lies."""


@dataclass(frozen=True, eq=False)
class PixelCache:
    """The model inputs of a data set; row i of everything belongs to `image_ids[i]`.

    Attributes:
        folder: Where it lies.
        image_ids: The images whose pixels could be read, in the order of the index; those that
            the gate refused are among them, in case the user wants one all the same.
        pixels: (N, H, W) uint16, memory-mapped; value / 65535 is the image.
        numbers: (N, 13) the placements' numbers.
        refused: Reason by image id, for those that cannot be read or that the gate refuses.
        asked: Reason by image id, for those that a person should look at.
        sha256: (N, 32) of the files.
    """

    folder: Path
    image_ids: list[str]
    pixels: NDArray[np.uint16]
    numbers: NDArray[np.int32]
    refused: dict[str, str]
    asked: dict[str, str]
    sha256: NDArray[np.uint8]

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each image's file, as hex digits."""
        texts = (row.tobytes().hex() for row in self.sha256)
        return dict(zip(self.image_ids, texts, strict=True))

    @functools.cached_property
    def placements(self) -> list[Placement]:
        """The geometry of each image."""
        return [Placement.from_numbers(numbers) for numbers in self.numbers]

    def positions(self, image_ids: Iterable[str]) -> NDArray[np.intp]:
        """The row of each image.

        Raises:
            BadDataset: For an image that is unknown or could not be read; says why.
        """
        try:
            return np.array([self._rows[image_id] for image_id in image_ids], np.intp)
        except KeyError as error:
            image_id = error.args[0]
            reason = self.refused.get(image_id, "it is not in the data set")
            raise BadDataset(f"No pixels of image '{image_id}': {reason}") from None

    def images(self, image_ids: Iterable[str]) -> NDArray[np.float32]:
        """(N, H, W, 1) float32 in [0, 1].

        Raises:
            BadDataset: As `positions`.
        """
        images = self.pixels[self.positions(image_ids)].astype(np.float32)
        images /= np.float32(65_535)
        return images[..., np.newaxis]

    @functools.cached_property
    def _rows(self) -> dict[str, int]:
        return {image_id: row for row, image_id in enumerate(self.image_ids)}


def prepare_one(path: str | Path, preprocess: Preprocess) -> Prepared:
    """The model input of one file.

    Raises:
        UnreadableFile: Where the file cannot be read.
    """
    return preprocess.apply(read_mammogram(path))


def prepare_pixels(
    dataset: ImageSource,
    preprocess: Preprocess,
    *,
    progress: Progress = no_progress,
    workers: int | None = None,
) -> PixelCache:
    """The data set's pixel cache, filled first where it is missing, unfinished or outdated.

    Args:
        dataset: The images.
        preprocess: What is done to them.
        progress: May raise Cancelled; what was prepared until then is kept for the next call.
        workers: Processes; all cores by default.

    Raises:
        BadDataset: Where the data set has no images.
        MammoError: Where the disk is full; an earlier cache stays as it was.
    """
    image_ids = [str(image_id) for image_id in dataset.index["image_id"]]
    if not image_ids:
        raise BadDataset(f"Expected images in the data set {dataset.name}, found none")
    paths = [Path(dataset.file_of(image_id)) for image_id in image_ids]
    folder = cache_folder(dataset.fingerprint, preprocess)
    plan = {
        "version": VERSION,
        "dataset": dataset.name,
        "preprocess": to_mapping(preprocess),
        "files": _stamp(image_ids, paths),
    }
    if not _is_current(folder, plan):
        filling = folder.with_name(folder.name + ".filling")
        with _owning(filling):
            is_resumed = _resume_or_start(filling, plan, len(paths), preprocess.size)
            cores = workers or count_workers()
            fill(filling, paths, preprocess, progress, cores, is_resumed=is_resumed)
            _finish(filling, folder, plan, image_ids)
    return _load(folder)


def open_pixels(dataset: ImageSource, preprocess: Preprocess) -> PixelCache | None:
    """The data set's pixel cache as it lies there, None where there is none.

    Unlike `prepare_pixels` it doesn't ask whether files changed since: for a look, not to train on.
    """
    folder = cache_folder(dataset.fingerprint, preprocess)
    if not (folder / "cache.json").exists():
        return None
    return _load(folder) if read_json(folder / "cache.json").get("version") == VERSION else None


def cache_folder(dataset_fingerprint: str, preprocess: Preprocess) -> Path:
    """Where the pixels of a data set under a preprocessing lie."""
    return state_folder() / "pixels" / f"{dataset_fingerprint}-{preprocess.fingerprint}"


def _stamp(image_ids: list[str], paths: list[Path]) -> str:
    """A digest of the files' ids, sizes and times, so that a changed file is noticed."""
    digest = hashlib.sha256()
    for image_id, path in zip(image_ids, paths, strict=True):
        try:
            status = path.stat()
            digest.update(f"{image_id}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
        except OSError:
            digest.update(f"{image_id}\0absent\n".encode())
    return digest.hexdigest()


def _is_current(folder: Path, plan: dict[str, Any]) -> bool:
    if not (folder / "cache.json").exists():
        return False
    content = read_json(folder / "cache.json")
    return all(content.get(key) == value for key, value in plan.items())


def _resume_or_start(filling: Path, plan: dict[str, Any], n: int, size: tuple[int, int]) -> bool:
    """Whether an earlier attempt had begun, which is gone on with."""
    started = (filling / "rows.npy").exists() and (filling / "plan.json").exists()
    if started and read_json(filling / "plan.json") == plan:
        return True
    shutil.rmtree(filling, ignore_errors=True)
    try:
        start_filling(filling, n, size)
    except OSError as error:
        raise MammoError(f"Cannot write {filling}: {error.strerror or error}") from error
    write_json(filling / "plan.json", plan)
    return False


def _finish(filling: Path, folder: Path, plan: dict[str, Any], image_ids: list[str]) -> None:
    """Drop the refused rows, write what describes the rest, and move all to its place at once."""
    records, reasons = read_records(filling, len(image_ids)), read_reasons(filling)
    refused = _told(records, (REFUSED, UNREADABLE), reasons, image_ids)
    asked = _told(records, (ASKED,), reasons, image_ids)
    kept = np.flatnonzero(records["state"] != UNREADABLE)
    content = {**plan, "refused": refused, "asked": asked}
    write_json(filling / "cache.json", {**content, "image_ids": [image_ids[i] for i in kept]})
    try:
        np.save(filling / "placements.npy", records["placement"][kept])
        np.save(filling / "sha256.npy", records["sha256"][kept])
        _keep_rows(filling, kept, len(image_ids))
        _replace_folder(filling, folder)
    except OSError as error:
        raise MammoError(f"Cannot write {folder}: {error.strerror or error}") from error


def _told(
    records: NDArray[np.void],
    states: tuple[int, ...],
    reasons: dict[int, str],
    image_ids: list[str],
) -> dict[str, str]:
    """Reason by image id, for the images in these states."""
    positions = np.flatnonzero(np.isin(records["state"], states)).tolist()
    return {image_ids[position]: reasons.get(position, "") for position in positions}


def _keep_rows(filling: Path, kept: NDArray[np.intp], n: int) -> None:
    """Make `pixels.npy` of the kept rows; `rows.npy` goes last, so that a torn end starts anew."""
    rows, pixels = filling / "rows.npy", filling / "pixels.npy"
    if kept.size == n:
        os.replace(rows, pixels)
        return
    source = np.load(rows, mmap_mode="r")
    with pixels.open("wb") as file:
        header = {"descr": "<u2", "fortran_order": False, "shape": (kept.size, *source.shape[1:])}
        np.lib.format.write_array_header_1_0(file, header)
        for row in kept:
            file.write(source[row].tobytes())
    del source
    rows.unlink()


def _replace_folder(new: Path, folder: Path) -> None:
    """Move `new` to `folder`, which may exist.

    Raises:
        MammoError: Where a process has the earlier cache open, as Windows lets no one move it then.
    """
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    try:
        if folder.exists():
            os.replace(folder, old)
        os.replace(new, folder)
    except PermissionError as error:
        raise MammoError(
            f"Cannot replace the prepared images in {folder}: a page or another process uses the "
            "earlier ones; close it, then prepare again"
        ) from error
    shutil.rmtree(old, ignore_errors=True)


def _load(folder: Path) -> PixelCache:
    content = read_json(folder / "cache.json")
    return PixelCache(
        folder=folder,
        image_ids=content["image_ids"],
        pixels=np.load(folder / "pixels.npy", mmap_mode="r"),
        numbers=np.load(folder / "placements.npy"),
        refused=content["refused"],
        asked=content["asked"],
        sha256=np.load(folder / "sha256.npy"),
    )


@contextmanager
def _owning(filling: Path) -> Iterator[None]:
    """Keep a second process or thread from filling the same cache at the same time.

    The lock ends with its process, so that a killed one leaves nothing to wait for.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(holding(filling, patience_s=0.5))
        except InUse:
            raise MammoError(
                "Another process is preparing these images already; wait for it to end"
            ) from None
        yield
