"""Subgroups: for whom it works."""

import streamlit as st

from mammo_core.wording import count
from mammo_ui import charts, results, state


def show(choice: state.Choice, evaluation: results.Evaluation) -> None:
    """AUROC of each subgroup with its interval as a forest plot."""
    known = results.known_subgroups(evaluation)
    if not known:
        st.info("No subgroup has five positive and five negative cases, the least for an AUROC.")
        return
    rows = [
        {"group": f"{group['by']} {group['value']}", "n": group["n"]}
        | {"patients": group["patients"], **group["auroc"]}
        for group in known
    ]
    unknown = [group for group in evaluation["subgroups"] if group["auroc"]["value"] is None]
    title = f"AUROC, {evaluation['positive']} against the rest"
    charts.show_chart(
        f"AUROC for {evaluation['positive']} by subgroup",
        charts.forest(
            title, [row["group"] for row in rows], results.whole_auroc(evaluation)["value"]
        ),
        "Points are estimates, lines 95 % intervals over patients, the dashed line all cases; "
        "intervals that overlap may hide no difference. "
        f"Too few positive or negative cases: {count(len(unknown), 'subgroup')}.",
        rows,
        key="subgroups",
    )
