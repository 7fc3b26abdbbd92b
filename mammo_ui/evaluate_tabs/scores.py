"""Scores: how far apart the model's probabilities hold the classes."""

import streamlit as st

from mammo_core.wording import count
from mammo_ui import charts, frame, results, score_histograms, state
from mammo_ui.charts import Row
from mammo_ui.chosen_rows import rows_of
from mammo_ui.theme import class_colors


def show(choice: state.Choice, evaluation: results.Evaluation) -> None:
    """A histogram of the positive class's probability for each true class."""
    unit = st.segmented_control(
        "Bars show", list(score_histograms.UNITS), default="share", required=True,
        format_func=score_histograms.UNITS.get, key="scores", bind="query-params",
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    positive, noun = evaluation["positive"], f"{evaluation['level']}s"
    classes = evaluation["classes"]
    histogram = score_histograms.count_scores(rows_of(choice))
    rows = score_histograms.tabulate(histogram, classes)
    bars = charts.show_chart(
        f"Probability of {frame.plain(positive)} by true class",
        score_histograms.draw_histogram(
            class_colors(classes), positive, unit, noun, choice.threshold
        ),
        f"Each color is a true class, the bars of a bin stand side by side; what lies right of the "
        f"dashed line is called {positive}, a bin that it crosses may hold both. The less the "
        f"colors share bins, the better. Click a bar to see its {noun}.",
        rows,
        key="score_histogram",
        selects="bar",
    )
    if bars:
        _open_bar(choice, positive, bars[0])


def _open_bar(choice: state.Choice, positive: str, bar: Row) -> None:
    lower = float(bar["from"])
    found = score_histograms.find_images(rows_of(choice), bar["class"], lower)
    title = f"{bar['class']}, P({positive}) from {lower:.3f}: {count(len(found), 'image')}"
    state.open_cases_of(title, found)
