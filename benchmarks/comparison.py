"""What a comparison of two models costs, against a loop over scikit-learn."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from mammo_core.metrics.pairing import Pair

REPLICATES, LOOPS = 1000, 3
CLASSES = ("normal", "benign", "malignant")


def rows() -> list[dict[str, object]]:
    """Every difference with its interval, another threshold, and the agreement."""
    from mammo_core.metrics.agreement import measure_agreement
    from mammo_core.metrics.differences import measure_differences
    from mammo_core.metrics.paired_sweeps import PairedSweeps

    pair = _make_pair(25_000)
    pair_of = "100,000 rows, 1,000 replicates"
    differences = _cpu_seconds(lambda: (measure_differences(pair), PairedSweeps(pair)))
    sweeps = PairedSweeps(pair)
    moves = [
        _cpu_seconds(lambda t=t: sweeps.differences_at((t, 1 - t)))
        for t in np.linspace(0.05, 0.95, 50)
    ]
    return [
        _row(
            f"every difference of two models, {pair_of} (budget: scikit-learn's loop over the "
            "balanced accuracy alone / 10)",
            differences,
            "CPU s",
            _loop_seconds(pair) / 10,
        ),
        _row("agreement of two models, " + pair_of, _cpu_seconds(lambda: measure_agreement(pair)),
             "CPU s", None),
        _row("differences at other thresholds, 100,000 rows, p95",
             1000 * float(np.percentile(moves, 95)), "ms", 50.0),
    ]  # fmt: skip


def _make_pair(n_patients: int) -> "Pair":
    from mammo_core.metrics.pairing import Pair
    from mammo_core.predictions import check_predictions

    frames = (_make_frame(n_patients, seed) for seed in (0, 1))
    tables = [check_predictions(pa.Table.from_pandas(frame), "benchmark") for frame in frames]
    return Pair(tables[0], tables[1], len(CLASSES) - 1)


def _make_frame(n_patients: int, seed: int) -> pd.DataFrame:
    """Four images a patient; each seed is another model of the same images."""
    rng = np.random.default_rng(seed)
    patients = np.repeat(np.arange(n_patients), 4)
    labels = np.random.default_rng(9).choice(3, n_patients, p=[0.6, 0.25, 0.15])[patients]
    logits = rng.normal(size=(n_patients, 3))[patients] + 1.5 * np.eye(3)[labels]
    odds = np.exp(logits + rng.normal(0, 0.3, logits.shape))
    p = odds / odds.sum(axis=1, keepdims=True)
    facts = {
        "image_id": [f"i{k:07}" for k in range(len(p))],
        "patient_id": [f"p{k:07}" for k in patients],
        "label": np.array(CLASSES)[labels],
    }
    return pd.DataFrame(facts | {f"p_{name}": p[:, k] for k, name in enumerate(CLASSES)})


def _loop_seconds(pair: "Pair") -> float:
    """CPU seconds of as many weighted calls of scikit-learn for both, from a few of them."""
    from sklearn.metrics import balanced_accuracy_score

    counts = np.random.default_rng(0).poisson(1, (LOOPS, pair.a.n_patients))
    spent = _cpu_seconds(
        lambda: [
            balanced_accuracy_score(table.labels, table.predicted, sample_weight=c[pair.patients])
            for c in counts
            for table in (pair.a, pair.b)
        ]
    )
    return spent * REPLICATES / LOOPS


def _cpu_seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _row(name: str, figure: float, unit: str, budget: float | None) -> dict[str, object]:
    ratio = figure / budget if budget else None
    return {"benchmark": name, "figure": figure, "unit": unit, "budget": budget, "ratio": ratio}
