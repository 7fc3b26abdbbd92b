"""Any supported collection of mammograms -> a dataset folder."""

import hashlib
import logging
import os
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.datasets import gating, storage
from mammo_core.datasets.caveats import find_warnings
from mammo_core.datasets.inspection import inspect_rows
from mammo_core.datasets.labeling import Labeling
from mammo_core.datasets.naming import SPLITS, order_classes
from mammo_core.datasets.registry import free_name, register
from mammo_core.datasets.rows import Reading, Refusal, build_frame
from mammo_core.datasets.set_aside import read_decisions, summarize_decisions
from mammo_core.datasets.sources import Source, opened_source, refuse_other_source, show_file
from mammo_core.datasets.splits import Dealing, assign_splits, deal_validation
from mammo_core.errors import BadDataset, MammoError, UnreadableFile
from mammo_core.locks import InUse, holding_where_possible
from mammo_core.paths import write_json
from mammo_core.types import Progress, no_progress
from mammo_core.wording import tally_reasons

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

COPY = "A copy: another file holds the image of the same UID"
INDEX_PATIENCE_S = 0.5
CHANGING = ("path", "mask_path", "gate", "sha256")
"""Columns that may change while the dataset stays the same."""


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """An index that isn't on disk yet.

    Attributes:
        frame: The images in use, with absolute paths.
        aside: Those of them, and those left out, that a person should look at.
        fingerprint: Of all images as they were dealt to splits.
        decisions: What was decided on those in `aside`, None where nothing was.
    """

    frame: "pd.DataFrame"
    aside: "pd.DataFrame"
    fingerprint: str
    decisions: str | None
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
    hide_ids: bool = False,
    replacing: bool = False,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Index a folder in a known layout; what the verb `index` prints.

    Only headers are read; of pixels, masks alone are decoded. A dataset that lay in `out` is
    replaced once the new one is whole, and stays as it was if anything fails or is interrupted.

    Args:
        root: The folder, a table of paths and labels, or a zip archive, which is unpacked in `out`.
        out: The dataset's folder; may be the root itself.
        layout: A key of LAYOUTS; None finds out.
        dealing: Seed and shares of the splits, where the layout has none of its own.
        labeling: Which fact makes the classes.
        hide_ids: Whether patients, exams and images get ids that tell nothing.
        replacing: Whether a dataset in `out` may be replaced that was indexed from another root.
        progress: Called after each file; may raise Cancelled.

    Raises:
        UnreadableFile: Where the root cannot be read.
        BadDataset: Where the root has no known layout, no image of use, or `out` cannot serve
            or holds the dataset of another root.
        BadTable: Where a table of the layout is not as it must be.
        MammoError: Where the dataset cannot be written, or another process is indexing it.
    """
    start = time.perf_counter()
    root, out = Path(root).expanduser().resolve(), Path(out).expanduser().resolve()
    if not replacing and root.exists():
        refuse_other_source(root, out)
    with _indexing_alone(out), opened_source(root, out, layout, labeling, progress) as source:
        answer = _index_source(source.hide_ids() if hide_ids else source, out, dealing, progress)
    return answer | {"seconds": round(time.perf_counter() - start, 2)}


@contextmanager
def _indexing_alone(out: Path) -> Iterator[None]:
    """Keep other processes from indexing into the same folder; loading and deciding may go on.

    Raises:
        MammoError: Where another one is at it already.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(holding_where_possible(out / ".index", patience_s=INDEX_PATIENCE_S))
        except InUse as error:
            raise MammoError(
                f"Another process is indexing into {out}; wait for its end, or name another folder"
            ) from error
        yield


def _index_source(
    source: Source, out: Path, dealing: Dealing, progress: Progress
) -> dict[str, Any]:
    with storage.staging(out) as staged:
        indexed = _index_rows(source.root, out, source.reading, staged, dealing, progress)
        masks = storage.seal_masks(staged)
        card = _describe(source, out, indexed, dealing)
        indexed = _relocate(indexed, staged / storage.MASKS, out, masks)
        _write(staged, indexed, card)
        storage.publish(staged, out, masks)
    warnings = indexed.warnings + _register(out)
    return _answer(card, out, indexed, warnings)


