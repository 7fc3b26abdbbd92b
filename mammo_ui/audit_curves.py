"""Whether methods notice that a network forgets what it learned."""

from typing import Any

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_ui import audit_charts, charts
from mammo_ui.audit_results import Audit

LIKENESSES = {
    "rank_correlation": "Rank correlation",
    "ssim": "Structural similarity",
}
TITLE = "Does a method notice random weights?"
Row = dict[str, Any]


def show_curves(audit: Audit) -> None:
    """A line a method: how alike its maps stay while layers are drawn anew from the top down."""
    if not audit.summary.get("cascades"):
        st.markdown(f"**{TITLE}**")
        st.caption("It was not asked: audit with the measure *Model parameter randomization*.")
        return
    likeness = st.segmented_control(
        "Likeness of the maps", list(LIKENESSES), format_func=LIKENESSES.get, required=True,
        default="rank_correlation", key="audit_likeness",
    )  # fmt: skip
    rows = list_stations(audit, likeness)
    charts.show_chart(
        TITLE,
        audit_charts.forgetting_lines(f"{LIKENESSES[likeness]} with the trained network's map"),
        "From left to right more layers are drawn anew, from the top down. A method whose line "
        "stays up shows the image rather than what the network learned from it; one that falls at "
        "once depends on the weights. Point at a line for its method.",
        rows,
        key="audit_curves",
    )


def list_stations(audit: Audit, likeness: str) -> list[Row]:
    """A row a method and station; share is of the layers that are drawn anew."""
    verdicts = audit.summary["verdicts"]
    return [
        {
            "method": METHODS[name].title,
            "level": verdicts[name]["level"],
            "share": n_drawn / curve["n_layers"],
            "layer": layer or "none",
            "value": value,
            "n": curve["n"],
        }
        for name, curve in audit.summary["cascades"].items()
        for n_drawn, layer, value in zip(
            curve["n_drawn"], curve["layers"], curve[likeness], strict=True
        )
        if value is not None
    ]
