"""Calibrating a bare prediction table, of whatever framework, into another one."""

import json
from pathlib import Path
from typing import Any

from mammo_core.calibrators.fitting import apply_calibrator, fit_calibrator
from mammo_core.calibrators.stored import describe_fit
from mammo_core.errors import BadConfiguration
from mammo_core.metrics.selection import EvaluationOptions, select
from mammo_core.predictions import write_predictions
from mammo_core.table_models.spelled_tables import read_spelled
from mammo_core.table_models.spelling import Spelling


def calibrate_file(
    source: Path,
    out: Path,
    method: str,
    spelling: Spelling | None = None,
    *,
    split: str = "val",
    positive: str | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Fit on a table's rows of one split and write all its rows calibrated, under our names.

    Returns:
        What was fitted, on what, and the file.

    Raises:
        BadConfiguration: Where `out` is no Parquet file or the table itself, or for an unknown
            method or class.
        BadTable: Where the table cannot be used or nothing fits.
    """
    if out.suffix != ".parquet" or out.resolve() == source.resolve():
        raise BadConfiguration(
            f"Expected --out to be another file that ends in .parquet, got '{out}'"
        )
    table = read_spelled(source, spelling or Spelling())
    rows, told = select(table, EvaluationOptions(split=split))
    fit = fit_calibrator(rows, method, positive=positive, bootstrap=bootstrap, seed=seed)
    facts = describe_fit(fit)
    note = {key: facts[key] for key in ("method", "fitted", "positive", "n", "patients")}
    frame = apply_calibrator(table, fit.calibrator).frame
    write_predictions(out, frame, {"calibrated": json.dumps({**note, "split": split})})
    return {**facts, "split": split, "warnings": [*told, *facts["warnings"]], "table": str(out)}
