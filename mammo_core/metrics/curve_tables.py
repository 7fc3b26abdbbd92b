"""The numbers behind ROC, precision-recall and score histograms, as rows of tables."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.csv_text import to_csv
from mammo_core.paths import writing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mammo_core.metrics.curves import Curve
    from mammo_core.metrics.score_histogram import ScoreHistogram
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.predictions import PredictionTable

    Band = tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]

Row = dict[str, Any]


def tabulate_curve(curve: "Curve | None", band: "Band", x: str, y: str) -> list[Row]:
    """The points of the curve, then those of its band; nothing where there is no curve.

    Args:
        curve: As `metrics.curves` draws it.
        band: (places on the horizontal axis, low, high); left out where it has no width, as that
            of a single patient.
        x: Key of the horizontal axis.
        y: Key of the vertical axis; the band's ends are "low" and "high".
    """
    if curve is None:
        return []
    found = [t if math.isfinite(t) else None for t in curve.thresholds.tolist()]
    points = zip(curve.x.tolist(), curve.y.tolist(), found, strict=True)
    ends = list(zip(*(side.tolist() for side in band), strict=True))
    has_width = any(high > low for _, low, high in ends)
    rows: list[Row] = [
        {"part": "curve", "order": i, x: px, y: py, "threshold": t, "low": None, "high": None}
        for i, (px, py, t) in enumerate(points)
    ]
    return rows + [
        {"part": "band", x: at, "low": low, "high": high}
        for at, low, high in ends
        if has_width and not math.isnan(low)
    ]


def tabulate_scores(histogram: "ScoreHistogram", classes: Sequence[str]) -> list[Row]:
    """A row a bar that is not empty: class, from, to, n, share of the class."""
    edges, shares = histogram.edges.tolist(), histogram.shares
    return [
        {
            "class": name,
            "from": edges[at],
            "to": edges[at + 1],
            "n": int(histogram.counts[place, at]),
            "share": float(shares[place, at]),
        }
        for place, name in enumerate(classes)
        for at in range(len(edges) - 1)
        if histogram.counts[place, at]
    ]


def write_curves(
    table: "PredictionTable", options: "EvaluationOptions", folder: Path
) -> dict[str, Any]:
    """Write roc.csv, precision_recall.csv and scores.csv; say of what they are.

    Raises:
        BadTable: Where no row is left to judge.
        UnwritableFile: Where a file cannot be written.
    """
    from mammo_core.metrics.selection import select

    units, warnings = select(table, options)
    positive = units.class_index(options.positive)
    files = {}
    for name, rows in _tabulate_all(units, positive, options).items():
        with writing(folder / f"{name}.csv") as temporary:
            temporary.write_text(to_csv(rows), encoding="utf-8")
        files[name] = {"file": f"{name}.csv", "rows": len(rows)}
    facts = {"n": len(units), "patients": units.n_patients, "positive": units.classes[positive]}
    return {**facts, "level": options.level, "files": files, "warnings": warnings}


def _tabulate_all(
    units: "PredictionTable", positive: int, options: "EvaluationOptions"
) -> dict[str, list[Row]]:
    from mammo_core.metrics.curves import precision_recall_curve, roc_curve
    from mammo_core.metrics.score_histogram import count_scores
    from mammo_core.metrics.threshold_sweep import ThresholdSweep

    scores, is_positive = units.probabilities[:, positive], units.labels == positive
    sweep = ThresholdSweep(
        scores, is_positive, units.patients, replicates=options.bootstrap, seed=options.seed
    )
    roc = roc_curve(scores, is_positive), sweep.roc_band()
    found = precision_recall_curve(scores, is_positive), sweep.precision_band()
    return {
        "roc": tabulate_curve(*roc, "false_positive_rate", "sensitivity"),
        "precision_recall": tabulate_curve(*found, "recall", "precision"),
        "scores": tabulate_scores(count_scores(units, positive), units.classes),
    }
