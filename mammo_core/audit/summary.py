"""What an audit comes to, as it is printed, kept and shown."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.attribution import METHODS
from mammo_core.audit.agreeing import join_agreement, measure_disagreement
from mammo_core.audit.cascades import join_curves
from mammo_core.audit.figures import Figures
from mammo_core.audit.leaderboard import BARS, compare_with, rank_methods, tell_board
from mammo_core.audit.model_verdict import judge_shortcuts
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
    """The summary of all records, and the figures behind it.

    Args:
        records: Of all images; those that were only blanked have no part in what is said of maps.
        audit: What was asked.
        seconds: That it took, this time.
    """
    blanking = measure_blanking(records, audit.stored.classes)
    explained = [record for record in records if record["methods"] or record["refused"]]
    figures = _gather(explained, audit)
    zones = measure_zones(figures)
    verdict = judge_shortcuts(
        zones,
        blanking,
        n_explained=figures.n_patients,
        n_blanked=Figures(records, (), ()).n_patients,
    )
    judged = _judge_methods(figures, is_on_breast=verdict["level"] != "doubt")
    return {
        "headline": _tell_headline(judged["verdicts"], verdict),
        **_tell_what(audit, figures, seconds),
        **judged,
        "shortcuts": {"verdict": verdict, "zones": zones, "blanking": blanking},
        "strata": stratify(figures),
        "refused": _list_refused(explained),
        "refused_again": _list_refused_again(explained),
        "agreement": join_agreement(explained, figures.methods),
        "cascades": join_curves(explained),
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


def _gather(records: list[Record], audit: "Audit") -> Figures:
    """The figures of the methods that gave a map of any image."""
    told = [{**record, "disagreement": measure_disagreement(record)} for record in records]
    methods = tuple(name for name in audit.methods if any(name in r["methods"] for r in records))
    return Figures(told, methods, audit.map_metrics + audit.method_metrics)


def _judge_methods(figures: Figures, *, is_on_breast: bool) -> Record:
    """The figures of each method, how they compare with the controls', and what follows."""
    board = rank_methods(figures)
    against = {bar: compare_with(figures, bar) for bar in BARS if bar in figures.methods}
    n_maps, undefined = _count_maps(figures), _count_undefined(figures)
    verdicts = {
        name: judge_method(
            name, row, against, silent=undefined[name] / n_maps[name], is_on_breast=is_on_breast
        )
        for name, row in board.items()
    }
    return {
        "methods": tell_board(board),
        "against": {bar: tell_board(rows) for bar, rows in against.items()},
        "verdicts": {
            name: {**to_mapping(one), "n": n_maps[name]} for name, one in verdicts.items()
        },
        "undefined": dict(undefined),
    }


def _count_maps(figures: Figures) -> Counter[str]:
    return Counter(name for record in figures.records for name in record["methods"])


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
        "patients": figures.n_patients,
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


def _count_undefined(figures: Figures) -> Counter[str]:
    """{method: maps that are constant or not finite}, of methods that have such."""
    return Counter(
        name
        for record in figures.records
        for name, one in record["methods"].items()
        if not one["is_telling"]
    )
