"""Server time of a rerun of the Data page on a dataset of 3,000 images, tab by tab."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TABS = ("Composition", "Refused", "Look")
BUDGET_MS = 200.0
COPIES = 32
MEASURE = """
import json, sys, time
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=60)
app.query_params.update({"dataset": "many", "tab": sys.argv[2]})
app.run()
app.switch_page(sys.argv[3]).run()
seconds = []
for _ in range(20):
    start = time.process_time()
    app.run()
    seconds.append(time.process_time() - start)
assert not app.exception, app.exception
print(json.dumps(seconds))
"""


def rows() -> list[dict[str, Any]]:
    """The 95th percentile of reruns for each tab, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        make_home(Path(folder))
        return [_row(tab, measure_reruns(Path(folder), tab)) for tab in TABS]


def make_home(home: Path) -> None:
    """A home with the shipped sample's index many times over, and as many refused files."""
    import pandas as pd

    dataset = home / ".mammo" / "datasets" / "many"
    dataset.mkdir(parents=True)
    sample = pd.read_parquet(ROOT / "sample_data" / "index.parquet")
    sample["path"] = [str(ROOT / "sample_data" / path) for path in sample["path"]]
    index = pd.concat([sample] * COPIES, ignore_index=True)
    index["image_id"] = [f"image{n}" for n in range(len(index))]
    card = json.loads((ROOT / "sample_data" / "dataset.json").read_text())
    index.attrs["fingerprint"] = card["fingerprint"]
    index.to_parquet(dataset / "index.parquet")
    (dataset / "dataset.json").write_text(json.dumps(card | {"name": "many"}))
    refused = pd.DataFrame({"file": [f"{n}.png" for n in index.index], "reason": "Blank (at 1)"})
    refused.to_csv(dataset / "refused.csv", index=False)


def measure_reruns(home: Path, tab: str) -> list[float]:
    """CPU seconds of reruns of the page with one tab open."""
    command = [sys.executable, "-c", MEASURE, str(ROOT / "mammo_ui/main.py"), tab]
    command.append(str(ROOT / "pages/data.py"))
    environment = {**os.environ, "MAMMO_HOME": str(home), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    seconds: list[float] = json.loads(done.stdout.splitlines()[-1])
    return seconds


def _row(tab: str, seconds: list[float]) -> dict[str, Any]:
    p95 = 1000 * statistics.quantiles(seconds, n=20)[-1]
    return {
        "benchmark": f"Data page, {tab}, 3,000 images, p95 of a rerun",
        "figure": p95,
        "unit": "ms",
        "budget": BUDGET_MS,
        "ratio": p95 / BUDGET_MS,
    }
