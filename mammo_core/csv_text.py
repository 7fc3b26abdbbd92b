"""Rows as CSV text, for downloads and for tables that the command line writes."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""With what a text begins that spreadsheets calculate instead of showing."""


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV that a spreadsheet opens without running anything in it.

    Texts that it would calculate stand behind an apostrophe, see `quote_formula`; numbers, also
    negative ones, stay as they are. A table that is read again is for `to_exact_csv`.

    Args:
        rows: The columns are those of the first one; empty for no columns.
    """
    return to_exact_csv(
        [{quote_formula(name): quote_formula(value) for name, value in row.items()} for row in rows]
    )


def to_exact_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV with every text as it is, for tables that are an input again.

    An image's id there must be that of the table that it came from, whatever it begins with.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]) if rows else [], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def quote_texts(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table with `quote_formula` in its names and in each column that is not of numbers."""
    from pandas.api.types import is_numeric_dtype

    texts = [name for name in table.columns if not is_numeric_dtype(table[name])]
    quoted = {name: table[name].astype(object).map(quote_formula) for name in texts}
    return table.assign(**quoted).rename(columns=quote_formula)


def quote_formula(value: Any) -> Any:
    """The value, a text behind an apostrophe where a spreadsheet would take it for a formula.

    Source: OWASP, CSV Injection.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
