"""Our maps beside those of tf-keras-vis, so that figures made with it can be judged."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_ui import charts, dear_work, frame, routes
from mammo_ui.case_maps import CONSTANT, aspect_of
from mammo_ui.cross_check_store import CrossCheck, read_cross_check
from mammo_ui.cross_check_tasks import cross_check
from mammo_ui.map_numbers import MapFrame, MapPicture
from mammo_ui.overlay_store import Subject, read_drawn
from mammo_ui.viewer import Panel, show_viewer

LIBRARY = "tf-keras-vis"
ABOUT = (
    f"{LIBRARY} is the library that many theses took their heat maps from. It draws the same image "
    "for the same class, as it comes; where the two differ, the last column says why."
)
READING = (
    "Rank correlation over the pixels of the model's input, signs left out because the library "
    "has none: 1 means that both put the places of this image in the same order."
)


def show_cross_check(subject: Subject) -> None:
    """The library's maps of this case beside ours, once they were asked for."""
    from mammo_core.library_maps import LIBRARY_METHODS

    st.markdown(f"**The same by {LIBRARY}**")
    asked = replace(subject, settings=())  # both by their own defaults
    key = f"cross_check/{asked.names()}"
    is_running = dear_work.show(key)
    checks = [read_cross_check(asked, name) for name in LIBRARY_METHODS]
    found = [one for one in checks if one is not None]
    if len(found) < len(LIBRARY_METHODS) and not is_running:
        _offer(asked, list(LIBRARY_METHODS), key)
    if found:
        _show_found(asked, found)


def _offer(subject: Subject, methods: Sequence[str], key: str) -> None:
    st.caption(ABOUT)
    if st.button(f"Draw {len(methods)} maps by {LIBRARY}, too", key="cross_check"):
        doing = f"Cross-checking {subject.image_id}"
        dear_work.begin(key, doing, cross_check, subject.names(), methods)
        st.rerun()


def _show_found(subject: Subject, found: Sequence[CrossCheck]) -> None:
    made = [one for one in found if not one.refusal]
    for reason in dict.fromkeys(one.refusal for one in found if one.refusal):
        st.info(
            frame.plain(f"{LIBRARY} draws no map of this model: {reason}. Ours do not need it.")
        )
    if not made:
        return
    _tell(made)
    st.table([_row(one) for one in made], hide_index=True, border="horizontal")
    st.caption(READING)
    charts.offer_data([_row(one) for one in made], "cross_check")
    titles = {one.method: METHODS[one.method].title for one in made}
    method = st.pills(
        "Side by side", list(titles), default=next(iter(titles)), required=True,
        format_func=titles.get, key="cross_checked",
    )  # fmt: skip
    _show_pair(subject, next(one for one in made if one.method == method))


def _tell(made: Sequence[CrossCheck]) -> None:
    """Which method agrees most with the library's, and which least."""
    known = [(one.rank_correlation, one.method) for one in made if one.rank_correlation is not None]
    if not known:
        return
    (low, least), (high, most) = min(known), max(known)
    words = f"{METHODS[most].title} agrees most with the library's ({high:.2f})"
    if len(known) > 1:
        words += f", {METHODS[least].title} least ({low:.2f})"
    st.markdown(frame.plain(f"{words}."))


def _row(one: CrossCheck) -> dict[str, str | float | None]:
    known = one.rank_correlation is not None
    return {
        "method": METHODS[one.method].title,
        "rank correlation": f"{one.rank_correlation:z.3f}" if known else frame.DASH,
        "known difference of the library": one.note,
    }


def _show_pair(subject: Subject, one: CrossCheck) -> None:
    """The image, our map and the library's, moved in step."""
    ours, title = read_drawn(subject, one.method), METHODS[one.method].title
    base = routes.image_address(subject.dataset, subject.image_id)
    original = Panel("Original", base, alt=f"Mammogram {subject.image_id}")
    our_map, their_map = (
        _lay_over(original, f"{title}, {whose}", drawn, address(subject, one.method))
        for whose, drawn, address in (
            ("ours", ours.frame if ours else None, routes.map_address),
            (LIBRARY, one.frame, routes.library_address),
        )
    )
    panels = [original, our_map, replace(their_map, note=one.note)]
    aspect = aspect_of(subject.dataset, subject.image_id)
    show_viewer(panels, aspect=aspect, key="cross_check_viewer")


def _lay_over(original: Panel, title: str, drawn: MapFrame | None, address: str) -> Panel:
    """The original with a map over it, or with the word that there is nothing to see."""
    panel = replace(original, title=title, alt=f"{title}, over {original.alt}")
    if drawn is None:
        return replace(panel, message=CONSTANT)
    return replace(panel, map=MapPicture(address, drawn))
