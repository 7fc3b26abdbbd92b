"""How a training went: its history as curves, and what they mean in words."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from mammo_core.errors import MammoError
from mammo_core.paths import read_json
from mammo_core.training.diagnosis import diagnose, find_best_epoch
from mammo_ui import charts, library
from mammo_ui.theme import MUTED, SPLIT_COLORS

MOST_TICKS = 8
LOSS_READING = (
    "Lower is better; a validation line that rises while the training line falls means overfitting."
)
AUROC_READING = (
    "Higher is better, 0.5 is chance; the dashed line marks the best epoch, whose weights stay."
)


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The rows of a model folder's history.csv, numbers as numbers; empty before the first."""
    try:
        text = (folder / "history.csv").read_text(encoding="utf-8")
    except OSError:
        return []
    return [
        {key: _as_number(value) for key, value in row.items()}
        for row in csv.DictReader(io.StringIO(text))
    ]


def _as_number(value: str | None) -> Any:
    try:
        return float(value or "")
    except ValueError:
        return value


def show_history(folder: Path) -> None:
    """A stage's loss and AUROC with the best epoch marked, and the verdict; nothing before both."""
    rows = read_history(folder)
    if not rows:
        return
    stages = list(dict.fromkeys(row.get("stage", "training") for row in rows))
    stage = stages[-1]
    if len(stages) > 1:
        stage = st.segmented_control("Stage", stages, default=stage, required=True)
    shown = [row for row in rows if row.get("stage", "training") == stage]
    best = find_best_epoch(shown)
    st.markdown(f"**{diagnose(shown, n_positives=count_positives(folder))}**")
    loss, auroc = st.columns(2)
    with loss:
        lines = {"train": "loss", "val": "val_loss"}
        _show_lines("Loss", "Cross-entropy", gather_points(shown, lines), best, LOSS_READING)
    with auroc:
        points = gather_points(shown, {"val": "val_auroc"})
        _show_lines("Validation AUROC", "AUROC", points, best, AUROC_READING)


def count_positives(folder: Path) -> int | None:
    """Validation images of the last class, None where the training's data are not known here."""
    try:
        card = read_json(folder / "model.json")
        return int(card["dataset"]["images"]["val"][card["classes"][-1]])
    except (MammoError, KeyError):
        return _count_in_dataset(folder)


def _count_in_dataset(folder: Path) -> int | None:
    try:
        trained_on = read_json(folder / "training.json")["dataset"]
        dataset = library.find_dataset(trained_on["name"])
    except (MammoError, KeyError):
        return None
    if dataset is None or dataset.fingerprint != trained_on["fingerprint"]:
        return None
    index = dataset.index
    return int(((index["split"] == "val") & (index["label"] == dataset.classes[-1])).sum())


def gather_points(
    rows: Sequence[dict[str, Any]], lines: dict[str, str]
) -> list[dict[str, str | float]]:
    """A point an epoch and line, from the columns that `lines` names for each split."""
    return [
        {"epoch": int(row["epoch"]), "split": split, "value": row[column]}
        for row in rows
        for split, column in lines.items()
        if isinstance(row.get(column), float)
    ]


def _show_lines(
    title: str, quantity: str, points: list[dict[str, Any]], best: int | None, reading: str
) -> None:
    if points:
        spec = draw_curves(quantity, points, best)
        charts.show_chart(title, spec, reading, points, key=f"history_{quantity.lower()}")


def draw_curves(
    quantity: str, points: Sequence[dict[str, Any]], best_epoch: int | None
) -> charts.Spec:
    """Lines over epochs, one a split, with the best epoch marked.

    Args:
        quantity: Title of the vertical axis.
        points: With the fields epoch, value and split; at least one.
        best_epoch: None where none is known.
    """
    splits = list(dict.fromkeys(point["split"] for point in points))
    colors = {"domain": splits, "range": [SPLIT_COLORS[split] for split in splits]}
    layers: list[charts.Spec] = [
        {"mark": {"type": "line", "point": True, "strokeWidth": 2},
         "encoding": {
             "y": {"field": "value", "type": "quantitative", "title": quantity,
                   "scale": {"zero": False, **_find_domain(points)}, "axis": {"tickCount": 5}},
             "color": {"field": "split", "type": "nominal", "scale": colors,
                       "legend": {"title": None, "orient": "top"}}}},
    ]  # fmt: skip
    if best_epoch is not None:
        rule = {"type": "rule", "strokeDash": [4, 4], "color": MUTED}
        layers.append({"mark": rule, "data": {"values": [{"epoch": best_epoch}]}})
    axis = {"values": choose_ticks([point["epoch"] for point in points]), "format": "d"}
    x = {"field": "epoch", "type": "quantitative", "title": "Epoch", "axis": axis,
         "scale": {"zero": False, "nice": False, "padding": 12}}  # fmt: skip
    return {"height": 240, "encoding": {"x": x}, "layer": layers}


def choose_ticks(epochs: Sequence[int]) -> list[int]:
    """At most eight of the epochs, evenly spaced from the first on."""
    first, last = min(epochs), max(epochs)
    return list(range(first, last + 1, -(-(last - first + 1) // MOST_TICKS)))


def _find_domain(points: Sequence[dict[str, Any]]) -> dict[str, list[float]]:
    """Room around values that are all but equal, whose axis would have a single tick."""
    values = [point["value"] for point in points]
    middle = (min(values) + max(values)) / 2
    return {} if max(values) - min(values) > 0.02 else {"domain": [middle - 0.05, middle + 0.05]}
