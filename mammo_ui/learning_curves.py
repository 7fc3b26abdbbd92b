"""How a training went: its history as curves, and what they mean in words."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from mammo_core.history import read_history
from mammo_core.training.best_epoch import tell_other_stage
from mammo_core.training.cautions import RECALL, list_cautions
from mammo_core.training.counts import read_judged
from mammo_core.training.diagnosis import Diagnosis, diagnose_facts
from mammo_ui import charts, frame
from mammo_ui.theme import MUTED, SPLIT_COLORS, class_colors

MOST_TICKS, MOST_DOTS = 8, 60
STAGE = "stage"
LINES = {"training": SPLIT_COLORS["train"], "validation": SPLIT_COLORS["val"]}
NUMBERS = {
    "Training loss": "loss",
    "Validation loss": "val_loss",
    "Training AUROC": "train_auroc",
    "Validation AUROC": "val_auroc",
    "Validation macro F1": "val_macro_f1",
}
LOSS_READING = "Lower is better; only validation rising means overfitting."
AUROC_READING = "Higher is better, 0.5 is chance; dashes mark the best epoch."
RECALL_READING = "Share of each class that is called rightly, in validation."

Points = list[dict[str, Any]]


def show_history(folder: Path) -> None:
    """A stage's verdict and curves with the best epoch marked; nothing before the first epoch."""
    rows = read_history(folder)
    if not rows:
        return
    shown = _choose_stage(rows, key=f"stage_{folder.name}")
    verdict = _judge(shown, folder)
    st.markdown(f"**{frame.plain(verdict.sentence)}** {frame.plain(verdict.advice)}")
    told = tell_other_stage(rows, shown[-1].get(STAGE, "training"))
    if told:
        st.markdown(frame.plain(told))
    for caution in list_cautions(shown, verdict.best_epoch, read_judged(folder)):
        st.caption(f":orange[⚠] {frame.plain(caution)}.")
    _show_speed(shown)
    _show_charts(shown, verdict.best_epoch)


def _judge(rows: Sequence[Mapping[str, Any]], folder: Path) -> Diagnosis:
    judged, has_ended = read_judged(folder), (folder / "model.json").is_file()
    if judged is None:
        return diagnose_facts(rows, has_ended=has_ended)
    positives, negatives = judged.n_positives, judged.n_negatives
    return diagnose_facts(rows, n_positives=positives, n_negatives=negatives, has_ended=has_ended)


def _choose_stage(rows: Sequence[dict[str, Any]], *, key: str) -> list[dict[str, Any]]:
    """The rows of the stage to look at, the last one at first."""
    stages = list(dict.fromkeys(row.get(STAGE, "training") for row in rows))
    stage = stages[-1]
    if len(stages) > 1:
        stage = st.segmented_control(
            "Stage", stages, default=stage, required=True, key=f"{key}_{len(stages)}",
            label_visibility="collapsed",
        )  # fmt: skip
    return [row for row in rows if row.get(STAGE, "training") == stage]


def _show_speed(rows: Sequence[Mapping[str, Any]]) -> None:
    last = rows[-1]
    facts = [f"Epoch {int(last['epoch'])}"]
    if isinstance(last.get("seconds"), float):
        facts.append(f"{last['seconds']:.3g} s an epoch")
    if isinstance(last.get("images_per_second"), float):
        facts.append(f"{last['images_per_second']:.3g} images a second")
    if isinstance(last.get("val_loss"), float):
        gap = last["val_loss"] - last["loss"]
        facts.append(f"validation loss {abs(gap):.2f} {'above' if gap >= 0 else 'below'} training")
    st.caption(" · ".join(facts))


def _show_charts(rows: Sequence[Mapping[str, Any]], best: int | None) -> None:
    left, right = st.columns(2)
    with left:
        points = gather_points(rows, {"training": "loss", "validation": "val_loss"})
        _show_lines("Loss", "Cross-entropy", points, best, LINES, LOSS_READING)
    with right:
        points = gather_points(rows, {"training": "train_auroc", "validation": "val_auroc"})
        _show_lines("AUROC", "AUROC", points, best, LINES, AUROC_READING)
    left, right = st.columns(2)  # a row of its own: narrow screens stack the columns of a row
    with left:
        recalls = {key.removeprefix(RECALL): key for key in rows[-1] if key.startswith(RECALL)}
        points = gather_points(rows, recalls)
        colors = class_colors(list(recalls))
        _show_lines("Recall of each class", "Recall", points, best, colors, RECALL_READING)
    with right:
        st.markdown("**In numbers**")
        st.table(tabulate_epochs(rows, best), hide_index=True, border="horizontal")


