"""The history of a training as its folder holds it: a row an epoch."""

import csv
import io
from pathlib import Path
from typing import Any


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The rows of a model folder's history.csv, numbers as numbers; empty before the first.

    What was not measured in an epoch stays an empty text.
    """
    try:
        text = (folder / "history.csv").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return [
        {key: _as_number(value) for key, value in row.items()}
        for row in csv.DictReader(io.StringIO(text))
    ]


def _as_number(value: str | None) -> Any:
    try:
        return float(value or "")
    except ValueError:
        return value
