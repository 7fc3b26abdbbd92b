"""A dataset without pictures, made of what a prediction table tells of its images."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mammo_core.datasets import storage
from mammo_core.datasets.naming import SPLIT_WORDS
from mammo_core.datasets.registry import known_datasets
from mammo_core.datasets.rows import COLUMNS
from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.model_store import TABLE_LAYOUT
from mammo_core.paths import state_folder, write_json

if TYPE_CHECKING:
    from mammo_core.predictions import PredictionTable

NO_PICTURES = "It was made of a table of predictions: there are no pictures of its cases"
WORDS_OF_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def check_new_dataset(name: str) -> Path:
    """Where the dataset of that name will lie.

    Raises:
        BadConfiguration: Where the name is taken.
    """
    if name in known_datasets() or (place := state_folder() / "datasets" / name).exists():
        raise BadConfiguration(
            f"Setting 'name' must not be '{name}': a dataset has that name, and the table's own "
            "images become one; choose another name, or give the images' dataset by --dataset"
        )
    return place


def settle_splits(table: "PredictionTable", source: str) -> "PredictionTable":
    """The table with its splits in our words; all is a test set where it knows none.

    Raises:
        BadTable: For a word that stands for none of them.
    """
    frame = table.frame
    if "split" not in frame:
        return replace(table, frame=frame.assign(split="test"))
    words = frame["split"].str.lower()
    strange = words.notna() & ~words.isin(SPLIT_WORDS)
    if strange.any():
        raise BadTable(
            f"Expected train, val or test in the column 'split' of {source}, got "
            f"'{frame['split'][strange].iloc[0]}'"
        )
    return replace(table, frame=frame.assign(split=words.map(SPLIT_WORDS).astype("str")))


def write_dataset(out: Path, table: "PredictionTable", fingerprint: str) -> dict[str, Any]:
    """Write index, empty list of refused files and card; the card is returned.

    Args:
        out: The dataset's folder.
        table: Checked, its splits in our words.
        fingerprint: What tells this table's images from others'.

    Raises:
        MammoError: Where the folder cannot be written.
    """
    index = _build_index(table.frame)
    index.attrs["fingerprint"] = fingerprint
    card = _describe(out.name, _known_classes(table), fingerprint)
    with storage.staging(out) as aside:
        index.to_parquet(aside / storage.INDEX, index=False)
        refused = pd.DataFrame({"file": [], "reason": []})
        refused.to_csv(aside / storage.REFUSED, index=False)
        write_json(aside / storage.CARD, card)
        storage.publish(aside, out, storage.MASKS)
    return card


def fingerprint_of(sha256: str, *facts: object) -> str:
    """Twelve hex digits that change with the file and with how it was understood."""
    return hashlib.sha256(repr((sha256, *facts)).encode()).hexdigest()[:12]


def _build_index(frame: pd.DataFrame) -> pd.DataFrame:
    """The index's columns, each of its one type; what the table does not tell is missing."""
    return pd.DataFrame(
        {name: _typed(frame.get(name), kind, frame.index) for name, kind in COLUMNS.items()}
    )


def _typed(column: Any, kind: Any, index: pd.Index) -> pd.Series:
    if kind == "int64":  # rows and columns of pictures that are not there
        return pd.Series(0, index, dtype=kind)
    if column is None:
        return pd.Series(None, index, dtype=kind)
    if kind == "boolean":
        return column.str.lower().map(WORDS_OF_TRUTH).astype(kind)
    return column.astype(kind)


def _known_classes(table: "PredictionTable") -> tuple[str, ...]:
    """The classes, none where no image has a label."""
    return table.classes if table.frame["label"].notna().any() else ()


def _describe(name: str, classes: tuple[str, ...], fingerprint: str) -> dict[str, Any]:
    return {
        "name": name,
        "layout": TABLE_LAYOUT,
        "title": "Prediction table, without pictures",
        "licence": "",
        "labels": {},
        "classes": list(classes),
        "fingerprint": fingerprint,
        "source": ".",
        "seed": None,
        "synthetic": False,
        "warnings": [NO_PICTURES],
    }
