"""What intervals cost on large prediction tables, against a loop over scikit-learn."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

REPLICATES = 1000
LOOPS = 5
CLASSES = ("normal", "benign", "malignant")


def rows() -> list[dict[str, object]]:
    """The bootstrap's CPU time and agreement, a threshold move, and a million rows."""
    small, large = _made_rows(25_000), _made_rows(250_000)
    return [
        _bootstrap_row(small),
        _large_bootstrap_row(large),
        _agreement_row(small),
        _threshold_row(small),
        _auroc_row("100,000 rows", small, budget_ms=100.0),
        _auroc_row("1,000,000 rows", large, budget_ms=1000.0),
        _evaluation_row(),
    ]


def _made_rows(n_patients: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(scores, truths, patients) of four rows a patient, 15 % positive."""
    rng = np.random.default_rng(0)
    patients = np.repeat(np.arange(n_patients), 4)
    truth = (rng.random(n_patients) < 0.15)[patients]
    return (
        truth + rng.normal(size=n_patients)[patients] + rng.normal(size=len(patients)),
        truth,
        patients,
    )


def _bootstrap_row(rows: tuple[np.ndarray, ...]) -> dict[str, object]:
    from mammo_core.metrics.bootstrap import bootstrap_auroc

    own, loop = [], []
    for _ in range(3):  # interleaved, the least of each: other work on the machine hits both
        own.append(_cpu_seconds(lambda: bootstrap_auroc(*rows, replicates=REPLICATES)))
        loop.append(_loop_seconds(*rows))
    name = "1,000 patient replicates of AUROC, 100,000 rows (budget: scikit-learn's loop / 50)"
    return _row(name, min(own), "CPU s", min(loop) / 50)


def _large_bootstrap_row(rows: tuple[np.ndarray, ...]) -> dict[str, object]:
    from mammo_core.metrics.bootstrap import bootstrap_auroc

    own = _cpu_seconds(lambda: bootstrap_auroc(*rows, replicates=REPLICATES))
    return _row("1,000 patient replicates of AUROC, 1,000,000 rows", own, "CPU s", None)


def _loop_seconds(scores: np.ndarray, truth: np.ndarray, patients: np.ndarray) -> float:
    """CPU seconds of as many weighted calls of scikit-learn, from a few of them."""
    from sklearn.metrics import roc_auc_score

    weights = [c[patients] for c in _counts(patients, LOOPS).T]
    spent = _cpu_seconds(lambda: [roc_auc_score(truth, scores, sample_weight=w) for w in weights])
    return spent * REPLICATES / LOOPS


def _agreement_row(rows: tuple[np.ndarray, ...]) -> dict[str, object]:
    from sklearn.metrics import roc_auc_score

    from mammo_core.metrics.bootstrap import bootstrap_auroc

    scores, truth, patients = rows
    counts = _counts(patients, LOOPS)
    expected = [roc_auc_score(truth, scores, sample_weight=c[patients]) for c in counts.T]
    gap = np.abs(bootstrap_auroc(*rows, replicates=LOOPS) - expected).max()
    return _row("largest distance of a replicate to scikit-learn's", float(gap), "AUROC", 1e-6)


def _counts(patients: np.ndarray, replicates: int) -> np.ndarray:
    """The counts that `bootstrap_auroc` draws with seed 0."""
    from mammo_core.metrics.bootstrap import resample

    n_patients = int(patients.max()) + 1
    drawn = resample({"counts": lambda c: c}, n_patients=n_patients, replicates=replicates, seed=0)
    return drawn["counts"]


def _threshold_row(rows: tuple[np.ndarray, ...]) -> dict[str, object]:
    from mammo_core.metrics.threshold_sweep import ThresholdSweep

    sweep = ThresholdSweep(*rows)
    times = [_cpu_seconds(lambda t=t: sweep.at_threshold(t)) for t in np.linspace(-1, 3, 100)]
    slowest = 1000 * float(np.percentile(times, 95))
    return _row(
        "threshold moved, five rates with intervals, 100,000 rows, p95", slowest, "ms", 50.0
    )


def _auroc_row(size: str, rows: tuple[np.ndarray, ...], budget_ms: float) -> dict[str, object]:
    from mammo_core.metrics.auroc import estimate_auroc

    spent = 1000 * min(_cpu_seconds(lambda: estimate_auroc(*rows)) for _ in range(3))
    return _row(f"AUROC with its clustered interval, {size}", spent, "ms", budget_ms)


def _evaluation_row() -> dict[str, object]:
    from mammo_core.metrics.evaluation import evaluate
    from mammo_core.predictions import check_predictions

    table = check_predictions(pa.Table.from_pandas(_made_frame(25_000)), "benchmark")
    spent = _cpu_seconds(lambda: evaluate(table, bootstrap=REPLICATES))
    return _row("every estimate of evaluate, 1,000 replicates, 100,000 rows", spent, "CPU s", None)


def _made_frame(n_patients: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    patients = np.repeat(np.arange(n_patients), 4)
    labels = rng.choice(3, n_patients, p=[0.6, 0.25, 0.15])[patients]
    logits = rng.normal(size=(n_patients, 3))[patients] + 1.5 * np.eye(3)[labels]
    odds = np.exp(logits + rng.normal(0, 0.3, logits.shape))
    p = odds / odds.sum(axis=1, keepdims=True)
    facts = {
        "image_id": [f"i{k}" for k in range(len(p))],
        "patient_id": [f"p{k}" for k in patients],
        "label": np.array(CLASSES)[labels],
        "density": np.array([*"abcd"])[patients % 4],
    }
    return pd.DataFrame(facts | {f"p_{name}": p[:, k] for k, name in enumerate(CLASSES)}).assign(
        split="test"
    )


def _cpu_seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _row(name: str, figure: float, unit: str, budget: float | None) -> dict[str, object]:
    ratio = figure / budget if budget else None
    return {"benchmark": name, "figure": figure, "unit": unit, "budget": budget, "ratio": ratio}
