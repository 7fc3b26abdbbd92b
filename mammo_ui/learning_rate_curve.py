"""What a search for a learning rate found: the loss over rising rates, and the rate to take."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from mammo_core.paths import read_json
from mammo_ui import charts, frame
from mammo_ui.theme import BLUE, MUTED
from mammo_ui.training_fields import field_of, title_of, widget_name

READING = (
    "The rate rises from batch to batch. Below the dashed line the network learns without "
    "diverging; where the line turns up, steps are too large."
)


def show_rates(file: Path) -> None:
    """The curve with its suggestion, which one click takes into the form; nothing before its end.

    Args:
        file: What the verb `learning-rate` wrote.

    Raises:
        MammoError: Where the file is damaged.
    """
    if not file.exists():
        return
    found = read_json(file)
    _tell_suggestion(found)
    points = gather_points(found)
    if not points:
        return
    spec = draw_rates(found["suggestion"], points)
    charts.show_chart("Loss over the learning rate", spec, READING, points, key="rates")


def gather_points(found: dict[str, Any]) -> list[dict[str, float]]:
    """A point a step, from the third on: before, the running mean is a single batch's loss."""
    steps = zip(found["rates"], found["losses"], found["smoothed"], strict=True)
    rows = [{"rate": rate, "loss": loss, "smoothed": mean} for rate, loss, mean in steps]
    return rows[2:]


def _tell_suggestion(found: dict[str, Any]) -> None:
    rate, key, dataset = found["suggestion"], found["setting"], found["dataset"]
    network = title_of("architecture", found["settings"]["architecture"])
    about = f"{network} on {dataset}, batches of {found['settings']['batch_size']}"
    if rate is None:
        st.warning(frame.plain(f"{about}: the loss never fell, so that no rate can be suggested."))
        return
    st.markdown(f"**Suggested: {rate:g}** ({frame.plain(about)})")
    is_taken = st.button(
        f"Take {rate:g} as {field_of(key).label.lower()}",
        key="take_rate",
        on_click=_take,
        args=(dataset, key, rate),
        help="Sets it in the form at the left, for this dataset.",
    )
    if is_taken:
        st.rerun()  # the form is drawn anew by a whole run alone


def _take(dataset: str, key: str, rate: float) -> None:
    st.session_state[widget_name(dataset, key)] = rate
    st.toast(f"{field_of(key).label}: {rate:g}")


def draw_rates(suggestion: float | None, points: Sequence[Mapping[str, float]]) -> charts.Spec:
    """Each batch's loss as a dot, their running mean as a line, the suggestion dashed.

    The axis ends where the mean does: the last batches may be a thousand times as high.
    """
    x = {"type": "quantitative", "title": "Learning rate", "scale": {"type": "log"},
         "axis": {"format": ".0e", "tickCount": 5}}  # fmt: skip
    scale = {"zero": False, "domainMax": 1.1 * max(row["smoothed"] for row in points)}
    y = {"type": "quantitative", "title": "Loss of the batch", "scale": scale}
    layers: list[charts.Spec] = [
        {"mark": {"type": "point", "size": 10, "color": MUTED, "clip": True},
         "encoding": {"y": {"field": "loss", **y}}},
        {"mark": {"type": "line", "color": BLUE, "strokeWidth": 2, "clip": True},
         "encoding": {"y": {"field": "smoothed", **y}}},
    ]  # fmt: skip
    if suggestion is not None:
        rule = {"type": "rule", "strokeDash": [4, 4], "color": MUTED}
        layers.append({"mark": rule, "data": {"values": [{"rate": suggestion}]}})
    return {"height": 260, "encoding": {"x": {"field": "rate", **x}}, "layer": layers}
