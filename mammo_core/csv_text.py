"""Rows as CSV text, for downloads and for tables that the command line writes."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""With what a text begins that spreadsheets calculate instead of showing."""


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV; the columns are those of the first row."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]) if rows else [], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def quote_formula(value: Any) -> Any:
    """The value, a text behind an apostrophe where a spreadsheet would take it for a formula.

    Source: OWASP, CSV Injection.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
