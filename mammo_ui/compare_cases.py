"""The cases behind a comparison: who is right where, who is called by whom, score by score."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mammo_core.metrics.reclassification import CALLED_BY, call_cells, tell_right
from mammo_core.wording import count
from mammo_ui import charts, compare_charts, compared, frame, state
from mammo_ui.lasso import inside_selection, offer_opening

RIGHT = {
    "only_a": "A right, B wrong",
    "only_b": "B right, A wrong",
    "neither": "Both wrong",
}
AGREEMENT = {
    "equal_predictions": ("Same class called", "Share of cases that both call the same class."),
    "cohen_kappa": ("Kappa between them", "Agreement in the class called, beyond chance."),
    "rank_correlation": ("Rank correlation", "Spearman's, of both models' scores."),
}


def offer_right(rows: compared.PairRows) -> None:
    """Buttons that open the cases which one model, or neither, has right."""
    pair = compared.read_pair(rows)
    right = tell_right(pair)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Open the cases:", width="content")
        for name, title in RIGHT.items():
            n = int(right[name].sum())
            if st.button(f"{title} ({n})", key=f"right_{name}", disabled=not n):
                state.open_cases_of(title, pair.a.image_ids(right[name]))
        st.caption("by the most probable class", width="content")


def show_calls(
    rows: compared.PairRows, thresholds: compared.Thresholds, found: Mapping[str, Any]
) -> None:
    """Who is called by whom, apart by the truth, and what a change from A to B gains.

    Args:
        rows: Of both models.
        thresholds: From which A and B call a case.
        found: `reclassification` of the answer.
    """
    pair = compared.read_pair(rows)
    positive = pair.a.classes[pair.positive]
    truths = {"positives": f"Truth {positive}", "negatives": f"Truth not {positive}"}
    for column, (name, title) in zip(st.columns(2), truths.items(), strict=True):
        with column:
            clicked = charts.show_chart(
                f"{frame.plain(title)}: {count(found[name]['n'], pair.a.level)}",
                compare_charts.draw_calls(),
                "",
                compare_charts.tabulate_calls(found[name]),
                key=f"calls_{name}",
                selects="cell",
            )
        if clicked:
            _open_cell(rows, thresholds, name, clicked[0]["cell"], title)
    st.caption(
        "Each model calls the cases from its own threshold on. Off the diagonal from top left to "
        "bottom right they differ. Click a cell to see its cases."
    )
    _show_net(found, frame.plain(positive))


def _open_cell(
    rows: compared.PairRows, thresholds: compared.Thresholds, truth: str, cell: str, title: str
) -> None:
    pair = compared.read_pair(rows)
    is_of_truth = pair.is_positive if truth == "positives" else ~pair.is_positive
    chosen = is_of_truth & (call_cells(pair, thresholds) == CALLED_BY.index(cell))
    by_a, by_b = compare_charts.CELLS[cell]
    words = f"{compare_charts.CALLED_BY_A[by_a]}, {compare_charts.CALLED[by_b]}"
    if chosen.any():
        state.open_cases_of(f"{title}: {words}", pair.a.image_ids(chosen))
    st.info("No case is in this cell.")


def _show_net(found: Mapping[str, Any], positive: str) -> None:
    net = found["net"]
    texts = {
        f"{positive} called": net["positives"],
        f"not {positive} spared": net["negatives"],
        "net reclassification": net["total"],
    }
    told = ", ".join(f"{title} **{_signed(one)}**" for title, one in texts.items())
    st.markdown(f"A change from A to B gains, as shares: {told}.", help=f"{found['caveat']}.")


def _signed(estimate: Mapping[str, float | None]) -> str:
    if estimate["value"] is None:
        return frame.DASH
    return f"{estimate['value']:+z.2f}{frame.interval_text(dict(estimate))}"


def show_scores(rows: compared.PairRows, thresholds: compared.Thresholds) -> None:
    """Score against score; what is drawn around can be opened as a selection."""
    pair = compared.read_pair(rows)
    drawn = compared.sample_scores(rows)
    st.markdown("**A's score against B's**")
    opener = st.container()  # above the chart: below it, the button would be off the screen
    event = st.plotly_chart(
        compare_charts.draw_scores(drawn, pair.a.classes, thresholds),
        key="score_by_score",
        on_select="rerun",
        selection_mode=("lasso", "box"),
    )
    few = "" if len(drawn) == len(pair) else f" A random {len(drawn):,} of {len(pair):,} are drawn."
    st.caption(
        "On the diagonal both say the same; dotted lines are the thresholds. Draw around points to "
        f"open their cases.{few}"
    )
    charts.offer_data(drawn, "score_by_score")
    chosen = inside_selection(event["selection"], *pair.scores)
    told = count(int(chosen.sum()), pair.a.level)
    if offer_opening(opener, told if chosen.any() else "", key="open_lasso"):
        state.open_cases_of(f"{told} picked by both scores", pair.a.image_ids(chosen))


def show_agreement(found: Mapping[str, dict[str, float | None]], n: str) -> None:
    """Whether both say the same, right or wrong.

    Args:
        found: Of `compared.measure_agreement`.
        n: How many patients, in words.
    """
    st.markdown("**Do they say the same?**")
    for column, (name, (title, meaning)) in zip(st.columns(3), AGREEMENT.items(), strict=True):
        with column:
            frame.show_card(title, found[name], n, help_text=meaning)
