"""Subgroups: for whom it works."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mammo_core.wording import count
from mammo_ui import charts, frame, results, state
from mammo_ui.chosen_rows import rows_of
from mammo_ui.forest_charts import draw_forest
from mammo_ui.group_cases import open_cases_of_group
from mammo_ui.paradox_alarms import show_alarms
from mammo_ui.subgroup_charts import judged_points
from mammo_ui.subgroup_numbers import (
    Group,
    compare_groups,
    measure_whole,
    metric_depends_on_threshold,
    tell_alike,
)

METRICS = ("auroc", "recall", "specificity")


def show(choice: state.Choice, evaluation: results.Evaluation) -> None:
    """Each subgroup's number with its interval as a forest plot, and how it differs."""
    from mammo_core.metrics.measures import KINDS

    show_alarms(evaluation)
    metric = st.segmented_control(
        "By", METRICS, default="auroc", required=True, key="subgroup_metric",
        format_func=lambda name: KINDS[name].title, bind="query-params", persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    groups = compare_groups(rows_of(choice), metric, choice.threshold)
    parted = [one for one in groups if one.n < evaluation["n"]]
    known = [one for one in parted if one.found.value.value is not None]
    if not known:
        st.info("No subgroup has enough positive and negative cases for this number.")
        return
    kind, at = KINDS[metric], f" at threshold {choice.threshold:.2f}"
    title = f"{kind.title}{at if metric_depends_on_threshold(metric) else ''}"
    whole = measure_whole(rows_of(choice), metric, choice.threshold)
    _show_forest(choice, f"{title} for {evaluation['positive']}", known, whole)
    if told := tell_alike(rows_of(choice)):
        st.caption(frame.plain(told))
    if len(known) < len(parted):
        st.caption(f"Of too few cases: {count(len(parted) - len(known), 'subgroup')}.")


def _show_forest(
    choice: state.Choice, title: str, groups: Sequence[Group], whole: float | None
) -> None:
    rows = [_describe(place, group) for place, group in enumerate(groups)]
    ends = [v for row in rows for v in (row["low"], row["value"]) if v is not None]
    picked = charts.show_chart(
        f"{frame.plain(title)} by subgroup",
        draw_forest(
            title,
            [row["group"] for row in rows],
            reference=whole,
            domain=(max(0.0, min(ends) - 0.02), 1.0),
            points=judged_points("difference"),
        ),
        "Points are estimates, lines 95 % intervals over patients, the dashed line all cases. The "
        "color tells whether a group differs from all other cases with p < .05 after Holm's "
        "correction for all groups. Click a point to see its cases.",
        rows,
        key="subgroups",
        selects="group",
    )
    if picked:
        group = groups[int(picked[0]["place"])]
        open_cases_of_group(choice, [(group.by, group.value)])
    _show_table(rows)


def _show_table(rows: Sequence[dict[str, Any]]) -> None:
    names = ("group", "n", "patients", "positives", "estimate", "difference")
    st.dataframe(
        [{name: row[name] for name in names} | frame.p_texts(row) for row in rows], hide_index=True
    )


def _describe(place: int, group: Group) -> dict[str, Any]:
    found = group.found
    return {
        "group": group.name,
        "place": place,
        **{name: getattr(group, name) for name in ("n", "patients", "positives")},
        **found.value.to_json(),
        "estimate": frame.estimate_text(found.value.to_json()),
        "difference": frame.estimate_text(found.difference.to_json()),
        "p": found.p,
        "p adjusted": found.p_adjusted,
        "clarity": _judge(group),
    }


def _judge(group: Group) -> str:
    """A key of `subgroup_charts.CLARITY`."""
    from mammo_core.metrics.verdict import SIGNIFICANT

    found = group.found
    if found.p_adjusted is None or found.p_adjusted >= SIGNIFICANT:
        return "not told apart"
    return "worse" if found.difference.value < 0 else "better"
