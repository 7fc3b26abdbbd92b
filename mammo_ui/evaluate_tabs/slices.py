"""Slices: where it is worst, among all values and pairs of values of the metadata."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.wording import count
from mammo_ui import charts, frame, results, state
from mammo_ui.chosen_rows import rows_of
from mammo_ui.forest_charts import draw_forest
from mammo_ui.group_cases import open_cases_of_group
from mammo_ui.paradox_alarms import show_alarms
from mammo_ui.subgroup_charts import judged_points
from mammo_ui.subgroup_numbers import (
    find_slices,
    metric_depends_on_threshold,
    name_values,
    tell_alike,
)

if TYPE_CHECKING:
    from mammo_core.metrics.slices import Search, Slice, SliceOptions

SHOWN = 15
LARGE = 300_000


def show(choice: state.Choice, evaluation: results.Evaluation) -> None:
    """The worst slices as a chart and a table; a click opens the cases of one."""
    show_alarms(evaluation)
    options = _choose_options(choice, evaluation["patients"])
    if not _is_asked_for(evaluation):
        return
    with st.spinner("Comparing each slice with the rest"):
        search = find_slices(rows_of(choice), options)
    if not search.slices:
        st.info(
            f"No slice has {options.min_patients} patients and enough positive and negative cases. "
            "Ask for fewer patients."
        )
        return
    st.markdown(_tell(search, evaluation))
    if told := tell_alike(rows_of(choice)):
        st.caption(frame.plain(told))
    _show_chart(choice, options, search.slices[:SHOWN])


def _is_asked_for(evaluation: results.Evaluation) -> bool:
    """Whether to search at once: a large table takes long the first time."""
    n = evaluation["n"]
    return n < LARGE or st.toggle(
        f"Compare slices of {n:,} {evaluation['level']}s", key="slices_large",
        persist_state="session", help="It takes seconds the first time, and is kept then.",
    )  # fmt: skip


def _choose_options(choice: state.Choice, n_patients: int) -> "SliceOptions":
    from mammo_core.metrics.measures import KINDS
    from mammo_core.metrics.slices import SliceOptions

    left, right = st.columns([3, 1], vertical_alignment="bottom")
    metric = left.segmented_control(
        "Worst by", list(KINDS), default="auroc", required=True, key="slice_metric",
        format_func=lambda name: KINDS[name].title, bind="query-params", persist_state="session",
    )  # fmt: skip
    least = right.number_input(
        "Least patients", 2, 1000, max(2, min(10, n_patients // 4)), key="slice_patients",
        bind="query-params", persist_state="session",
        help="A slice of fewer patients, or with fewer in its rest, is not compared: few patients "
        "differ by chance.",
    )  # fmt: skip
    threshold = choice.threshold if metric_depends_on_threshold(metric) else 0.5
    return SliceOptions(metric=metric, threshold=threshold, min_patients=int(least))


def _tell(search: "Search", evaluation: results.Evaluation) -> str:
    worse = sum(one.is_worse for one in search.slices)
    clear = (
        f"**{count(worse, 'slice')}** worse than the rest beyond chance"
        if worse
        else "**No slice** is worse than the rest beyond chance"
    )
    columns = frame.plain(", ".join(map(state.facet_title, search.attributes)))
    return (
        f"{clear} in {count(search.n_compared, 'comparison')} (p < .05 after Holm's correction for "
        f"all of them; two slices that are each other's rest are one); {search.n_small} slices "
        f"were too small. All {evaluation['level']}s: "
        f"{frame.estimate_text(search.whole.to_json())}. Searched: {columns}, and pairs of them."
    )


def _show_chart(choice: state.Choice, options: "SliceOptions", slices: "Sequence[Slice]") -> None:
    kind = options.kind
    rows = [_describe(place, one) for place, one in enumerate(slices)]
    ends = [v for row in rows for v in (row["low"], row["high"], row["value"]) if v is not None]
    picked = charts.show_chart(
        f"{kind.title}: by how much a slice is worse than all other cases",
        draw_forest(
            f"{kind.title}, gap to the rest",
            [row["group"] for row in rows],
            reference=0.0,
            domain=(min(-0.05, *ends), max(0.05, *ends)),
            points=judged_points("gap"),
        ),
        "To the right of the dashed line a slice is worse than the rest; lines are 95 % intervals "
        "over patients. First comes the slice whose interval ends farthest to the right at its "
        "lower end: it is worst for sure. Click a point to see its cases.",
        rows,
        key="slices",
        selects="group",
    )
    names = ("group", "n", "patients", "positives", "in slice", "in the rest", "gap")
    st.dataframe(
        [{name: row[name] for name in names} | frame.p_texts(row) for row in rows], hide_index=True
    )
    if picked:
        open_cases_of_group(choice, slices[int(picked[0]["place"])].values)


def _describe(place: int, one: "Slice") -> dict[str, Any]:
    return {
        "group": name_values(one.values),
        "place": place,
        "n": one.n,
        "patients": one.patients,
        "positives": one.positives,
        **one.gap.to_json(),
        "in slice": frame.estimate_text(one.value.to_json()),
        "in the rest": frame.estimate_text(one.rest.to_json()),
        "gap": frame.estimate_text(one.gap.to_json()),
        "p": one.p,
        "p adjusted": one.p_adjusted,
        "clarity": "worse" if one.is_worse else "not told apart",
    }
