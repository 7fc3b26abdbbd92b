"""How long a training epoch waits for its images."""

import time

import numpy as np

BATCHES = 24


def rows() -> list[dict[str, object]]:
    """Time of an epoch fed by the training's own input, against the same batches in memory."""
    from mammo_core.training.configuration import TrainingConfiguration
    from mammo_core.training.data import TrainingData, prefetch
    from mammo_core.training.stages import build_image_stage

    config = TrainingConfiguration(recipe="whole_image")
    n = BATCHES * config.batch_size
    pixels = np.random.default_rng(0).integers(0, 65535, (n, *config.image_size), np.uint16)
    labels = np.arange(n) % 3
    classes = ("normal", "benign", "malignant")
    everything = np.arange(n)
    data = TrainingData(pixels, labels, everything, everything, classes, frozenset(), pixels.take)
    stage = build_image_stage(data, config)
    model, ready = stage.trained, list(stage.batches.epoch(0))
    _train(model, ready[:2])
    pairs = [
        (_train(model, prefetch(stage.batches.epoch(0))), _train(model, ready)) for _ in range(3)
    ]
    waiting = float(np.median([fed / bare - 1 for fed, bare in pairs]))
    return [
        {
            "benchmark": "training input: share of an epoch's time spent waiting",
            "figure": waiting,
            "unit": "of the epoch on ready batches",
            "budget": 0.05,
            "ratio": waiting / 0.05,
        }
    ]


def _train(model, batches) -> float:
    start = time.perf_counter()
    for images, labels, weights in batches:
        model.train_on_batch(images, labels, sample_weight=weights)
    return time.perf_counter() - start