def tabulate_epochs(rows: Sequence[Mapping[str, Any]], best: int | None) -> list[dict[str, str]]:
    """What was measured in the best epoch and in the last one, side by side."""
    last = rows[-1]
    epochs = {"last epoch": last}
    if best is not None and best != last["epoch"]:
        found = next(row for row in rows if row["epoch"] == best)
        epochs = {f"best epoch ({best})": found, f"last ({int(last['epoch'])})": last}
    return [
        {"": title, **{name: _as_text(row.get(key)) for name, row in epochs.items()}}
        for title, key in NUMBERS.items()
        if isinstance(last.get(key), float)
    ]


def _as_text(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else frame.DASH


def gather_points(rows: Sequence[Mapping[str, Any]], lines: Mapping[str, str]) -> Points:
    """A point an epoch and line, from the column that `lines` names for each."""
    return [
        {"epoch": int(row["epoch"]), "line": line, "value": row[column]}
        for row in rows
        for line, column in lines.items()
        if isinstance(row.get(column), float)
    ]


def _show_lines(
    title: str,
    quantity: str,
    points: Points,
    best: int | None,
    colors: Mapping[str, str],
    reading: str,
) -> None:
    if points:
        spec = draw_curves(quantity, points, best, colors)
        charts.show_chart(title, spec, reading, points, key=f"history_{quantity.lower()}")


def draw_curves(
    quantity: str,
    points: Sequence[Mapping[str, Any]],
    best_epoch: int | None,
    colors: Mapping[str, str],
) -> charts.Spec:
    """Lines over epochs with the best epoch marked.

    Args:
        quantity: Title of the vertical axis.
        points: With the fields epoch, value and line; at least one.
        best_epoch: None where none is known.
        colors: By line; those that no point has are left out.
    """
    lines = [line for line in colors if any(point["line"] == line for point in points)]
    dots = {"size": 22} if len({point["epoch"] for point in points}) <= MOST_DOTS else False
    scale = {"domain": lines, "range": [colors[line] for line in lines]}
    layers: list[charts.Spec] = [
        {"mark": {"type": "line", "point": dots, "strokeWidth": 2},
         "encoding": {
             "y": {"field": "value", "type": "quantitative", "title": quantity,
                   "scale": {"zero": False, **_find_domain(points)}, "axis": {"tickCount": 4}},
             "color": {"field": "line", "type": "nominal", "scale": scale,
                       "legend": {"title": None, "orient": "top", "offset": 2,
                                  "columnPadding": 6, "symbolSize": 50, "labelFontSize": 11}},
             "tooltip": [{"field": "epoch"}, {"field": "line"},
                         {"field": "value", "format": ".3f"}]}},
    ]  # fmt: skip
    if best_epoch is not None:
        rule = {"type": "rule", "strokeDash": [4, 4], "color": MUTED}
        layers.append({"mark": rule, "data": {"values": [{"epoch": best_epoch}]}})
    axis = {"values": choose_ticks([point["epoch"] for point in points]), "format": "d"}
    x = {"field": "epoch", "type": "quantitative", "title": "Epoch", "axis": axis,
         "scale": {"zero": False, "nice": False, "padding": 12}}  # fmt: skip
    return {"height": 200, "encoding": {"x": x}, "layer": layers}


def choose_ticks(epochs: Sequence[int]) -> list[int]:
    """At most eight of the epochs, evenly spaced from the first on."""
    first, last = min(epochs), max(epochs)
    return list(range(first, last + 1, -(-(last - first + 1) // MOST_TICKS)))


def _find_domain(points: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Room around values that are all but equal, whose axis would have a single tick."""
    values = [point["value"] for point in points]
    middle = (min(values) + max(values)) / 2
    return {} if max(values) - min(values) > 0.02 else {"domain": [middle - 0.05, middle + 0.05]}
