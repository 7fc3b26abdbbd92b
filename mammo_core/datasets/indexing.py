"""Any supported collection of mammograms -> a dataset folder."""

import hashlib
import logging
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.datasets import storage
from mammo_core.datasets.caveats import find_warnings
from mammo_core.datasets.detection import choose_layout
from mammo_core.datasets.inspection import inspect_rows
from mammo_core.datasets.labeling import Labeling, missing_reason
from mammo_core.datasets.layouts import Layout
from mammo_core.datasets.naming import order_classes
from mammo_core.datasets.registry import free_name, register
from mammo_core.datasets.rows import ImageRow, Reading, Refusal, build_frame
from mammo_core.datasets.splits import Dealing, assign_splits
from mammo_core.errors import BadDataset, BadTable, MammoError, UnreadableFile
from mammo_core.paths import write_json
from mammo_core.types import Progress, no_progress

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

PLACES = ("path", "mask_path", "gate")
"""Columns that may change while the dataset stays the same."""


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """An index that isn't on disk yet."""

    frame: "pd.DataFrame"
    classes: tuple[str, ...]
    refusals: list[Refusal]
    warnings: list[str]


def index_dataset(
    root: Path | str,
    out: Path | str,
    layout: str | None = None,
    *,
    dealing: Dealing = Dealing(),  # noqa: B008 - frozen, so one instance may serve all
    labeling: Labeling = Labeling(),  # noqa: B008 - frozen too
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Index a folder in a known layout; what the verb `index` prints.

    Only headers are read; no pixel is decoded. A dataset that lay in `out` is replaced once the
    new one is whole, and stays as it was if anything fails or is interrupted.

    Args:
        root: The folder, or a table of paths and labels.
        out: The dataset's folder; may be the root itself.
        layout: A key of LAYOUTS; None finds out.
        dealing: Seed and shares of the splits, where the layout has none of its own.
        labeling: Which fact makes the classes.
        progress: Called after each file; may raise Cancelled.

    Raises:
        UnreadableFile: Where the root cannot be read.
        BadDataset: Where the root has no known layout, no image of use, or `out` cannot serve.
        BadTable: Where a table of the layout is not as it must be.
        MammoError: Where the dataset cannot be written.
    """
    start = time.perf_counter()
    root, out = Path(root).expanduser().resolve(), Path(out).expanduser().resolve()
    with _reading(root):
        chosen = choose_layout(root, layout)
        scheme = labeling.resolve(chosen.name, chosen.schemes)
        reading = _label(chosen.read(root), labeling, scheme, root)
    _check_ids(reading.rows)
    with storage.staging(out) as aside:
        indexed = _index_rows(root, reading, aside, dealing, progress)
        masks = storage.seal_masks(aside)
        frame = _relocate(indexed.frame, aside / storage.MASKS, out, masks)
        card = _describe(root, out, chosen, reading, indexed, dealing) | _tell(labeling, scheme)
        _write(aside, frame, card, indexed.refusals)
        storage.publish(aside, out, masks)
    warnings = indexed.warnings + _register(out)
    seconds = round(time.perf_counter() - start, 2)
    return _answer(card, out, frame, indexed, warnings) | {"seconds": seconds}


@contextmanager
def _reading(root: Path) -> Iterator[None]:
    """Turn a failing disk or missing permission into a line about the root."""
    try:
        yield
    except OSError as error:
        place = error.filename or root
        raise UnreadableFile(f"Cannot read {place}: {error.strerror or error}") from error


def _label(reading: Reading, labeling: Labeling, scheme: str, root: Path) -> Reading:
    """The reading with the label that each image has under the scheme; those without refused."""
    if scheme == "none":
        return replace(reading, rows=[replace(row, label=None) for row in reading.rows])
    rows, refusals = [], list(reading.refusals)
    for row in reading.rows:
        label = labeling.classify(row, scheme)
        if label is None:
            refusals.append(Refusal(_shown(row.file, root), missing_reason(row, scheme)))
        else:
            rows.append(replace(row, label=label))
    return replace(reading, rows=rows, refusals=refusals)


def _tell(labeling: Labeling, scheme: str) -> dict[str, Any]:
    """What dataset.json says about where the labels come from."""
    told: dict[str, Any] = {"scheme": scheme}
    if scheme == "birads":
        told["birads"] = dict(labeling.birads)
    return {"labels": told}


def _check_ids(rows: Sequence[ImageRow]) -> None:
    repeated = [name for name, n in Counter(row.image_id for row in rows).items() if n > 1]
    if repeated:
        raise BadTable(
            f"Expected an image id of its own for each image, '{repeated[0]}' stands for several"
        )


def _index_rows(
    root: Path, reading: Reading, aside: Path, dealing: Dealing, progress: Progress
) -> Indexed:
    """The index with absolute paths, its refusals and warnings."""
    taken, refusals = _inspect_all(root, reading, aside, progress)
    frame = build_frame(taken)
    classes = order_classes(frame["label"].dropna())
    _split(frame, classes, dealing)
    faults = Counter(fault for fault in taken["mask_fault"] if fault)
    doubts = Counter(doubt for doubts in taken["doubts"] for doubt in doubts)
    warnings = [*reading.warnings, *find_warnings(frame, classes, faults, doubts)]
    return Indexed(frame=frame, classes=classes, refusals=refusals, warnings=warnings)


def _inspect_all(
    root: Path, reading: Reading, aside: Path, progress: Progress
) -> tuple[dict[str, list[Any]], list[Refusal]]:
    """What is known about the images that can be taken, column by column, and all refusals."""
    taken: dict[str, list[Any]] = defaultdict(list)
    refusals = list(reading.refusals)
    with closing(inspect_rows(reading.rows, aside / storage.MASKS, progress)) as results:
        for row, result in zip(reading.rows, results, strict=True):
            if isinstance(result, UnreadableFile):
                refusals.append(Refusal(_shown(row.file, root), str(result)))
            else:
                for name, value in result.items():
                    taken[name].append(value)
    if not taken:
        raise BadDataset(_nothing_left(root, refusals))
    return taken, refusals


def _split(frame: "pd.DataFrame", classes: Sequence[str], dealing: Dealing) -> None:
    """Deal the patients to splits unless the layout did; what is asked about is in none."""
    if frame["split"].isna().all():
        patients, labels = list(frame["patient_id"]), list(frame["label"])
        frame["split"] = assign_splits(patients, labels, classes, dealing)
    frame.loc[frame["gate"] == "ask", "split"] = None


def _nothing_left(root: Path, refusals: Sequence[Refusal]) -> str:
    reasons = Counter(refusal.reason for refusal in refusals).most_common(3)
    told = "; ".join(f"{n} x {reason}" for reason, n in reasons) or "it names none"
    return f"Expected at least one mammogram in {root}, found none of use: {told}"


def _shown(file: Path, root: Path) -> str:
    folder = root if root.is_dir() else root.parent
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


def _relocate(frame: "pd.DataFrame", drawn: Path, out: Path, masks: str) -> "pd.DataFrame":
    """The frame with paths as they will be in `out`: relative inside of it, absolute elsewhere."""

    def place(text: object) -> str | None:
        if not isinstance(text, str):
            return None
        path = Path(text)
        if path.parent == drawn:
            return f"{masks}/{path.name}"
        path = Path(os.path.normpath(path))
        return path.relative_to(out).as_posix() if path.is_relative_to(out) else str(path)

    moved = frame.copy()
    for column in ("path", "mask_path"):
        moved[column] = moved[column].map(place).astype("str")
    return moved


def _describe(
    root: Path, out: Path, layout: Layout, reading: Reading, indexed: Indexed, dealing: Dealing
) -> dict[str, Any]:
    """What dataset.json says."""
    return {
        "name": free_name(out),
        "layout": layout.name,
        "title": layout.title,
        "licence": layout.licence,
        "classes": list(indexed.classes),
        "fingerprint": fingerprint_index(indexed.frame),
        "source": "." if root == out else str(root),
        "seed": dealing.seed,
        "synthetic": reading.synthetic,
        "warnings": indexed.warnings,
    }


def fingerprint_index(frame: "pd.DataFrame") -> str:
    """Twelve hex digits over all that the index says, save where the files lie.

    Row order doesn't count.
    """
    facts = frame.drop(columns=list(PLACES)).sort_values("image_id")
    return hashlib.sha256(facts.to_csv(index=False).encode()).hexdigest()[:12]


def _write(
    aside: Path, frame: "pd.DataFrame", card: Mapping[str, Any], refusals: Sequence[Refusal]
) -> None:
    import pandas as pd

    frame.attrs["fingerprint"] = card["fingerprint"]
    frame.to_parquet(aside / storage.INDEX, index=False)
    pairs = [(refusal.file, refusal.reason) for refusal in refusals]
    pd.DataFrame(pairs, columns=["file", "reason"]).to_csv(aside / storage.REFUSED, index=False)
    write_json(aside / storage.CARD, card)


def _register(out: Path) -> list[str]:
    """Note the dataset in this home; a warning where that fails, for the dataset itself stands."""
    try:
        register(out)
    except MammoError as error:
        logger.warning("%s", error)
        return [f"{error}; the dataset can be used by its path only"]
    return []


def _answer(
    card: Mapping[str, Any],
    out: Path,
    frame: "pd.DataFrame",
    indexed: Indexed,
    warnings: Sequence[str],
) -> dict[str, Any]:
    labels, splits = Counter(frame["label"]), Counter(frame["split"].dropna())
    return {
        "format": card["layout"],
        "name": card["name"],
        "dataset": str(out),
        "images": len(frame),
        "patients": int(frame["patient_id"].nunique()),
        "classes": {label: labels[label] for label in indexed.classes},
        "splits": dict(sorted(splits.items())),
        "masks": int(frame["mask_path"].notna().sum()),
        "refused": len(indexed.refusals),
        "reasons": dict(Counter(refusal.reason for refusal in indexed.refusals).most_common()),
        "warnings": list(warnings),
        "fingerprint": card["fingerprint"],
    }
