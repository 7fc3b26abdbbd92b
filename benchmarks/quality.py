"""What the quality report costs at 100,000 images, against comparing each with each."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

N = 100_000
SLICE = 500
SAMPLE = Path(__file__).resolve().parents[1] / "sample_data" / "dicom"
CLASSES = ("normal", "malignant")


def rows() -> list[dict[str, object]]:
    """The search for near-duplicates, the metadata's model and one image's look."""
    codes = _make_codes()
    return [*_search_rows(codes), _agreement_row(codes[:4000]), _metadata_row(), *_image_rows()]


def _make_codes() -> np.ndarray:
    """(N, 2, 2) codes whose bits are as skewed as those of films, 1 in 50 a changed copy."""
    rng = np.random.default_rng(0)
    share = 0.5 + rng.uniform(-0.3, 0.3, 256)
    bits = rng.random((N, 256)) < share
    copies = rng.choice(N, N // 50, replace=False)
    bits[copies] = bits[rng.integers(0, N, len(copies))] ^ (rng.random((len(copies), 256)) < 0.05)
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint64).reshape(N, 2, 2)


def _search_rows(codes: np.ndarray) -> list[dict[str, object]]:
    from mammo_core.datasets.near_duplicates import find_near_duplicates

    thumbnails = np.random.default_rng(1).integers(-127, 127, (1000, 2, 32, 32), np.int8)
    spent = _cpu_seconds(
        lambda: sum(1 for _ in find_near_duplicates(codes, lambda some: thumbnails[some % 1000]))
    )
    brute = _cpu_seconds(lambda: _count_close(codes, SLICE)) * N / SLICE
    name = f"near-duplicates of {N:,} images (budget: NumPy's XOR and popcount of all pairs / 5)"
    return [
        _row(name, spent, "CPU s", brute / 5),
        _row(f"peak memory of a search in {N:,} hashes", _search_peak(codes), "MB", 256.0),
    ]


def _search_peak(codes: np.ndarray) -> float:
    """MB that the search in one framing allocates at most at a time."""
    from mammo_core.datasets.near_duplicates import RADIUS
    from mammo_core.hash_search import find_close_pairs

    tracemalloc.start()
    for _ in find_close_pairs(codes[:, 0], RADIUS):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def _count_close(codes: np.ndarray, n: int) -> int:
    """Near pairs of the first n codes with all, by comparing each with each."""
    from mammo_core.datasets.near_duplicates import RADIUS

    found = 0
    for framing in range(2):
        for row in range(n):
            differing = codes[row, framing] ^ codes[:, framing]
            distance = np.bitwise_count(differing[:, 0]) + np.bitwise_count(differing[:, 1])
            found += int(np.count_nonzero(distance <= RADIUS))
    return found


def _agreement_row(codes: np.ndarray) -> dict[str, object]:
    from mammo_core.datasets.near_duplicates import RADIUS
    from mammo_core.hash_search import find_close_pairs

    own = sum(
        len(pairs.first)
        for framing in range(2)
        for pairs in find_close_pairs(codes[:, framing], RADIUS)
    )
    every = (_count_close(codes, len(codes)) - 2 * len(codes)) // 2
    return _row(f"near pairs missed of {every}, 4,000 codes", every - own, "pairs", None)


def _metadata_row() -> dict[str, object]:
    from mammo_core.datasets.metadata_model import assess_metadata

    frame = _make_index(N // 4)
    spent = _cpu_seconds(lambda: assess_metadata(frame, CLASSES))
    return _row(f"what metadata alone predict, {N:,} images", spent, "CPU s", None)


def _make_index(n_patients: int) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    patient = np.repeat(np.arange(n_patients), 4)

    def draw(values: list[object]) -> np.ndarray:
        return rng.choice(values, n_patients)[patient]

    return pd.DataFrame(
        {
            "patient_id": [f"p{k}" for k in patient],
            "laterality": np.tile(["L", "L", "R", "R"], n_patients),
            "view": np.tile(["CC", "MLO"], 2 * n_patients),
            "manufacturer": draw([f"maker {k}" for k in range(6)]),
            "source": draw(["one", "two"]),
            "rows": draw([2294, 3328, 4096]),
            "columns": draw([1914, 2560, 3328]),
            "pixel_spacing_mm": draw([0.05, 0.07, 0.094]),
            "age": rng.integers(35, 85, n_patients)[patient].astype(float),
            "density": draw([*"abcd"]),
            "label": draw(["normal"] * 9 + ["malignant"]),
        }
    )


def _image_rows() -> list[dict[str, object]]:
    from mammo_core.breast import find_breast
    from mammo_core.dicom import read_mammogram
    from mammo_core.markers import find_markers
    from mammo_core.perceptual_hash import describe_look

    images = [read_mammogram(file) for file in sorted(SAMPLE.rglob("*.dcm"))[:24]]
    breasts = [find_breast(image.pixels) for image in images]
    hashing = _cpu_seconds(lambda: [describe_look(breast) for breast in breasts])
    marking = _cpu_seconds(lambda: list(map(find_markers, images, breasts)))
    return [
        _row("hashes and thumbnails of one image", 1000 * hashing / len(images), "ms", 10.0),
        _row("burned-in markers of one image", 1000 * marking / len(images), "ms", 30.0),
    ]


def _cpu_seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _row(name: str, figure: float, unit: str, budget: float | None) -> dict[str, object]:
    ratio = figure / budget if budget else None
    return {"benchmark": name, "figure": figure, "unit": unit, "budget": budget, "ratio": ratio}
