"""What an epoch of a head on cached features costs, against an epoch of the whole network."""

import tempfile
import time
from pathlib import Path

import numpy as np

TRAIN, VAL = 96, 32
SIZE = (320, 192)


def rows() -> list[dict[str, object]]:
    """CPU time of one epoch with its validation: head, upper part, all; and of the features."""
    from mammo_core.training.configuration import TrainingConfiguration
    from mammo_core.training.data import TrainingData
    from mammo_core.training.transfer import build_head_stage, build_upper_stage, build_whole_stage
    from mammo_core.types import no_progress

    config = TrainingConfiguration(
        recipe="transfer", architecture="mobilenet_v3_small", weights="imagenet", image_size=SIZE
    )
    pixels = np.random.default_rng(0).integers(0, 65535, (TRAIN + VAL, *SIZE), np.uint16)
    train, val = np.arange(TRAIN), np.arange(TRAIN, TRAIN + VAL)
    classes = ("normal", "benign", "malignant")
    data = TrainingData(
        pixels, np.arange(TRAIN + VAL) % 3, train, val, classes, frozenset(), pixels.take
    )
    head = build_head_stage(data, config)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):  # the first compiles
            head.features.discard()
            start = time.process_time()
            head.features.fill(Path(folder), no_progress)
            filling = time.process_time() - start
        head_epoch = _time_epoch(head, data, head.features)
    upper, whole = (
        _time_epoch(build(data, config), data, data)
        for build in (build_upper_stage, build_whole_stage)
    )
    return [
        _row("an epoch of the head", head_epoch / whole, 0.1),
        _row("an epoch of the upper part", upper / whole, 1.0),
        _row("all features, once", filling / whole, 1.0),
    ]


def _time_epoch(stage, data, inputs) -> float:
    """CPU seconds of the faster of two epochs with validation, after one that compiles."""
    from mammo_core.training.data import prefetch
    from mammo_core.training.devices import find_devices
    from mammo_core.training.step import make_step
    from mammo_core.training.validation import predict_positions

    step, seconds = make_step(stage.trained, find_devices()), []
    for epoch in range(3):
        start = time.process_time()
        for batch in prefetch(stage.batches.epoch(epoch)):
            step(batch)
        predict_positions(stage.trained, inputs, data.val)
        seconds.append(time.process_time() - start)
    return min(seconds[1:])


def _row(what: str, ratio: float, budget: float) -> dict[str, object]:
    return {
        "benchmark": f"transfer: {what}",
        "figure": ratio,
        "unit": "epochs of the whole network, MobileNetV3-Small at 320 x 192",
        "budget": budget,
        "ratio": ratio / budget,
    }
