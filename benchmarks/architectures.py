"""What each architecture costs: CPU time of learning from an image and of predicting it."""

import time

import numpy as np

SIZE = (320, 192)
BATCH = 4


def rows() -> list[dict[str, object]]:
    """CPU milliseconds an image, all cores together, so that a busy machine changes little."""
    from mammo_core.architectures import ARCHITECTURES

    return [row for name in ARCHITECTURES for row in _measure(name)]


def _measure(name: str) -> list[dict[str, object]]:
    from mammo_core.architectures import build_architecture
    from mammo_core.training.devices import find_devices
    from mammo_core.training.step import make_step

    network = build_architecture(name, (*SIZE, 1), 3)
    network.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    images = np.random.default_rng(0).random((BATCH, *SIZE, 1), np.float32)
    batch = images, np.arange(BATCH) % 3, np.ones(BATCH, np.float32)
    step = make_step(network, find_devices())
    learning = _cpu_ms(lambda: step(batch))
    predicting = _cpu_ms(lambda: network.predict_on_batch(images))
    return [_row(name, "learning", learning), _row(name, "predicting", predicting)]


def _cpu_ms(work) -> float:
    """CPU milliseconds an image, the least of four rounds after one that compiles."""
    times = []
    for _ in range(5):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times[1:]) / BATCH * 1e3


def _row(name: str, what: str, figure: float) -> dict[str, object]:
    return {
        "benchmark": f"architectures: {name}, {what}",
        "figure": figure,
        "unit": f"ms CPU an image of {SIZE[0]} x {SIZE[1]}",
        "budget": None,
        "ratio": None,
    }
