"""`python -m gate_fitting REAL`: measure, fit, write the numbers and the tables of errors.

REAL is a folder with the sources that `measuring.CHANGED_OF` names and `not_mammograms`; whoever
has other mammograms adds a folder and a line there.
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gate_fitting.evaluation import write_tables
from gate_fitting.fitting import fit
from gate_fitting.measuring import CHANGED_OF, ORIGINS, Row, list_mammograms, measure_all
from mammo_core.gate_points import NUMBERS_FILE, GateNumbers
from mammo_core.paths import write_json, write_text

TABLES_FILE = Path(__file__).resolve().parents[1] / "docs" / "gate_errors.md"

HEADING = """# Errors of the gate

Written by `make gate REAL=FOLDER` together with the numbers; [gate.md](gate.md) explains them.

"""


def main(real: Path) -> None:
    """Write `mammo_core/gate_numbers.json` and `docs/gate_errors.md`."""
    rows = measure_all(real)
    numbers = fit(rows)
    write_json(NUMBERS_FILE, describe(numbers, rows))
    write_text(
        TABLES_FILE, HEADING + write_tables(rows, GateNumbers.from_json(describe(numbers, rows)))
    )


def describe(numbers: GateNumbers, rows: Sequence[Row]) -> dict[str, Any]:
    """The numbers with the origin of the data, for JSON."""
    points: dict[str, Any] = {}
    for objection in numbers.objections:
        curve = {"at": objection.at, "points": objection.points}
        points.setdefault(objection.feature, {})[objection.side] = curve
    return {
        "made_by": "python -m gate_fitting REAL",
        "origin": {source: {"from": ORIGINS[source], **n} for source, n in _count(rows).items()},
        "strangers": sum(row.sort == "stranger" for row in rows),
        "ask_above": round(numbers.ask_above, 4),
        "refuse_above": round(numbers.refuse_above, 4),
        "points": points,
        "frame": numbers.frame,
    }


def _count(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    ours = [row for row in rows if row.sort == "mammogram"]
    as_is = Counter(row.source for row in ours if not row.change)
    changed = Counter(row.source for row in ours if row.change)
    return {source: {"images": n, "changed": changed[source]} for source, n in as_is.items()}


def read_folder() -> Path:
    """The folder named on the command line; ends with one line where it lacks a source."""
    parser = argparse.ArgumentParser("python -m gate_fitting", description="Fit the gate's numbers")
    parser.add_argument("real", type=Path, help="folder of real images, one folder a source")
    real: Path = parser.parse_args().real
    missing = [source for source in CHANGED_OF if not list_mammograms(real / source)]
    if missing:
        parser.error(f"Expected mammograms in {', '.join(missing)} below {real}, found none")
    return real


if __name__ == "__main__":
    main(read_folder())
