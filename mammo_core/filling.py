"""How a pixel cache is filled: by all cores, resumable, each file's outcome noted once it is safe.

A filling folder holds `rows.npy` (a row for every image), `records.bin` (a record for every
image), `reasons.jsonl` and `plan.json`. A record is written only after its pixels; what has no
record is done again.
"""

import json
import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
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

PENDING, DONE, ASKED, REFUSED = range(4)
RECORD = np.dtype([("state", "u1"), ("placement", "<i4", (13,))])
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


@dataclass(frozen=True)
class Outcome:
    """What became of one file: its state, its placement's numbers, the gate's reason."""

    state: int
    placement: tuple[int, ...] | None = None
    reason: str = ""


def fill(
    folder: Path, paths: list[Path], preprocess: Preprocess, progress: Progress, workers: int
) -> None:
    """Prepare every file that has no record yet.

    Raises:
        MammoError: Where the disk is full or a worker died; what was noted before stays.
        Cancelled: Where `progress` raises it.
    """
    records = read_records(folder, len(paths))
    chunks = list(_plan_chunks(folder, paths, preprocess, records))
    done = len(paths) - sum(len(chunk.paths) for chunk in chunks)
    progress(done, len(paths), "Preparing images")
    try:
        for chunk, outcomes in _run(chunks, workers):
            _note(folder, chunk, outcomes)
            done += len(outcomes)
            progress(done, len(paths), "Preparing images")
    except BrokenProcessPool as error:
        raise MammoError(
            "A worker that prepares images died, probably for lack of memory; what it finished is "
            "kept: run prepare again, with fewer workers"
        ) from error
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
    except UnreadableFile as error:
        return Outcome(REFUSED, reason=str(error))
    breast = find_breast(mammogram.pixels)
    verdict = judge(mammogram, breast)
    reason = "; ".join(verdict.reasons)
    if verdict.verdict == "refuse":
        return Outcome(REFUSED, reason=reason)
    prepared = preprocess.apply(mammogram, breast)
    np.rint(prepared.image * np.float32(65_535), out=image, casting="unsafe")
    numbers = prepared.placement.to_numbers()
    if verdict.verdict == "ask":
        return Outcome(ASKED, numbers, reason)
    return Outcome(DONE, numbers)


def _plan_chunks(
    folder: Path, paths: list[Path], preprocess: Preprocess, records: NDArray[np.void]
) -> Iterator[Chunk]:
    target = folder / "rows.npy"
    offset = np.load(target, mmap_mode="r").offset
    for start in range(0, len(paths), CHUNK):
        if (records["state"][start : start + CHUNK] == PENDING).any():
            run = tuple(paths[start : start + CHUNK])
            yield Chunk(start, run, preprocess, target, offset)


def _run(chunks: list[Chunk], workers: int) -> Iterator[tuple[Chunk, list[Outcome]]]:
    """Each chunk with its outcomes, in the order in which they are finished."""
    if workers <= 1 or sum(len(chunk.paths) for chunk in chunks) <= SMALL_JOB:
        for chunk in chunks:
            yield chunk, prepare_chunk(chunk)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    try:
        yield from _stream(pool, chunks, ahead=2 * workers)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _stream(
    pool: ProcessPoolExecutor, chunks: list[Chunk], ahead: int
) -> Iterator[tuple[Chunk, list[Outcome]]]:
    """Keep a few chunks under way, so that memory doesn't grow with their number."""
    waiting = iter(chunks)
    running: dict[Future[list[Outcome]], Chunk] = {}
    while True:
        for chunk in _take(waiting, ahead - len(running)):
            running[pool.submit(prepare_chunk, chunk)] = chunk
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()


def _take(items: Iterator[Chunk], n: int) -> Iterator[Chunk]:
    for _, item in zip(range(n), items, strict=False):
        yield item


def _start_worker() -> None:
    """One thread a process, and Ctrl-C left to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
    with (folder / "records.bin").open("r+b") as file:
        file.seek(chunk.start * RECORD.itemsize)
        file.write(records.tobytes())
