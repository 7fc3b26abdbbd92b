"""What a dataset holds, counted once and kept until its files change."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.errors import BadDataset
from mammo_core.paths import read_json
from mammo_core.wording import shorten_reason
from mammo_ui import apart, library
from mammo_ui.library import version_of

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

COMPOSED_OF = {
    "split": "split",
    "view": "view",
    "laterality": "side",
    "density": "density",
    "age": "age",
    "manufacturer": "scanner",
    "acquisition": "acquisition",
    "source": "source",
    "birads": "BI-RADS",
    "implant": "implant",
    "size": "image size",
}
"""The columns whose values are shown by label, with their names in a sentence."""
SPLITS = ("train", "val", "test")
LEFT_OUT = "Left out by you"
TO_DECIDE = "to decide"
"""What stands for the split of images that the gate asks about."""


@dataclass(frozen=True)
class Inventory:
    """What the first screen says of a dataset.

    Attributes:
        layout: The layout's title.
        licence: What its owners allow.
        scheme: What its labels rest on, in a sentence; empty where the index does not say.
        birads: The class of each BI-RADS assessment, where the labels rest on them.
        classes: Mildest first; empty where no image has a label.
        images, patients, refused, asked: How many.
        warnings: Sentences.
        is_prepared: Whether the pixels of its images were ever looked at.
    """

    layout: str
    licence: str
    scheme: str
    birads: Mapping[str, str]
    classes: tuple[str, ...]
    images: int
    patients: int
    refused: int
    asked: int
    warnings: tuple[str, ...]
    is_prepared: bool


@dataclass(frozen=True)
class RefusedFile:
    """A file that the dataset leaves out.

    Attributes:
        number: Its row in refused.csv, from 0.
        file: Its path as the list gives it.
        reason: Why it was left out.
        kind: The reason without what belongs to this file alone, to be counted.
    """

    number: int
    file: str
    reason: str
    kind: str


def take_stock(name: str) -> Inventory:
    """The inventory of the known dataset of that name.

    Raises:
        BadDataset: Where it is damaged or gone.
    """
    from mammo_core.datasets.quality import read_quality

    dataset = library.require_dataset(name)
    stock = _take_stock(dataset.path, *_versions(dataset))
    report = read_quality(dataset)
    warnings = (*stock.warnings, *(report["warnings"] if report else ()))
    return replace(stock, warnings=tuple(dict.fromkeys(warnings)))


def count_labels(name: str) -> dict[str, list[dict[str, Any]]]:
    """For each column that is known a row a value and label: value, label, n, share, total.

    The share is of the value's images.
    """
    dataset = library.require_dataset(name)
    return _count_labels(dataset.path, version_of(dataset.path / library.INDEX))


def count_all(name: str) -> dict[str, int]:
    """How many images each label has, in the order of the classes."""
    rows = next(iter(count_labels(name).values()), [])
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["label"]] = counts.get(row["label"], 0) + row["n"]
    return {label: n for label, n in counts.items() if n}


def list_refused(name: str) -> list[RefusedFile]:
    """The refused files in the order of the list."""
    dataset = library.require_dataset(name)
    left_out = _list_left_out(dataset)
    refused = _list_refused(dataset.path, version_of(dataset.path / library.REFUSED))
    return [_word_left_out(one) if one.file in left_out else one for one in refused]


def _list_left_out(dataset: "Dataset") -> set[str]:
    """The files that the user left out, as refused.csv names them."""
    from mammo_core.datasets.storage import show_path

    return {
        show_path(one.path, dataset.path, dataset.card)
        for one in apart.list_apart(dataset)
        if one.decision == "leave"
    }


def _word_left_out(one: RefusedFile) -> RefusedFile:
    return replace(one, reason=f"{LEFT_OUT}; the gate says: {one.reason}", kind=LEFT_OUT)


def count_reasons(refused: Sequence[RefusedFile]) -> dict[str, int]:
    """How many files each reason keeps out, the commonest first."""
    return dict(Counter(one.kind for one in refused).most_common())


def find_refused(dataset: "Dataset", number: int) -> Path | None:
    """The file behind a row of refused.csv; None where there is none in the source folder."""
    refused = _list_refused(dataset.path, version_of(dataset.path / library.REFUSED))
    if not 0 <= number < len(refused):
        return None
    root = _source_of(dataset)
    path = (root / refused[number].file).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None


def _source_of(dataset: "Dataset") -> Path:
    """The folder that the list's paths begin from."""
    source = (dataset.path / str(dataset.card.get("source", "."))).resolve()
    return source.parent if source.is_file() else source


def _versions(dataset: "Dataset") -> tuple[int, int]:
    try:
        return version_of(dataset.path / library.INDEX), version_of(dataset.path / library.REFUSED)
    except OSError:
        raise BadDataset(
            f"The dataset {dataset.name} lacks its index or its list of refused files; "
            "index it again"
        ) from None


@lru_cache(maxsize=8)
def _take_stock(folder: Path, index_version: int, refused_version: int) -> Inventory:
    from mammo_core.datasets.labeling import SCHEMES

    dataset = library.read_dataset(folder, index_version)
    card, index = read_json(folder / library.CARD), dataset.index
    labels = card.get("labels", {})
    scheme = SCHEMES.get(labels.get("scheme", ""))
    return Inventory(
        layout=card.get("title") or card.get("layout", "unknown"),
        licence=card.get("licence") or "Nothing is known about what its owners allow.",
        scheme=scheme.meaning if scheme else "",
        birads=labels.get("birads", {}),
        classes=tuple(card["classes"]),
        images=len(index),
        patients=int(index["patient_id"].nunique()),
        refused=len(_list_refused(folder, refused_version)),
        asked=apart.count_undecided(dataset),
        warnings=tuple(card.get("warnings", ())),
        is_prepared=bool(index["sha256"].notna().any()),
    )


@lru_cache(maxsize=8)
def _count_labels(folder: Path, index_version: int) -> dict[str, list[dict[str, Any]]]:
    from mammo_core.datasets.composition import MISSING, count_composition

    dataset = library.read_dataset(folder, index_version)
    counted = count_composition(dataset.index, dataset.classes)
    splits = counted.get("split", {})
    counted["split"] = {TO_DECIDE if name == MISSING else name: splits[name] for name in splits}
    return {name: _to_rows(table) for name, table in counted.items() if name in COMPOSED_OF}


def _to_rows(table: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """The table as rows; splits in the order of their use, other values in that of the table."""
    first = [split for split in SPLITS if split in table]
    values = [*first, *(value for value in table if value not in first)]
    return [
        {"value": value, "label": label, "n": n, "share": n / (total or 1), "total": total}
        for value in values
        for counts in [table[value]]
        for total in [sum(counts.values())]
        for label, n in counts.items()
    ]


@lru_cache(maxsize=8)
def _list_refused(folder: Path, version: int) -> list[RefusedFile]:
    with (folder / library.REFUSED).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [
        RefusedFile(number, row["file"], row["reason"], shorten_reason(row["reason"]))
        for number, row in enumerate(rows)
    ]