def _index_rows(
    root: Path, out: Path, reading: Reading, staged: Path, dealing: Dealing, progress: Progress
) -> Indexed:
    """The index with absolute paths, its refusals and warnings."""
    taken, refusals = _inspect_all(root, reading, staged, progress)
    whole = build_frame(taken)
    classes = order_classes(whole["label"].dropna())
    dealt = _split(whole, classes, dealing)
    aside = gating.set_doubted_aside(whole, taken["doubts"])
    decisions = read_decisions(out)
    frame = gating.settle(whole, aside, decisions)
    left_out = gating.list_left_out(frame, aside)
    refusals += [Refusal(show_file(Path(path), root), reason) for path, reason in left_out]
    faults = Counter(fault for fault in taken["mask_fault"] if fault)
    doubts = _count_doubts(taken, set(frame.loc[frame["gate"] == gating.ASK, "image_id"]))
    return Indexed(
        frame=frame,
        aside=aside,
        fingerprint=fingerprint_index(whole),
        decisions=summarize_decisions(aside, decisions),
        classes=classes,
        refusals=refusals,
        warnings=[*reading.warnings, *dealt, *find_warnings(frame, classes, faults, doubts)],
    )


def _count_doubts(taken: Mapping[str, Sequence[Any]], asked: Collection[str]) -> Counter[str]:
    """How many of the images that are asked about there are for each doubt."""
    pairs = zip(taken["image_id"], taken["doubts"], strict=True)
    return Counter(doubt for image_id, doubts in pairs if image_id in asked for doubt in doubts)


def _inspect_all(
    root: Path, reading: Reading, aside: Path, progress: Progress
) -> tuple[dict[str, list[Any]], list[Refusal]]:
    """What is known about the images that can be taken, column by column, and all refusals."""
    taken: dict[str, list[Any]] = defaultdict(list)
    refusals, met = list(reading.refusals), dict[str, int]()
    with closing(inspect_rows(reading.rows, aside / storage.MASKS, progress)) as results:
        for row, result in zip(reading.rows, results, strict=True):
            if isinstance(result, UnreadableFile):
                refusals.append(Refusal(show_file(row.file, root), str(result)))
            elif result["image_id"] in met:
                left = _settle_copy(taken, met[result["image_id"]], result)
                refusals.append(Refusal(show_file(left, root), COPY))
            else:
                met[result["image_id"]] = len(met)
                for name, value in result.items():
                    taken[name].append(value)
    if not taken:
        raise BadDataset(_nothing_left(root, refusals))
    return taken, refusals


def _settle_copy(taken: Mapping[str, list[Any]], place: int, copy: Mapping[str, Any]) -> Path:
    """Of two files of one UID keep the longer one, as a torn one is shorter; the file left out.

    Where their headers tell different facts, they are no copies byte by byte, and the first stays.
    """
    first = {name: values[place] for name, values in taken.items()}
    same = all(first[name] == copy[name] for name in copy if name not in ("path", "digest"))
    if not same or _size_of(copy["path"]) <= _size_of(first["path"]):
        return Path(copy["path"])
    for name, value in copy.items():
        taken[name][place] = value
    return Path(first["path"])


