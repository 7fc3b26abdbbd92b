"""How a pixel cache is filled: by all cores, resumable, each file's outcome noted once it is safe.

A filling folder holds `rows.npy` (a row for every image), `records.bin` (a record for every
image), `reasons.jsonl` and `plan.json`. A record is written only after its pixels; what has no
record is done again.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import find_breast
from mammo_core.dicom import read_mammogram
from mammo_core.errors import MammoError, UnreadableFile
from mammo_core.gate import judge
from mammo_core.preprocess import Preprocess
from mammo_core.types import Progress
from mammo_core.worker_pool import run_chunks

PENDING, DONE, ASKED, REFUSED, UNREADABLE = range(5)
"""What became of a file; a refused one has pixels, in case the user wants it all the same."""
RECORD = np.dtype([("state", "u1"), ("placement", "<i4", (13,)), ("sha256", "u1", (32,))])
STATES = {"accept": DONE, "ask": ASKED, "refuse": REFUSED}
DIED = "Its pixels made the process that read them die: the file is damaged or takes all memory"
CHUNK = 16
SMALL_JOB = 24
"""Up to this many images a pool costs more than it saves."""


@dataclass(frozen=True)
class Chunk:
    """A run of neighboring images for one worker."""

    start: int
    paths: tuple[Path, ...]
    preprocess: Preprocess
    target: Path
    offset: int

    def halves(self) -> list["Chunk"]:
        """Two chunks of half as many images, none where there is but one image."""
        k = len(self.paths) // 2
        if not k:
            return []
        first, last = self.paths[:k], self.paths[k:]
        return [replace(self, paths=first), replace(self, start=self.start + k, paths=last)]


@dataclass(frozen=True)
class Outcome:
    """What became of one file: its state, its placement's numbers, why, and its SHA-256."""

    state: int
    placement: tuple[int, ...] | None = None
    reason: str = ""
    sha256: bytes = b""


def fill(
    folder: Path,
    paths: list[Path],
    preprocess: Preprocess,
    progress: Progress,
    workers: int,
    *,
    is_resumed: bool = False,
) -> None:
    """Prepare every file that has no record yet.

    A small job is done in this process, unless an earlier attempt ended before its time: perhaps
    a file made the process die, so that others must read what is left.

    A file that makes its worker die is noted as unreadable.

    Raises:
        MammoError: Where the disk is full; what was noted before stays.
        Cancelled: Where `progress` raises it.
    """
    records = read_records(folder, len(paths))
    chunks = list(_plan_chunks(folder, paths, preprocess, records))
    done = len(paths) - sum(len(chunk.paths) for chunk in chunks)
    progress(done, len(paths), "Preparing images")
    if len(paths) - done <= SMALL_JOB:
        workers = 2 if is_resumed else 1
    try:
        for chunk, outcomes in run_chunks(prepare_chunk, chunks, workers, _start_worker):
            outcomes = outcomes or [Outcome(UNREADABLE, reason=DIED)]
            _note(folder, chunk, outcomes)
            done += len(outcomes)
            progress(done, len(paths), "Preparing images")
    except OSError as error:
        raise MammoError(f"Cannot write {folder}: {error.strerror or error}") from error


def start_filling(folder: Path, n: int, size: tuple[int, int]) -> None:
    """Make a filling folder for `n` images without records."""
    folder.mkdir(parents=True)
    with (folder / "rows.npy").open("wb") as file:
        header = {"descr": "<u2", "fortran_order": False, "shape": (n, *size)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 2 * n * size[0] * size[1])
    np.zeros(n, RECORD).tofile(folder / "records.bin")


def read_records(folder: Path, n: int) -> NDArray[np.void]:
    """The (n,) records of a filling folder."""
    return np.fromfile(folder / "records.bin", RECORD, n)


def read_reasons(folder: Path) -> dict[int, str]:
    """Why images were refused or asked about, by position; a torn last line is left out."""
    path = folder / "reasons.jsonl"
    reasons = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            position, reason = json.loads(line)
        except ValueError:
            continue
        reasons[position] = reason
    return reasons


def prepare_chunk(chunk: Chunk) -> list[Outcome]:
    """Prepare the chunk's files and write their pixels, in one go at the chunk's place."""
    rows, columns = chunk.preprocess.size
    block = np.zeros((len(chunk.paths), rows, columns), "<u2")
    outcomes = [
        _prepare_into(image, path, chunk.preprocess)
        for image, path in zip(block, chunk.paths, strict=True)
    ]
    with chunk.target.open("r+b") as file:
        file.seek(chunk.offset + chunk.start * block[0].nbytes)
        file.write(block.tobytes())
    return outcomes


def _prepare_into(image: NDArray[np.uint16], path: Path, preprocess: Preprocess) -> Outcome:
    try:
        mammogram = read_mammogram(path)
        sha256 = _hash(path)
    except UnreadableFile as error:
        return Outcome(UNREADABLE, reason=str(error).removeprefix(f"{path.name}: "))
    breast = find_breast(mammogram.pixels)
    verdict = judge(mammogram, breast)
    prepared = preprocess.apply(mammogram, breast)
    np.rint(prepared.image * np.float32(65_535), out=image, casting="unsafe")
    state = STATES[verdict.verdict]
    reason = "" if state == DONE else "; ".join(verdict.reasons)
    return Outcome(state, prepared.placement.to_numbers(), reason, sha256)


def _hash(path: Path) -> bytes:
    """The SHA-256 of the file's bytes, which reading it has brought into memory just now.

    Raises:
        UnreadableFile: Where the file is gone.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise UnreadableFile(f"Cannot be read: {error.strerror or 'damaged'}") from error


def _plan_chunks(
    folder: Path, paths: list[Path], preprocess: Preprocess, records: NDArray[np.void]
) -> Iterator[Chunk]:
    target = folder / "rows.npy"
    offset = np.load(target, mmap_mode="r").offset
    for start in range(0, len(paths), CHUNK):
        if (records["state"][start : start + CHUNK] == PENDING).any():
            run = tuple(paths[start : start + CHUNK])
            yield Chunk(start, run, preprocess, target, offset)


def _start_worker() -> None:
    """One thread a process."""
    cv2.setNumThreads(1)


def _note(folder: Path, chunk: Chunk, outcomes: list[Outcome]) -> None:
    """Write reasons first, records last: a record says that everything else is there."""
    lines = [
        json.dumps([chunk.start + i, outcome.reason]) + "\n"
        for i, outcome in enumerate(outcomes)
        if outcome.reason
    ]
    if lines:
        with (folder / "reasons.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(lines)
    records = np.zeros(len(outcomes), RECORD)
    for record, outcome in zip(records, outcomes, strict=True):
        record["state"] = outcome.state
        record["placement"] = outcome.placement or 0
        record["sha256"] = np.frombuffer(outcome.sha256 or bytes(32), np.uint8)
    with (folder / "records.bin").open("r+b") as file:
        file.seek(chunk.start * RECORD.itemsize)
        file.write(records.tobytes())
