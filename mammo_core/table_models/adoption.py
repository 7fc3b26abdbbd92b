"""Taking a prediction table from any framework into models/, where pages and verbs find it."""

import hashlib
import platform
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core import __version__
from mammo_core.errors import BadConfiguration
from mammo_core.metrics.shared_patients import tell_shared_patients
from mammo_core.model_card import write_card
from mammo_core.model_folders import adding, check_new_name
from mammo_core.model_store import TABLE, UNKNOWN, predictions_path, read_model
from mammo_core.paths import models_folder, write_json
from mammo_core.predictions import (
    PredictionTable,
    check_predictions,
    read_content,
    write_predictions,
)
from mammo_core.table_files import read_file
from mammo_core.table_models.dataset import (
    check_new_dataset,
    fingerprint_of,
    settle_splits,
    write_dataset,
)
from mammo_core.table_models.matching import Match, match_images
from mammo_core.table_models.spelling import Spelling, translate
from mammo_core.types import Progress, no_progress
from mammo_core.wording import count

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

STAGES = ("Reading the table", "Checking it", "Writing it")


@dataclass(frozen=True, kw_only=True)
class TableImport:
    """What a user asks for.

    Attributes:
        file: CSV or Parquet, a row an image.
        spelling: How it names things.
        threshold: The last class's probability from which the model calls.
    """

    file: Path
    spelling: Spelling = field(default_factory=Spelling)
    threshold: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise BadConfiguration(
                f"Setting 'threshold' must be from 0 to 1, got {self.threshold:g}"
            )


@dataclass(frozen=True, eq=False)
class Found:
    """What a file came to.

    Attributes:
        table: Checked.
        match: How it met the dataset that was named; None where none was.
        dataset, version: Of the images.
    """

    table: PredictionTable
    match: Match | None
    dataset: str
    version: str


def adopt_table(
    asked: TableImport,
    name: str,
    dataset: "Dataset | None" = None,
    *,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Take a prediction table into models/ under a name: a model without a network.

    Args:
        asked: The file and what its user knows of it.
        name: The new model's.
        dataset: Whose images they are; without one the table's own ids and facts become a dataset
            of the same name, without pictures.
        progress: Told every stage.

    Returns:
        The verb's answer: model, dataset, table, rows, patients, classes, labels, splits, left_out
        and without (images that dataset and table do not share), warnings.

    Raises:
        UnreadableFile: Where the file cannot be read.
        BadTable: Where its columns or values cannot be used; names the column, image and value.
        BadConfiguration: Where the name is taken.
        MammoError: Where the home cannot be written.
    """
    check_new_name(name)
    out = check_new_dataset(name) if dataset is None else None
    progress(0, len(STAGES), STAGES[0])
    content = read_content(asked.file)
    progress(1, len(STAGES), STAGES[1])
    found = _check(content, asked, name, dataset)
    progress(2, len(STAGES), STAGES[2])
    with adding(name) as place:
        _write_model(place, asked, found)
        if out is not None:
            write_dataset(out, found.table, found.version)
    progress(len(STAGES), len(STAGES), STAGES[-1])
    return _answer(name, found)


def _check(content: bytes, asked: TableImport, name: str, dataset: "Dataset | None") -> Found:
    """The file's rows, checked and in our words, and whose images they are."""
    sha256, source = hashlib.sha256(content).hexdigest(), asked.file.name
    columns = translate(read_file(content, source), asked.spelling, source)
    if dataset is not None:
        match = match_images(columns, dataset, source)
        table = check_predictions(match.columns, source, sha256)
        return Found(table, match, dataset.name, dataset.version)
    table = settle_splits(check_predictions(columns, source, sha256), source)
    return Found(table, None, name, fingerprint_of(sha256, asked.spelling))


def _write_model(place: Path, asked: TableImport, found: Found) -> None:
    write_json(place / "model.json", _describe(asked, found))
    model = read_model(place)
    facts = {
        "model_sha256": model.sha256,
        "dataset_fingerprint": found.version,
        "split": "all",
    }
    write_predictions(predictions_path(model, found.dataset), found.table.frame, facts)
    write_card(model)


def _describe(asked: TableImport, found: Found) -> dict[str, Any]:
    """The content of model.json: all keys, what nobody knows called unknown."""
    return {
        "architecture": TABLE,
        "classes": list(found.table.classes),
        "input_shape": [],
        "preprocessing": {},
        "threshold": asked.threshold,
        "training": {
            "imported": True,
            "file": asked.file.name,
            "format": "prediction table",
            "rows": len(found.table),
            "renamed": dict(asked.spelling.rename),
            "created": time.strftime("%Y-%m-%d"),
        },
        "dataset": {"name": UNKNOWN, "fingerprint": UNKNOWN},
        "seed": None,
        "versions": {
            "python": platform.python_version(),
            "mammo_core": __version__,
            **{package: version(package) for package in ("numpy", "pandas", "pyarrow")},
        },
        "sha256": found.table.sha256,
    }


def _answer(name: str, found: Found) -> dict[str, Any]:
    table, model = found.table, models_folder() / name
    labels, splits = Counter(table.frame["label"].dropna()), Counter(table.frame["split"].dropna())
    return {
        "model": str(model),
        "dataset": found.dataset,
        "table": str(model / "predictions" / f"{found.dataset}.parquet"),
        "rows": len(table),
        "patients": table.n_patients,
        "classes": list(table.classes),
        "labels": {label: labels[label] for label in table.classes},
        "splits": dict(sorted(splits.items())),
        "left_out": found.match.only_table if found.match else 0,
        "without": found.match.only_dataset if found.match else 0,
        "warnings": list(_warn(found)),
    }


def _warn(found: Found) -> Iterator[str]:
    """What a reader must know before believing the numbers, a sentence each."""
    match, met = found.match, set(found.table.frame["label"].unique())
    absent = [name for name in found.table.classes if name not in met]
    if absent:
        yield f"No image has the label {', '.join(absent)}: what is about it will be undefined"
    if match and match.only_table:
        yield f"{count(match.only_table, 'image')} of the table left out: not in {found.dataset}"
    if match and match.only_dataset:
        yield f"{count(match.only_dataset, 'image')} of {found.dataset} without a prediction"
    if match and match.relabeled:
        yield (
            f"{count(match.relabeled, 'image')} with another label in {found.dataset}, which is "
            "the one that counts"
        )
    yield from tell_shared_patients(found.table.frame, "test")
