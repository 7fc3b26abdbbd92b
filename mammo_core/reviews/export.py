"""Reviews as a file: CSV that a spreadsheet opens safely, or JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mammo_core.csv_text import to_csv
from mammo_core.paths import write_json, write_text

COLUMNS = ("dataset", "image_id", "tags", "status", "note", "updated")


def write_reviews(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the rows of `Reviews.export`, as JSON where the file's name ends so.

    Raises:
        MammoError: Where it cannot be written.
    """
    if path.suffix.lower() == ".json":
        write_json(path, list(rows))
        return
    texts = [{**row, "tags": "; ".join(row["tags"])} for row in rows]
    told = [{name: row[name] for name in COLUMNS} for row in texts]
    write_text(path, to_csv(told) if told else ",".join(COLUMNS) + "\n")
