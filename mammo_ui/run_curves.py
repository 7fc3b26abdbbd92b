"""How the ticked runs of the Models page learned: their curves in one picture."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mammo_core.history import read_history
from mammo_core.run import Run
from mammo_ui import charts, frame
from mammo_ui.run_names import COLORS, name_run

LEGEND_COLUMNS, LEGEND_ROW = 2, 26


def show_curves(runs: Sequence[Run]) -> None:
    """Loss and AUROC over the epochs, a color a run."""
    histories = {name_run(i, run): read_history(run.path) for i, run in enumerate(runs)}
    colors = {name: COLORS[i] for i, name in enumerate(histories)}
    without = [name for name, rows in histories.items() if not rows]
    st.subheader("How they learned", anchor=False)
    if len(without) == len(runs):
        st.info("None of them has a history here: imported models bring none.")
        return
    loss, auroc = st.columns(2)
    with loss:
        points = gather_points(histories, {"validation": "val_loss", "training": "loss"})
        reading = "Lower is better. Whole lines are validation, dashed ones training."
        _show_lines("Loss", "Cross-entropy", points, colors, reading)
    with auroc:
        points = gather_points(histories, {"validation": "val_auroc"})
        reading = "Higher is better, 0.5 is chance. Epochs count over all stages."
        _show_lines("Validation AUROC", "AUROC", points, colors, reading)
    if without:
        st.caption(f"Without a history: {frame.plain(', '.join(without))}.")


def gather_points(
    histories: Mapping[str, Sequence[Mapping[str, Any]]], lines: Mapping[str, str]
) -> list[dict[str, Any]]:
    """A point a run, epoch and line, from the columns that `lines` names."""
    return [
        {"run": name, "epoch": int(row["epoch"]), "line": line, "value": row[column]}
        for name, rows in histories.items()
        for row in rows
        for line, column in lines.items()
        if isinstance(row.get(column), float)
    ]


def _show_lines(
    title: str,
    quantity: str,
    points: list[dict[str, Any]],
    colors: Mapping[str, str],
    reading: str,
) -> None:
    key = f"overlaid_{title.lower().replace(' ', '_')}"
    if points:
        charts.show_chart(title, draw_overlay(quantity, colors), reading, points, key=key)
    else:
        st.caption(f"{title}: not measured in any of them.")


def draw_overlay(quantity: str, colors: Mapping[str, str]) -> charts.Spec:
    """Lines over epochs, a color a run, training dashed; fields run, epoch, line, value."""
    scale = {"domain": list(colors), "range": list(colors.values())}
    dashes = {"domain": ["validation", "training"], "range": [[1, 0], [4, 4]]}
    mark = {
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 24}},
        "encoding": {
            "y": {"field": "value", "type": "quantitative", "title": quantity,
                  "scale": {"zero": False}, "axis": {"tickCount": 5}},
            "color": {"field": "run", "type": "nominal", "scale": scale,
                      "legend": {"title": None, "orient": "top", "labelLimit": 150,
                                 "columns": LEGEND_COLUMNS}},
            "strokeDash": {"field": "line", "type": "nominal", "scale": dashes, "legend": None},
            "tooltip": [{"field": "run"}, {"field": "line"}, {"field": "epoch"},
                        {"field": "value", "format": ".3f"}],
        },
    }  # fmt: skip
    x = {"field": "epoch", "type": "quantitative", "title": "Epoch",
         "axis": {"format": "d", "tickMinStep": 1}, "scale": {"zero": False}}  # fmt: skip
    legend = LEGEND_ROW * -(-len(colors) // LEGEND_COLUMNS)
    return {"height": 220 + legend, "encoding": {"x": x}, "layer": [mark]}
