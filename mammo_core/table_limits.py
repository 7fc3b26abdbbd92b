"""How large a table may be; checked before it is read, or while it is, so that none takes all."""

from pathlib import Path

from mammo_core.errors import BadTable

MAX_ROWS = 2_000_000
"""Ten times the images of the largest archive."""
MAX_BYTES = 1 << 30
MAX_CLASSES = 100
"""Far more than any reading of mammograms has; totals are drawn for each pair of two classes."""


def check_bytes(path: Path) -> None:
    """Refuse a file that is larger than any table of images.

    Raises:
        BadTable: Where it is so.
        OSError: Where the file cannot be found.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise BadTable(
            f"Expected at most {MAX_BYTES >> 20} MiB in {path.name}, found {size >> 20}; "
            "leave out columns or rows, or divide it"
        )


def check_rows(n: int, source: str) -> None:
    """Refuse a table of more rows than any collection has.

    Args:
        n: As many as are known of by now.
        source: The table's name.

    Raises:
        BadTable: Where there are too many.
    """
    if n > MAX_ROWS:
        raise BadTable(
            f"Expected at most {MAX_ROWS:,} rows in {source}, found more; divide the table"
        )


def check_classes(n: int, source: str) -> None:
    """Refuse a prediction table of more classes than intervals can be drawn for.

    Args:
        n: Its columns p_<class>.
        source: The table's name.

    Raises:
        BadTable: Where there are too many.
    """
    if n > MAX_CLASSES:
        raise BadTable(
            f"Expected at most {MAX_CLASSES} classes (columns p_<class>) in {source}, found {n:,}; "
            "join classes, or rename columns that begin with p_ and are none"
        )
