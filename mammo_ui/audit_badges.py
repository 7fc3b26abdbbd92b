"""What the last audit of a model says of the methods on the screen."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.audit.badges import Badge, read_badges
from mammo_core.wording import count
from mammo_ui import frame
from mammo_ui.audit_results import COLORS, MARKS

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

NOTHING = "Which of these methods to believe for this model was not audited; the page Audit does."


def show_badges(model: "StoredModel", methods: Iterable[str]) -> None:
    """A badge a method that the audit judged; a sentence where there is no audit."""
    badges = read_badges(model)
    if not badges:
        st.caption(NOTHING)
        return
    with st.container(horizontal=True, gap="small"):
        for name in methods:
            if name in badges:
                _show(badges[name])
    st.caption(f"Methods as audited on {tell_images(next(iter(badges.values())))}.")


def _show(badge: Badge) -> None:
    title = METHODS[badge.method].title
    st.badge(
        f"{MARKS[badge.level]} {title}: {frame.plain(badge.words)}",
        color=COLORS[badge.level],
        help=f"Measured on {tell_images(badge)}, whatever this image shows.",
    )


def tell_images(badge: Badge) -> str:
    """On how many images of which data the audit measured."""
    kind = "synthetic image" if badge.is_synthetic else "image"
    return f"{count(badge.n, kind)} of {frame.plain(badge.dataset)}"