def _size_of(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return -1


def _split(frame: "pd.DataFrame", classes: Sequence[str], dealing: Dealing) -> list[str]:
    """Deal the patients to splits the layout lacks, and say so where it has some of its own.

    Without labels, all images are there to be predicted, as a test set.
    """
    if not classes:
        frame["split"] = SPLITS[-1]
        return []
    patients, labels, own = (list(frame[name]) for name in ("patient_id", "label", "split"))
    if frame["split"].isna().all():
        frame["split"] = assign_splits(patients, labels, classes, dealing)
        warnings = []
    else:
        frame["split"] = deal_validation(patients, labels, own, classes, dealing)
        warnings = _tell_dealt(frame, own, dealing)
    return warnings


def _tell_dealt(frame: "pd.DataFrame", own: Sequence[str | None], dealing: Dealing) -> list[str]:
    if "val" in own or not (frame["split"] == "val").any():
        return []
    n = frame.loc[frame["split"] == "val", "patient_id"].nunique()
    total = frame.loc[frame["split"].isin(("train", "val")), "patient_id"].nunique()
    return [
        f"The source has no validation set: {n} of its {total} training patients were dealt to it "
        f"with seed {dealing.seed}; its test set is as it was"
    ]


def _nothing_left(root: Path, refusals: Sequence[Refusal]) -> str:
    reasons = Counter(refusal.reason for refusal in refusals).most_common(3)
    told = "; ".join(f"{n} x {reason}" for reason, n in reasons) or "it names none"
    return f"Expected at least one mammogram in {root}, found none of use: {told}"


def _relocate(indexed: Indexed, drawn: Path, out: Path, masks: str) -> Indexed:
    """The index with paths as they will be in `out`: relative inside of it, absolute elsewhere.

    Paths are texts here, for a hundred thousand of them.
    """
    inside, drawn_in = os.path.normcase(os.path.join(out, "")), str(drawn)

    def place(text: object) -> str | None:
        if not isinstance(text, str):
            return None
        folder, name = os.path.split(text)
        if folder == drawn_in:
            return f"{masks}/{name}"
        path = os.path.normpath(text)
        is_inside = os.path.normcase(path).startswith(inside)
        return path[len(inside) :].replace(os.sep, "/") if is_inside else path

    def move(frame: "pd.DataFrame") -> "pd.DataFrame":
        columns = ("path", "mask_path")
        return frame.assign(**{name: frame[name].map(place).astype("str") for name in columns})

    return replace(indexed, frame=move(indexed.frame), aside=move(indexed.aside))


def _describe(source: Source, out: Path, indexed: Indexed, dealing: Dealing) -> dict[str, Any]:
    """What dataset.json says."""
    root, layout = source.root, source.layout
    told = {
        "decisions": indexed.decisions,
        "unpacked": source.unpacked,
        "archive": source.archive and str(source.archive),
    }
    return {
        "name": free_name(out),
        "layout": layout.name,
        "title": layout.title,
        "licence": layout.licence,
        "labels": dict(source.labels),
        "classes": list(indexed.classes),
        "fingerprint": indexed.fingerprint,
        "source": root.relative_to(out).as_posix() if root.is_relative_to(out) else str(root),
        "seed": dealing.seed,
        "synthetic": source.reading.synthetic,
        "warnings": indexed.warnings,
        **{key: value for key, value in told.items() if value},
    }


def fingerprint_index(frame: "pd.DataFrame") -> str:
    """Twelve hex digits over all that the index says, save where the files lie.

    Row order, what the gate says and what the user decides don't count.
    """
    facts = frame.drop(columns=list(CHANGING)).sort_values("image_id")
    return hashlib.sha256(facts.to_csv(index=False).encode()).hexdigest()[:12]


def _write(staged: Path, indexed: Indexed, card: Mapping[str, Any]) -> None:
    import pandas as pd

    for frame, name in ((indexed.frame, storage.INDEX), (indexed.aside, storage.SET_ASIDE)):
        frame.attrs["fingerprint"] = indexed.fingerprint
        frame.to_parquet(staged / name, index=False)
    pairs = [(_to_text(refusal.file), refusal.reason) for refusal in indexed.refusals]
    pd.DataFrame(pairs, columns=["file", "reason"]).to_csv(staged / storage.REFUSED, index=False)
    write_json(staged / storage.CARD, card)


def _to_text(name: str) -> str:
    """A file's name with the bytes that are not UTF-8 spelled out."""
    return name.encode("utf-8", "backslashreplace").decode()


def _register(out: Path) -> list[str]:
    """Note the dataset in this home; a warning where that fails, for the dataset itself stands."""
    try:
        register(out)
    except MammoError as error:
        logger.warning("%s", error)
        return [f"{error}; the dataset can be used by its path only"]
    return []


def _answer(
    card: Mapping[str, Any], out: Path, indexed: Indexed, warnings: Sequence[str]
) -> dict[str, Any]:
    frame = indexed.frame
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
        "reasons": tally_reasons(refusal.reason for refusal in indexed.refusals),
        "warnings": list(warnings),
        "fingerprint": card["fingerprint"],
    }
