"""The map of cases: images that the model takes for alike lie near each other."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core import jobs
from mammo_core.embeddings.storage import are_current, embeddings_path
from mammo_core.wording import count
from mammo_ui import charts, frame, job_view, job_watch, lasso, library, state
from mammo_ui.theme import BLUE, CLASS_COLORS, MUTED, SKY_BLUE, VERMILION, class_colors

if TYPE_CHECKING:
    import pandas as pd

MOST = 4000
"""Points that are drawn; a browser with more answers slowly."""
PLACES = {"tsne": "t-SNE", "pca": "Principal components"}
READING = {
    "tsne": "Near points are images that the model takes for alike; how far groups lie apart and "
    "how large they are means nothing.",
    "pca": "The two directions in which the model's view of the images differs most.",
}
COLORED_BY = {"true": "Truth", "predicted": "Predicted class", "outcome": "Outcome"}
OUTCOME_COLORS = {"TP": VERMILION, "FP": SKY_BLUE, "FN": BLUE, "TN": CLASS_COLORS["normal"]}


def show_map(choice: state.Choice, cases: "pd.DataFrame") -> None:
    """Draw the chosen cases; those that a lasso holds can be opened as a selection.

    Args:
        choice: Of model and data.
        cases: The chosen rows of `Cases.table`.
    """
    path = embeddings_path(choice.model, choice.dataset)
    if not are_current(path, choice.model, library.read_card(choice.dataset).version):
        offer_map(choice)
        return
    place, colored_by = _choose_look()
    points, n_absent = _place(cases, path, place)
    if points.empty:
        st.info("None of these images is on the map. Choose others, or the other layout.")
        return
    opener = st.container()  # above the chart: below it, the button would be off the screen
    rows = points.to_dict("records")
    figure = _draw(rows, place, colored_by, choice.model.classes)
    picked = _show(figure, f"map_{place}_{colored_by}")
    _tell(READING[place], len(rows), len(cases), n_absent)
    charts.offer_data(rows, "map")
    told = count(len(picked), "image")
    if lasso.offer_opening(opener, told if picked else "", key="open_on_map"):
        state.open_cases_of(f"{told} picked on the map", picked)


def _choose_look() -> tuple[str, str]:
    left, right = st.columns(2)
    place = left.segmented_control(
        "Layout", list(PLACES), default="tsne", required=True, format_func=PLACES.get, key="layout"
    )
    colored_by = right.segmented_control(
        "Color", list(COLORED_BY), default="true", required=True, format_func=COLORED_BY.get,
        key="map_color",
    )  # fmt: skip
    return place, colored_by


def _place(cases: "pd.DataFrame", path: Path, place: str) -> "tuple[pd.DataFrame, int]":
    """The drawn cases with x and y, and how many of the chosen have no place."""
    columns = ["image_id", "true", "predicted", "outcome", "score", "correct"]
    known = _coordinates(path, library.version_of(path), place)
    joined = cases[columns].join(known, on="image_id", how="inner")
    n_absent = len(cases) - len(joined)
    return joined.sample(min(len(joined), MOST), random_state=0), n_absent


@lru_cache(maxsize=4)
def _coordinates(path: Path, version: int, place: str) -> "pd.DataFrame":
    from mammo_core.embeddings.storage import read_map

    frame = read_map(path).set_index("image_id")[[f"{place}_1", f"{place}_2"]]
    return frame.set_axis(["x", "y"], axis=1).dropna()


def _draw(
    rows: list[dict[str, Any]], place: str, colored_by: str, classes: tuple[str, ...]
) -> dict[str, Any]:
    """A Plotly figure: the traces of each value, crosses where the model is wrong."""
    colors = OUTCOME_COLORS if colored_by == "outcome" else class_colors(classes)
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False}
    return {
        "data": [
            trace
            for name, color in (*colors.items(), (None, MUTED))
            for trace in _traces(name, color, _of_value(rows, colored_by, name))
        ],
        "layout": {
            "height": 560,
            "dragmode": "lasso",
            "margin": {"l": 30, "r": 10, "t": 10, "b": 30},
            "legend": {"orientation": "h", "y": 1.06},
            "xaxis": {**axis, "title": {"text": f"{PLACES[place]} 1"}},
            "yaxis": {**axis, "title": {"text": f"{PLACES[place]} 2"}},
        },
    }


def _of_value(
    rows: list[dict[str, Any]], colored_by: str, name: str | None
) -> list[dict[str, Any]]:
    """The rows of a value, with None those whose value is unknown."""
    return [row for row in rows if (row[colored_by] if _is_text(row[colored_by]) else None) == name]


def _traces(name: str | None, color: str, own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The right ones, the wrong ones, and a point nowhere for the legend: it tells the color."""
    if not own:
        return []
    title = name or "unknown"
    entry = {"type": "scatter", "mode": "markers", "name": title, "legendgroup": title,
             "x": [None], "y": [None], "hoverinfo": "skip",
             "marker": {"color": color, "size": 9, "symbol": "circle"}}  # fmt: skip
    right = [row for row in own if row["correct"]]
    wrong = [row for row in own if not row["correct"]]
    drawn = ((right, "circle"), (wrong, "x"))
    return [entry, *(_trace(title, color, of, symbol) for of, symbol in drawn if of)]


