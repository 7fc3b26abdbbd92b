"""What an audit comes to, as it is printed, kept and shown."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.audit.cascades import join_curves
from mammo_core.audit.figures import Figures
from mammo_core.audit.gathering import Gathering
from mammo_core.audit.leaderboard import BARS, compare_with, rank_methods, tell_board
from mammo_core.audit.model_verdict import judge_shortcuts
from mammo_core.audit.sentence import tell_methods
from mammo_core.audit.shortcuts import measure_blanking, measure_zones
from mammo_core.audit.storage import SUMMARY, SUMMARY_VERSION, TABLE
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


def summarize(found: Gathering, audit: "Audit", seconds: float) -> tuple[Record, Figures]:
    """The summary of all images, and the figures behind it.

    Args:
        found: Of all images; those that were only blanked have no part in what is said of maps.
        audit: What was asked.
        seconds: That it took, this time.
    """
    blanking = measure_blanking(found.list_facts(), audit.stored.classes)
    figures = found.to_figures()
    zones = measure_zones(figures)
    verdict = judge_shortcuts(
        zones, blanking, n_explained=figures.n_patients, n_blanked=found.count_patients()
    )
    is_doubted = verdict["level"] == "doubt"
    judged = _judge_methods(figures, is_on_breast=not is_doubted)
    methods = tell_methods(judged["verdicts"], is_doubted=is_doubted)
    return {
        "headline": f"{verdict['words']}. {methods}",
        **_tell_what(audit, figures),
        "explained_again": sum(bool(one["methods"]) for one in found.again),
        "seconds": round(seconds, 1),
        **judged,
        "shortcuts": {"verdict": verdict, "zones": zones, "blanking": blanking},
        "strata": stratify(figures),
        "refused": found.list_refused(),
        "refused_again": found.list_refused_again(),
        "agreement": found.agreement.tell(figures.methods),
        "cascades": join_curves(found.again),
    }, figures


def write_summary(folder: Path, summary: Record, figures: Figures) -> None:
    """Keep the summary, the table first.

    Raises:
        MammoError: Where the disk is full or cannot be written.
    """
    with writing(folder / TABLE) as temporary:
        figures.to_table().to_parquet(temporary, index=False, compression="zstd")
    write_text(folder / SUMMARY, json.dumps(summary, allow_nan=False) + "\n")


def _judge_methods(figures: Figures, *, is_on_breast: bool) -> Record:
    """The figures of each method, how they compare with the controls', and what follows."""
    board = rank_methods(figures)
    against = {bar: compare_with(figures, bar) for bar in BARS if bar in figures.methods}
    n_maps, undefined = _count(figures.has_map, figures), _count(figures.is_telling == 0, figures)
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
        "undefined": {name: n for name, n in undefined.items() if n},
    }


def _count(maps: NDArray[np.bool_], figures: Figures) -> dict[str, int]:
    """{method: how many of its maps (M, N) are so}."""
    return {name: int(row.sum()) for name, row in zip(figures.methods, maps, strict=True)}


def _tell_what(audit: "Audit", figures: Figures) -> Record:
    return {
        "version": SUMMARY_VERSION,
        "model": audit.stored.id,
        "model_sha256": audit.stored.sha256,
        "dataset": audit.dataset.name,
        "dataset_version": audit.dataset.version,
        "is_synthetic": audit.dataset.is_synthetic,
        "split": audit.options.split,
        "classes": list(audit.stored.classes),
        "target": TARGET,
        "options": to_mapping(audit.options),
        "n": len(figures),
        "patients": figures.n_patients,
        "lesions": int(figures.has_lesion.sum()),
        "lesions_right": int((figures.has_lesion & figures.is_right).sum()),
    }
