"""What reading costs beyond bare decoding, and preparing beyond reading."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from mammo_core.breast import find_breast
from mammo_core.dicom import read_mammogram
from mammo_core.filling import Chunk, prepare_chunk, start_filling
from mammo_core.gate import judge
from mammo_core.header_evidence import judge_header
from mammo_core.preprocess import Preprocess
from mammo_core.reading.header import describe_header

SHIPPED = Path(__file__).resolve().parents[1] / "sample_data" / "dicom"
BUDGET = 0.9
HEADER_BUDGET = 0.15
ROUNDS = 15


def rows() -> list[dict[str, object]]:
    """DICOM to pixels against bare decoding, and what the later steps add."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        small = _write(Path(folder, "small.dcm"), (640, 512), JPEGLSLossless)
        packed = _write(Path(folder, "packed.dcm"), (640, 512), RLELossless)
        large = _write(Path(folder, "large.dcm"), (3328, 2560), JPEG2000Lossless)
        return [
            _reading_row("640x512 JPEG-LS", small, ROUNDS),
            _reading_row("640x512 RLE", packed, ROUNDS),
            _reading_row("3328x2560 JPEG 2000", large, 9),
            _preparing_row("640x512 JPEG-LS", small, ROUNDS),
            _preparing_row("3328x2560 JPEG 2000", large, 9),
            *_later_rows(large),
            _header_row(),
        ]


def _reading_row(title: str, path: Path, rounds: int) -> dict[str, object]:
    bare, ours = _interleave(
        [lambda: pydicom.dcmread(path).pixel_array, lambda: read_mammogram(path)], rounds
    )
    return {
        "benchmark": f"DICOM to pixels, {title}",
        "figure": bare / ours,
        "unit": f"of bare decoding's speed ({1000 * bare:.1f} ms)",
        "budget": BUDGET,
        "ratio": BUDGET * ours / bare,
    }


def _header_row() -> dict[str, object]:
    """What describing and judging headers costs beside reading them, a hundred elements each."""
    files = sorted(SHIPPED.glob("*/*.dcm"))
    seconds = np.empty((ROUNDS, 2))
    for turn in seconds:
        start = time.process_time()
        read = [pydicom.dcmread(file, stop_before_pixels=True) for file in files]
        middle = time.process_time()
        for ds in read:
            judge_header(describe_header(ds))
        turn[:] = middle - start, time.process_time() - middle
    bare, told = np.median(seconds, axis=0)
    return {
        "benchmark": "Describing and judging a DICOM header",
        "figure": float(told / bare),
        "unit": f"of reading it ({1000 * bare / len(files):.2f} ms)",
        "budget": HEADER_BUDGET,
        "ratio": float(told / bare / HEADER_BUDGET),
    }


def _preparing_row(title: str, path: Path, rounds: int) -> dict[str, object]:
    """All of `prepare`, the gate and the file's hash among it, against bare decoding alone."""
    folder, settings = path.with_suffix(""), Preprocess()
    start_filling(folder, 1, settings.size)
    chunk = Chunk(0, (path,), settings, folder / "rows.npy", 128)
    bare, ours = _interleave(
        [lambda: pydicom.dcmread(path).pixel_array, lambda: prepare_chunk(chunk)], rounds
    )
    return {
        "benchmark": f"prepare, {title}",
        "figure": bare / ours,
        "unit": f"of bare decoding's speed ({1000 * ours:.1f} ms an image)",
        "budget": BUDGET,
        "ratio": BUDGET * ours / bare,
    }


def _later_rows(path: Path) -> list[dict[str, object]]:
    """The gate and the preparation of one decoded image, in milliseconds."""
    mammogram = read_mammogram(path)
    breast = find_breast(mammogram.pixels)
    settings = Preprocess()
    find, gate, apply = _interleave(
        [
            lambda: find_breast(mammogram.pixels),
            lambda: judge(mammogram, breast),
            lambda: settings.apply(mammogram, breast),
        ],
        ROUNDS,
    )
    steps = (("Finding the breast", find), ("The gate", gate), ("Preprocessing", apply))
    return [
        {
            "benchmark": f"{title}, 3328x2560 decoded",
            "figure": 1000 * seconds,
            "unit": "ms",
            "budget": 50.0 if title == "The gate" else None,
            "ratio": 1000 * seconds / 50 if title == "The gate" else None,
        }
        for title, seconds in steps
    ]


def _interleave(works: list[Callable[[], object]], rounds: int) -> list[float]:
    """Each work's median CPU seconds, the works taking turns."""
    for work in works:
        work()
    seconds = np.empty((rounds, len(works)))
    for turn in seconds:
        for i, work in enumerate(works):
            start = time.process_time()
            work()
            turn[i] = time.process_time() - start
    return [float(median) for median in np.median(seconds, axis=0)]


def _write(path: Path, shape: tuple[int, int], syntax: pydicom.uid.UID) -> Path:
    """A shipped synthetic mammogram in this size with fresh grain, 12 bit, compressed."""
    shipped = pydicom.dcmread(sorted(SHIPPED.glob("*/*.dcm"))[0]).pixel_array.astype(np.float32)
    grain = np.random.default_rng(0).normal(scale=12, size=shape)
    enlarged = cv2.resize(shipped, shape[::-1], interpolation=cv2.INTER_LINEAR)
    tissue = np.where(enlarged > 0, np.clip(enlarged + grain, 1, 4095), 0)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.2", "1.2.3"
    ds.Rows, ds.Columns = shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.WindowCenter, ds.WindowWidth = 2000, 3500
    ds.PixelData = np.clip(tissue, 0, 4095).astype("<u2").tobytes()
    ds.compress(syntax, generate_instance_uid=False)
    ds.save_as(path, enforce_file_format=True)
    return path
