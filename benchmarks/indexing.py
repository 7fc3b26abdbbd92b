"""What indexing costs beyond reading the headers, and that its memory grows by its rows alone.

The files are made: the header of a shipped image with a vendor's private block, about 150
elements, before pixels that nobody reads.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import ExplicitVRLittleEndian

from benchmarks.memory import measure_peak
from mammo_core.datasets import index_dataset, inspection
from mammo_core.worker_pool import count_workers

SHIPPED = Path(__file__).resolve().parents[1] / "sample_data" / "dicom"
BUDGET = 1.3
BYTES_A_ROW = 2048
"""For each further file: what its row of the index takes, several times over."""
FILES, FEW, MANY = 2000, 1000, 100_000
ROUNDS = 5
PRIVATE_ELEMENTS = 40


def rows() -> list[dict[str, object]]:
    """The cost against a bare loop, on one core and on all, and the memory of 100,000 files."""
    with tempfile.TemporaryDirectory() as folder, _own_home(Path(folder) / "home"):
        files = write_files(Path(folder) / "large", FILES, 300_000)
        speed = [
            _speed_row("per core", files, _read_all, 10 * FILES, time.process_time),
            _speed_row("on all cores", _repeat(files), _read_all_in_processes, 0, time.monotonic),
        ]
        return [*speed, _memory_row(Path(folder))]


def write_files(folder: Path, n: int, pixel_bytes: int) -> list[Path]:
    """`n` files in two class folders, each with a UID of its own."""
    content, uid = _make_original(folder, pixel_bytes)
    files = []
    for number in range(n):
        file = folder / ("normal", "malignant")[number % 2] / f"P{number // 4:06d}_{number}.dcm"
        file.parent.mkdir(exist_ok=True)
        own = b"1" + f"{number:0{len(uid) - 1}d}".encode()
        file.write_bytes(content.replace(uid, own))
        files.append(file)
    return files


def _make_original(folder: Path, pixel_bytes: int) -> tuple[bytes, bytes]:
    """(a shipped image's header with a private block and pixels of that length, its UID)."""
    ds = pydicom.dcmread(next(SHIPPED.rglob("*.dcm")), stop_before_pixels=True)
    block = ds.private_block(0x0019, "MADE VENDOR 1.0", create=True)
    for offset in range(PRIVATE_ELEMENTS):
        block.add_new(offset, "LO", f"private value {offset}")
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.PixelData = bytes(pixel_bytes)
    ds["PixelData"].VR = "OW"
    folder.mkdir(parents=True)
    file = folder / "original"
    ds.save_as(file, enforce_file_format=True)
    content = file.read_bytes()
    file.unlink()
    return content, str(ds.SOPInstanceUID).encode()


def _speed_row(
    title: str,
    files: list[Path],
    read_all: Callable[[list[Path]], None],
    small_job: int,
    clock: Callable[[], float],
) -> dict[str, object]:
    """The whole of `index_dataset` against a bare loop over the same files, taking turns."""
    seconds = np.empty((ROUNDS, 2))
    read_all(files)
    inspection.SMALL_JOB = small_job
    for turn in seconds:
        start = clock()
        read_all(files)
        turn[0] = clock() - start
        start = clock()
        index_dataset(files[0].parents[1], files[0].parents[2] / "dataset", replacing=True)
        turn[1] = clock() - start
    bare, ours = np.median(seconds, axis=0)
    return {
        "benchmark": f"indexing {len(files)} files {title}",
        "figure": float(ours / bare),
        "unit": f"x of a bare loop over their headers ({1000 * bare / len(files):.2f} ms a file)",
        "budget": BUDGET,
        "ratio": float(ours / bare / BUDGET),
    }


def _read_all(files: list[Path]) -> None:
    for file in files:
        pydicom.dcmread(file, stop_before_pixels=True)


def _read_all_in_processes(files: list[Path]) -> None:
    context = multiprocessing.get_context("spawn")
    parts = [files[start : start + 64] for start in range(0, len(files), 64)]
    with ProcessPoolExecutor(count_workers(), context) as pool:
        list(pool.map(_read_all, parts))


def _memory_row(folder: Path) -> dict[str, object]:
    """Peak memory of the verb and its processes together, for each file beyond the first few."""
    originals = write_files(folder / "originals", FEW, 2000)
    peaks = {}
    for n in (FEW, MANY):
        root = folder / f"links{n}"
        _link(originals, root, n)
        peaks[n] = measure_peak("index", str(root), "--out", str(folder / f"out{n}"), home=folder)
    growth = (peaks[MANY] - peaks[FEW]) / (MANY - FEW)
    return {
        "benchmark": f"memory of index, {MANY} files against {FEW}",
        "figure": growth,
        "unit": f"bytes for each further file ({peaks[FEW] / 2**20:.0f} MB at first)",
        "budget": BYTES_A_ROW,
        "ratio": growth / BYTES_A_ROW,
    }


def _repeat(files: list[Path]) -> list[Path]:
    """Four times the files, so that the time that processes take to start counts for less."""
    root = files[0].parents[2] / "repeated"
    _link(files, root, 4 * len(files))
    return sorted(root.rglob("*.dcm"))


def _link(originals: list[Path], root: Path, n: int) -> None:
    """`n` files that take no room of their own."""
    for number in range(n):
        original = originals[number % len(originals)]
        file = root / original.parent.name / f"P{number // 4:06d}_{number}.dcm"
        file.parent.mkdir(parents=True, exist_ok=True)
        os.link(original, file)


@contextmanager
def _own_home(home: Path) -> Iterator[None]:
    """Keep the benchmark's datasets out of the user's own list."""
    before = os.environ.get("MAMMO_HOME")
    os.environ["MAMMO_HOME"] = str(home)
    try:
        yield
    finally:
        os.environ.pop("MAMMO_HOME")
        if before is not None:
            os.environ["MAMMO_HOME"] = before
