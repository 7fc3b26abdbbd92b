"""Models that judge both views of a breast together are judged by breast unless asked otherwise."""

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

MOVED, SETTLED_FOR = "level_was_moved", "level_settled_for"


def settle_level(model: "StoredModel | None") -> None:
    """Begin with breasts where both images of one have the same answer, go back with other models.

    To be called before the level's widget is drawn. It changes something only where a model was
    newly chosen, and neither what the address asks for nor another level.
    """
    name = model and model.id
    was_asked_for = SETTLED_FOR not in st.session_state and "level" in st.query_params
    is_new = SETTLED_FOR not in st.session_state or st.session_state[SETTLED_FOR] != name
    st.session_state[SETTLED_FOR] = name
    if was_asked_for or not is_new:
        return
    judges_breasts = model is not None and bool(model.views)
    chosen = st.session_state.get("level", "image")
    if judges_breasts and chosen == "image":
        st.session_state["level"], st.session_state[MOVED] = "breast", True
    elif not judges_breasts and st.session_state.pop(MOVED, False) and chosen == "breast":
        st.session_state["level"] = "image"
