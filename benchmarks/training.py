"""How long a training epoch waits for its images and patches, and what they cost."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

BATCHES = 24
PAIRS = 5
BUDGET = 0.05


def rows() -> Iterator[dict[str, object]]:
    """Time of an epoch fed from the disk, against the same batches as tensors in memory."""
    from mammo_core.training.configuration import TrainingConfiguration
    from mammo_core.training.stages import build_image_stage, build_patch_stage

    config = TrainingConfiguration()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pixels.npy"
        data = _make_data(file, BATCHES * config.batch_size, config.image_size)
        for name, build in (("images", build_image_stage), ("patches", build_patch_stage)):
            stage = build(data, config)
            yield _measure_waiting(name, stage, file)
            yield _measure_cost(name, stage, file)


def _make_data(file: Path, n: int, size: tuple[int, int]) -> Any:
    """Noise in the left two thirds, as a breast would lie; every other image has a lesion."""
    from mammo_core.training.data import TrainingData

    pixels = np.lib.format.open_memmap(file, "w+", np.uint16, (n, *size))
    rng = np.random.default_rng(0)
    for row in pixels:
        row[:, : 2 * size[1] // 3] = rng.integers(1, 65_535, (size[0], 2 * size[1] // 3))
    pixels.flush()
    mask = np.zeros(size, np.float32)
    mask[size[0] // 2 :, :40][:40] = 1
    everything, labels = np.arange(n), np.arange(n) % 3
    with_lesion = frozenset(map(int, np.flatnonzero(labels)))
    classes = ("normal", "benign", "malignant")
    own = np.load(file, mmap_mode="r")
    return TrainingData(own, labels, everything, everything, classes, with_lesion, lambda _: mask)


def _measure_waiting(name: str, stage: Any, file: Path) -> dict[str, object]:
    import tensorflow as tf

    from mammo_core.training.data import prefetch
    from mammo_core.training.devices import find_devices
    from mammo_core.training.step import make_step, place_images

    step = make_step(stage.trained, find_devices())
    ready = [tuple(map(tf.constant, batch)) for batch in _read(stage, file, 0)]
    _train(step, ready[:2])
    pairs = [
        (_train(step, prefetch(map(place_images, _read(stage, file, 0)))), _train(step, ready))
        for _ in range(PAIRS)
    ]
    waiting = float(np.median([fed / bare - 1 for fed, bare in pairs]))
    return {
        "benchmark": f"training input: share of an epoch of {name} spent waiting",
        "figure": waiting,
        "unit": "of the epoch on ready tensors",
        "budget": BUDGET,
        "ratio": waiting / BUDGET,
    }


def _measure_cost(name: str, stage: Any, file: Path) -> dict[str, object]:
    n, start = 0, time.process_time()
    for images, _, _ in _read(stage, file, 1):
        n += len(images)
    return {
        "benchmark": f"training input: CPU of one of the {name}",
        "figure": (time.process_time() - start) / n * 1000,
        "unit": "ms",
    }


def _read(stage: Any, file: Path, number: int) -> Iterator[Any]:
    """The first batches of an epoch, their pixels read from the disk and not from its cache."""
    if hasattr(os, "posix_fadvise"):  # Linux
        with file.open("rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    data = replace(stage.batches.data, pixels=np.load(file, mmap_mode="r"))
    yield from islice(replace(stage.batches, data=data).epoch(number), BATCHES)


def _train(step: Any, batches: Iterable[Any]) -> float:
    start = time.perf_counter()
    for batch in batches:
        step(batch)
    return time.perf_counter() - start
