"""What an audit comes to, as it is printed, kept and shown."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mammo_core.attribution import METHODS
from mammo_core.audit.cascades import join_curves
from mammo_core.audit.figures import Figures
from mammo_core.audit.leaderboard import BARS, compare_with, rank_methods, tell_board
from mammo_core.audit.model_verdict import judge_shortcuts
from mammo_core.audit.options import DEAR
from mammo_core.audit.shortcuts import measure_blanking, measure_zones
from mammo_core.audit.storage import SUMMARY, TABLE, VERSION
from mammo_core.audit.strata import stratify
from mammo_core.audit.verdicts import judge_method
from mammo_core.config import to_mapping
from mammo_core.paths import write_text, writing

if TYPE_CHECKING:
    from mammo_core.audit.task import Audit

Record = dict[str, Any]
TARGET = (
    "The class that the model predicts. Measures of place count lesions that it calls rightly: a "
    "map gives the model's reason, and where the call was wrong a reason beside the lesion may be "
    "the true one."
)


def summarize(records: list[Record], audit: "Audit", seconds: float) -> tuple[Record, Figures]:
    """The summary of all records, and the figures behind it."""
    seed = audit.options.seed
    blanking = measure_blanking(records, audit.stored.classes)
    records = [
        {**record, "disagreement": _measure_disagreement(record)}
        for record in records
        if record["methods"] or record["refused"]
    ]
    figures = Figures(
        records, _list_methods(audit, records), audit.map_metrics + audit.method_metrics
    )
    board = rank_methods(figures, seed)
    against = {bar: compare_with(figures, bar, seed) for bar in BARS if bar in figures.methods}
    zones = measure_zones(figures, seed)
    shortcuts = {"verdict": judge_shortcuts(zones, blanking), "zones": zones, "blanking": blanking}
    is_on_breast = shortcuts["verdict"]["level"] != "doubt"
    verdicts = {
        name: judge_method(name, board[name], against, is_on_breast=is_on_breast)
        for name in figures.methods
    }
    n_maps = {name: sum(name in r["methods"] for r in records) for name in verdicts}
    told = {name: {**to_mapping(one), "n": n_maps[name]} for name, one in verdicts.items()}
    return {
        "headline": _tell_headline(told, shortcuts["verdict"]),
        **_tell_what(audit, figures, seconds),
        "methods": tell_board(board),
        "against": {bar: tell_board(rows) for bar, rows in against.items()},
        "verdicts": told,
        "shortcuts": shortcuts,
        "strata": stratify(figures, seed),
        "refused": _list_refused(records),
        "refused_again": _list_refused_again(records),
        "undefined": _count_undefined(figures),
        "agreement": _join_agreement(records, figures.methods),
        "cascades": join_curves(records),
    }, figures


def write_summary(folder: Path, made: tuple[Record, Figures]) -> Record:
    """Keep the summary, the table first, and give it back.

    Raises:
        MammoError: Where the disk is full or cannot be written.
    """
    summary, figures = made
    with writing(folder / TABLE) as temporary:
        figures.to_table().to_parquet(temporary, index=False, compression="zstd")
    write_text(folder / SUMMARY, json.dumps(summary, allow_nan=False) + "\n")
    return summary


def _list_methods(audit: "Audit", records: list[Record]) -> tuple[str, ...]:
    """The methods that gave a map of any image."""
    return tuple(name for name in audit.methods if any(name in r["methods"] for r in records))


def _tell_what(audit: "Audit", figures: Figures, seconds: float) -> Record:
    records = figures.records
    return {
        "version": VERSION,
        "model": audit.stored.id,
        "model_sha256": audit.stored.sha256,
        "dataset": audit.dataset.name,
        "dataset_version": audit.dataset.version,
        "is_synthetic": audit.dataset.is_synthetic,
        "split": audit.options.split,
        "classes": list(audit.stored.classes),
        "target": TARGET,
        "options": to_mapping(audit.options),
        "n": len(records),
        "patients": int(figures.patients.max()) + 1,
        "lesions": sum(bool(record["areas"]["lesion"]) for record in records),
        "lesions_right": sum(
            bool(record["areas"]["lesion"]) and bool(right)
            for record, right in zip(records, figures.is_right, strict=True)
        ),
        "explained_again": sum(bool(record["again"]["methods"]) for record in records),
        "seconds": round(seconds, 1),
    }


def _tell_headline(verdicts: Record, shortcut: Record) -> str:
    """Whether it looks at the breast, then which methods deserve belief."""
    believed = [METHODS[name].title for name, one in verdicts.items() if one["level"] == "believe"]
    methods = ", ".join(believed) or "none without caution"
    return f"{shortcut['words']}. Explanations to believe: {methods}."


def _list_refused(records: list[Record]) -> Record:
    """{method: {"n": images, "reason": of the first}} of those that refused."""
    reasons = [item for record in records for item in record["refused"].items()]
    counts = Counter(name for name, _ in reasons)
    return {name: {"n": counts[name], "reason": reason} for name, reason in reversed(reasons)}


def _list_refused_again(records: list[Record]) -> Record:
    """{method: {measure: reason}} of what could not be measured by explaining again."""
    found: Record = {}
    for record in records:
        for method, reasons in record["again"]["refused"].items():
            found.setdefault(method, {}).update(reasons)
    return found


def _count_undefined(figures: Figures) -> dict[str, int]:
    """{method: maps that are constant or not finite}, of methods that have such."""
    found = Counter(
        name
        for record in figures.records
        for name, one in record["methods"].items()
        if not one["is_telling"]
    )
    return dict(found)


def _measure_disagreement(record: Record) -> float | None:
    """1 less the mean rank correlation of the image's maps, of methods that all images have."""
    rows = _to_matrix(record, tuple(n for n in METHODS if _is_everywhere(n)))
    pairs = rows[np.triu_indices(len(rows), 1)]
    known = pairs[~np.isnan(pairs)]
    return round(float(1 - known.mean()), 4) if len(known) else None


def _is_everywhere(name: str) -> bool:
    return not METHODS[name].is_control and METHODS[name].cost <= DEAR


def _to_matrix(record: Record, methods: tuple[str, ...]) -> Any:
    """(M, M) correlations of those methods' maps, NaN where one has none."""
    found = record["agreement"]
    places = {name: k for k, name in enumerate(found["methods"])}
    matrix = np.full((len(methods), len(methods)), np.nan)
    for a, first in enumerate(methods):
        for b, second in enumerate(methods):
            if first in places and second in places:
                value = found["correlations"][places[first]][places[second]]
                matrix[a, b] = np.nan if value is None else value
    return matrix


def _join_agreement(records: list[Record], methods: tuple[str, ...]) -> Record:
    """{"methods", "correlations"}: means over the images where both maps say anything."""
    stack = np.stack([_to_matrix(record, methods) for record in records], axis=-1)
    known = ~np.isnan(stack)
    counts = known.sum(axis=-1)
    means = np.divide(np.where(known, stack, 0).sum(axis=-1), np.maximum(counts, 1))
    rows = [
        [round(float(mean), 3) if n else None for mean, n in zip(*both, strict=True)]
        for both in zip(means, counts, strict=True)
    ]
    return {"methods": list(methods), "correlations": rows}