def _trace(title: str, color: str, own: list[dict[str, Any]], symbol: str) -> dict[str, Any]:
    return {
        "type": "scatter" if len(own) < 1000 else "scattergl",
        "mode": "markers",
        "name": title,
        "legendgroup": title,
        "showlegend": False,
        "x": [row["x"] for row in own],
        "y": [row["y"] for row in own],
        "customdata": [row["image_id"] for row in own],
        "text": [_tell_case(row) for row in own],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": color, "size": 9, "opacity": 0.8, "symbol": symbol},
    }


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _tell_case(row: dict[str, Any]) -> str:
    truth = row["true"] if _is_text(row["true"]) else "unknown"
    words = (row["image_id"], f"truth {truth}", f"said {row['predicted']}", f"{row['score']:.2f}")
    return "<br>".join(_escape(word) for word in words)


def _escape(text: str) -> str:
    """Text that Plotly does not take for its own tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _show(figure: dict[str, Any], key: str) -> list[str]:
    """Draw it and return the image ids that are picked."""
    event = st.plotly_chart(figure, key=key, on_select="rerun", selection_mode=("lasso", "box"))
    points = event["selection"]["points"]
    return [str(point["customdata"]) for point in points if "customdata" in point]


def _tell(reading: str, n_drawn: int, n_chosen: int, n_absent: int) -> None:
    parts = [reading, "Crosses are wrong. Draw around points to pick their images."]
    if n_absent:
        parts.append(f"{n_absent} of the {n_chosen} chosen images have no place on it.")
    if n_drawn + n_absent < n_chosen:
        parts.append(f"A random {n_drawn} of them are drawn.")
    st.caption(" ".join(parts))


def offer_map(choice: state.Choice) -> None:
    """What to do where no current map is there: a button that makes it, or how far it is."""
    if choice.model.is_table:
        st.info("A table of predictions has no network that could look at the images: no map.")
        return
    arguments = ["embed", str(choice.model.path), str(library.dataset_path(choice.dataset))]
    last = job_watch.last_job(arguments)
    if last and last.state in jobs.UNFINISHED:
        job_view.show_job(last)
        return
    st.info("The map of these images has not been made yet, or the model or data have changed.")
    if last:
        job_view.tell_end(last)
    if st.button("Make the map", type="primary"):
        jobs.start_job(f"Map {choice.dataset} by {choice.model.id}", arguments)
        st.rerun()
    st.caption(f"{frame.plain(choice.model.id)} looks at each image once, in the background.")
