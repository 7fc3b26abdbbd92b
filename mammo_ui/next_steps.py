"""What can be done next with a model that was just judged."""

from typing import TYPE_CHECKING

import streamlit as st

from mammo_ui import state

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

OF_A_NETWORK = (
    "Click a cell of the matrix to see the cases behind it.",
    "Open a case to see three explanations of its prediction side by side.",
    "Let *Audit* tell which of them to believe, and whether the model looks at the breast.",
    "Move the threshold in the sidebar and watch *Evaluate*.",
)
OF_A_TABLE = (
    "Click a cell of the matrix to see the cases behind it; *Cases* sorts and filters all of them.",
    "Move the threshold in the sidebar and watch *Evaluate*.",
    "Hold it against another model of the same images on *Compare*.",
    "There is no network that could be explained: for maps of what it looks at, import the model "
    "itself on *Models*.",
)
"""Of a model that is only a table of predictions."""


def show_next_steps(model: "StoredModel") -> None:
    """What the model can be asked for from here, in the order of a first visit."""
    steps = OF_A_TABLE if model.is_table else OF_A_NETWORK
    st.subheader("What next", anchor=False)
    st.markdown("\n".join(f"{place}. {step}" for place, step in enumerate(steps, 1)))
    if st.button("See how good it is at each threshold", type="primary"):
        state.open_page("evaluate")
