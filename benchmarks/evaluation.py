"""Server time and memory of the pages over large prediction tables, page by page, tab by tab."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.memory import measure_peak

ROOT = Path(__file__).resolve().parents[1]
SIZES = {100_000: 200.0, 1_000_000: 1000.0}
"""Rows of a table, and what a rerun over them may take in ms."""
MEMORY_MB = 1024.0
"""Of the process that serves the pages, with the largest table."""
BYTES_A_ROW = 2048.0
"""Of a verb over a table."""
NAME = "large"
RERUNS = 20
MEASURE = ROOT / "benchmarks" / "evaluation_reruns.py"


def rows() -> Iterator[dict[str, Any]]:
    """The 95th percentile of reruns of each page, and the memory of their process, by size."""
    for n, budget_ms in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            peak = make_home(Path(folder), n)
            found = measure(Path(folder))
        yield from (_row(what, n, seconds, budget_ms) for what, seconds in found["reruns"].items())
        yield _memory_row("one table", n, found["megabytes"], MEMORY_MB)
        yield _memory_row("two tables compared", n, found["megabytes_of_two"], MEMORY_MB)
        yield _verb_row(n, peak)


def make_home(home: Path, n: int) -> int:
    """A home with two tables of n rows as models, the first evaluated beforehand.

    Returns:
        The peak of that evaluation's memory in bytes.
    """
    for name, seed in ((NAME, 0), ("other", 1)):
        file = home / f"{name}.parquet"
        make_table(n, seed).to_parquet(file, index=False)
        dataset = () if name == NAME else ("--dataset", NAME)
        _run(home, "adopt-table", str(file), "--name", name, *dataset)
    _run(home, "models", "--default", NAME)
    return measure_peak("evaluate", NAME, NAME, home=home)


def make_table(n: int, seed: int) -> Any:
    """A prediction table as a data frame: four views a patient, facts and ids as archives have."""
    import numpy as np
    import pandas as pd

    rng, draw = np.random.default_rng(seed), np.random.default_rng(99)
    patient, image = np.arange(n) // 4, np.arange(n)
    label = np.where(draw.random(n // 4 + 1) < 0.15, 2, draw.integers(0, 2, n // 4 + 1))[patient]
    logits = np.eye(3)[label] * 1.5 + rng.normal(size=(n, 3))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    facts = {
        "density": np.array([*"abcd"])[patient % 4],
        "age": 40.0 + patient % 35,
        "manufacturer": np.array(["Aster", "Borealis", "Cumulus"])[patient % 3],
        "birads": np.array([*"12345"])[label + patient % 3],
        "lesion": np.array([None, "mass", "calcification"])[label],
    }
    return pd.DataFrame(
        {
            "image_id": np.char.mod("site-a.image-%09d", image),
            "patient_id": np.char.mod("patient-%09d", patient),
            "exam_id": np.char.mod("exam-%09d", patient),
            "laterality": np.array([*"LLRR"])[image % 4],
            "view": np.array(["CC", "MLO"])[image % 2],
            "label": np.array(["normal", "benign", "malignant"])[label],
            "split": "test",
            **{f"p_{name}": p[:, k] for k, name in enumerate(("normal", "benign", "malignant"))},
            **facts,
        }
    )


def measure(home: Path) -> dict[str, Any]:
    """What `evaluation_reruns` prints of all pages."""
    command = [sys.executable, str(MEASURE), str(RERUNS)]
    done = subprocess.run(command, cwd=ROOT, env=_environment(home), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The pages failed: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _run(home: Path, *words: str) -> None:
    command = [sys.executable, "-m", "mammo_core", *words, "--json"]
    subprocess.run(command, cwd=ROOT, env=_environment(home), capture_output=True, check=True)


def _environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "MAMMO_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "OPENBLAS_NUM_THREADS": "1",
    }


def _row(what: str, n: int, seconds: list[float], budget_ms: float) -> dict[str, Any]:
    p95 = 1000 * statistics.quantiles(seconds, n=20)[-1]
    return {
        "benchmark": f"{what}, {n:,} predictions, p95 of a rerun",
        "figure": p95,
        "unit": "CPU ms",
        "budget": budget_ms,
        "ratio": p95 / budget_ms,
    }


def _memory_row(of_what: str, n: int, megabytes: float, budget_mb: float) -> dict[str, Any]:
    return {
        "benchmark": f"memory of the pages' process after all of these, {of_what} of {n:,} rows",
        "figure": megabytes,
        "unit": "MB",
        "budget": budget_mb,
        "ratio": megabytes / budget_mb,
    }


def _verb_row(n: int, peak: int) -> dict[str, Any]:
    return {
        "benchmark": f"memory of evaluate, 1,000 replicates, {n:,} predictions",
        "figure": peak / n,
        "unit": "bytes a row, the libraries' among them",
        "budget": BYTES_A_ROW if n == max(SIZES) else None,
        "ratio": peak / n / BYTES_A_ROW if n == max(SIZES) else None,
    }
