"""How long a training epoch waits for its images and patches, and what they cost."""

import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

BATCHES = 24
PAIRS = 11  # one epoch differs from the next by some per cent on a shared machine
BUDGET = 0.05


class Epoch(NamedTuple):
    """What the batches of an epoch took: by the clock, and of the CPU."""

    seconds: float
    cpu: float


def rows() -> Iterator[dict[str, object]]:
    """Time of an epoch fed from the disk, against the same batches as tensors in memory."""
    from mammo_core.training.configuration import TrainingConfiguration
    from mammo_core.training.stages import build_image_stage, build_patch_stage

    config = TrainingConfiguration()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pixels.npy"
        data = _make_data(file, BATCHES * config.batch_size, config.image_size)
        for name, build in (("images", build_image_stage), ("patches", build_patch_stage)):
            yield from _measure(name, build(data, config), file)


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


def _measure(name: str, stage: Any, file: Path) -> Iterator[dict[str, object]]:
    """Waiting by the clock; the CPU time of the input, which holds on a busy machine too."""
    import tensorflow as tf

    from mammo_core.training.data import prefetch
    from mammo_core.training.devices import find_devices
    from mammo_core.training.step import make_step, place_images

    step = make_step(stage.trained, find_devices())
    ready = [tuple(map(tf.constant, batch)) for batch in _read(stage, file, 0)]
    _train(step, ready[:2])
    made, fed, bare = [], [], []
    for number in range(PAIRS):
        made.append(_exhaust(map(place_images, _read(stage, file, number)), time.thread_time))
        fed.append(_train(step, prefetch(map(place_images, _read(stage, file, 0)))))
        bare.append(_train(step, ready))
    waiting = float(np.median([a.seconds / b.seconds - 1 for a, b in zip(fed, bare, strict=True)]))
    cost = float(np.median([epoch.cpu for epoch in made]))
    n, learning = sum(len(images) for images, _, _ in ready), np.median([e.cpu for e in bare])
    yield {
        "benchmark": f"training input: share of an epoch of {name} spent waiting",
        "figure": waiting,
        "unit": "of the epoch on ready tensors",
        "budget": BUDGET,
        "ratio": waiting / BUDGET,
    }
    yield _tell(f"CPU of the {name}", float(cost / learning), "of the network's CPU")
    yield _tell(f"CPU of one of the {name}", cost / n * 1000, "ms")


def _tell(what: str, figure: float, unit: str) -> dict[str, object]:
    return {"benchmark": f"training input: {what}", "figure": figure, "unit": unit}


def _read(stage: Any, file: Path, number: int) -> Iterator[Any]:
    """The first batches of an epoch, their pixels read from the disk and not from its cache."""
    if hasattr(os, "posix_fadvise"):  # Linux
        with file.open("rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    data = replace(stage.batches.data, pixels=np.load(file, mmap_mode="r"))
    yield from islice(replace(stage.batches, data=data).epoch(number), BATCHES)


def _train(step: Any, batches: Iterable[Any]) -> Epoch:
    """The network's epoch, in all its threads."""
    return _exhaust(map(step, batches), time.process_time)


def _exhaust(items: Iterable[Any], clock: Callable[[], float]) -> Epoch:
    seconds, cpu = time.perf_counter(), clock()
    deque(items, maxlen=0)
    return Epoch(time.perf_counter() - seconds, clock() - cpu)
