"""What evidence costs, against the bare forward passes that it asks for."""

from collections.abc import Callable

import numpy as np

from benchmarks.cpu_time import cpu_seconds
from benchmarks.demo_classifier import load_demo_classifier

METHODS = 10
STEPS = 20
BATCH = 16
ROUNDS = 7


def rows() -> list[dict[str, object]]:
    """CPU time of the measures, interleaved with as many forward passes in full batches."""
    from mammo_core.evidence import measure_together

    classifier = load_demo_classifier()
    rng = np.random.default_rng(0)
    images = rng.random((1, *classifier.input_shape), dtype=np.float32)
    maps = {
        f"map {k}": rng.normal(size=images.shape[:3]).astype(np.float32) for k in range(METHODS)
    }

    def measure(*names: str) -> Callable[[], object]:
        return lambda: measure_together(classifier, images, maps, 1, names)

    flipping = 2 * METHODS * (STEPS - 1) + 2  # and unperturbed, blurred
    budgets = {("deletion", "insertion"): (flipping, 1.15), ("road",): (METHODS * 10, None)}
    return [
        _row(names, _median_ratio(measure(*names), _forwards(classifier, images, n)), budget)
        for names, (n, budget) in {**budgets, ("infidelity",): (51, None)}.items()
    ]


def _forwards(classifier, images: np.ndarray, n: int) -> Callable[[], object]:
    """The least that n answers cost: the classifier's own compiled pass over ready batches."""
    full, rest = divmod(n, BATCH)
    batches = [np.repeat(images, size, axis=0) for size in [BATCH] * full + [rest] if size]
    return lambda: [classifier.logits(batch) for batch in batches]


def _median_ratio(work: Callable[[], object], floor: Callable[[], object]) -> float:
    """Median over rounds that run both in turn, so that the machine's moods hit both alike."""
    work()
    floor()
    return float(np.median([cpu_seconds(work) / cpu_seconds(floor) for _ in range(ROUNDS)]))


def _row(names: tuple[str, ...], ratio: float, budget: float | None) -> dict[str, object]:
    return {
        "benchmark": f"evidence: {' + '.join(names)} of ten methods",
        "figure": ratio,
        "unit": "bare forward passes",
        "budget": budget,
        "ratio": None if budget is None else ratio / budget,
    }
