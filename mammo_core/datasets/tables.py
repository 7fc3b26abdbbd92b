"""Tables that describe images: CSV with any common separator, or Parquet, read as text."""

import csv
import io
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.errors import BadTable, UnreadableFile

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".parquet")
SEPARATORS = (",", ";", "\t", "|")

SYNONYMS = {
    "path": (
        "path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path",
        "image_file", "image_file_path", "img", "img_path",
    ),
    "label": (
        "label", "labels", "class", "class_name", "pathology", "diagnosis", "classification",
        "category", "target",
    ),
    "image_id": ("image_id", "imageid", "image_name"),
    "patient_id": ("patient_id", "patientid", "patient", "subject_id", "subject", "case_id"),
    "exam_id": ("exam_id", "exam", "study_id", "study", "study_uid"),
    "laterality": ("laterality", "side", "breast", "breast_side", "left_or_right_breast"),
    "view": ("view", "view_position", "viewposition", "image_view", "projection"),
    "split": ("split", "subset", "set", "partition"),
    "mask_path": ("mask_path", "mask", "mask_file", "mask_filename", "roi_mask", "segmentation"),
    "lesion": ("lesion", "lesion_type", "abnormality", "abnormality_type", "finding"),
    "density": ("density", "breast_density", "acr", "density_grade"),
    "age": ("age", "patient_age", "age_years"),
    "manufacturer": ("manufacturer", "vendor", "scanner", "machine"),
    "birads": ("birads", "bi_rads", "breast_birads", "assessment"),
    "implant": ("implant", "implants", "breast_implant"),
    "pixel_spacing_mm": ("pixel_spacing_mm", "pixel_spacing", "spacing_mm"),
    "source": ("source", "dataset", "site", "hospital"),
}  # fmt: skip
"""The index's columns and the headings, in this order of preference, that mean them.

Headings are compared in lower case with every run of other signs as one underscore.
"""


def tables_in(root: Path) -> list[Path]:
    """The tables that lie in a folder, save those that `index` itself wrote there."""
    own = {"index.parquet", "refused.csv"} if (root / "dataset.json").exists() else set()
    return sorted(
        file
        for file in root.iterdir()
        if file.suffix.lower() in SUFFIXES
        and file.name not in own
        and not file.name.startswith(".")
    )


def read_columns(path: Path) -> list[str]:
    """The table's headings as they stand in the file.

    Raises:
        BadTable: Where the file is no table.
        UnreadableFile: Where it cannot be opened.
    """
    if path.suffix.lower() == ".parquet":
        return list(_parquet_schema(path))
    text = _read_text(path)
    return _split(text.split("\n", 1)[0], sniff_separator(text))


def read_table(path: Path) -> "pd.DataFrame":
    """The whole table as text; what is missing is the empty text.

    Raises:
        BadTable: Where the file is no table, has no rows, or rows of different lengths.
        UnreadableFile: Where it cannot be opened.
    """
    frame = _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_csv(path)
    if frame.empty:
        raise BadTable(f"Expected rows in {path.name}, found none")
    return frame


def iterate_records(frame: "pd.DataFrame") -> Iterator[dict[str, str]]:
    """Each row of a table of text as a dictionary, without surrounding blanks."""
    names = [str(name) for name in frame.columns]
    for values in frame.itertuples(index=False, name=None):
        yield dict(zip(names, map(str.strip, values), strict=True))


def match_columns(headings: list[str]) -> dict[str, str]:
    """The heading that stands for each column of SYNONYMS, where there is one."""
    plain = {_plain(heading): heading for heading in reversed(headings)}
    matches = {
        column: next((plain[word] for word in words if word in plain), None)
        for column, words in SYNONYMS.items()
    }
    return {column: heading for column, heading in matches.items() if heading is not None}


def sniff_separator(text: str) -> str:
    """The separator that cuts the first line into most pieces; a comma where none does."""
    first = text.split("\n", 1)[0]
    return max(SEPARATORS, key=lambda separator: len(_split(first, separator)))


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", heading.strip().lower()).strip("_")


def _split(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTable(
            f"Expected {path.name} in UTF-8, byte {error.start + 1} is not; "
            "save it again as 'CSV UTF-8'"
        ) from None
    except OSError as error:
        raise UnreadableFile(f"Cannot read {path}: {error.strerror or error}") from None


def _read_csv(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = _read_text(path)
    faults = (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the headings
            return pd.read_csv(
                io.StringIO(text),
                sep=sniff_separator(text),
                dtype=str,
                keep_default_na=False,
                index_col=False,
            )
    except faults as error:
        reason = str(error).strip().splitlines()[-1]
        raise BadTable(
            f"Expected a table in {path.name}, got text that is none: {reason}"
        ) from None


def _parquet_schema(path: Path) -> list[str]:
    import pyarrow
    import pyarrow.parquet

    try:
        return list(pyarrow.parquet.read_schema(path).names)
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(path, error) from None


def _read_parquet(path: Path) -> "pd.DataFrame":
    import pandas as pd
    import pyarrow

    try:
        frame = pd.read_parquet(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(path, error) from None
    return frame.map(_to_text).astype(str)


def _damaged(path: Path, error: Exception) -> UnreadableFile:
    return UnreadableFile(f"Cannot read {path} as Parquet: {str(error).splitlines()[0]}")


def _to_text(value: object) -> str:
    """A Parquet value as a CSV would hold it; 3.0 (a whole number beside gaps) is "3"."""
    if value is None or value != value or str(value) == "<NA>":
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
