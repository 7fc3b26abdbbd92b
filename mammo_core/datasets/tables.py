"""Tables that describe images: CSV with any common separator, or Parquet, read as text."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.errors import BadTable, UnreadableFile
from mammo_core.table_limits import check_bytes

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

SUFFIXES = (".csv", ".tsv", ".parquet")

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
    is_dataset = (root / "dataset.json").exists()
    own = {"index.parquet", "refused.csv", "set_aside.parquet"} if is_dataset else set()
    return sorted(
        file
        for file in root.iterdir()
        if file.suffix.lower() in SUFFIXES
        and file.name not in own
        and not file.name.startswith(".")
    )


def read_headings(path: Path) -> list[str]:
    """The table's headings as they stand in the file.

    Raises:
        BadTable: Where the file is no table that `read_table` takes.
        UnreadableFile: Where it cannot be opened.
    """
    return list(_read(path).column_names)


def read_table(path: Path) -> "pd.DataFrame":
    """The whole table as text; what is missing is the empty text.

    Raises:
        BadTable: Where the file is not in UTF-8, has no rows, too many, or a heading twice.
        UnreadableFile: Where it cannot be opened, or is no table.
    """
    table = _read(path)
    if not table.num_rows:
        raise BadTable(f"Expected rows in {path.name}, found none")
    return table.to_pandas().astype("str").fillna("")


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


def _read(path: Path) -> "pyarrow.Table":
    from mammo_core.table_files import read_columns

    try:
        check_bytes(path)
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"Cannot read {path}: {error.strerror or error}") from None
    if path.suffix.lower() != ".parquet":
        _check_encoding(content, path.name)
    table = read_columns(content, path.name)
    repeated = [name for name, n in Counter(table.column_names).items() if n > 1]
    if repeated:
        raise BadTable(f"Expected each heading once in {path.name}, '{repeated[0]}' occurs again")
    return table


def _check_encoding(content: bytes, name: str) -> None:
    """Refuse text that is not UTF-8, for a path that is spelled wrongly finds no file."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadTable(
            f"Expected {name} in UTF-8, byte {error.start + 1} is not; save it as 'CSV UTF-8'"
        ) from None


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", heading.strip().lower()).strip("_")
