"""What the user decides about the images that the gate set apart."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.wording import count, shorten_reason
from mammo_ui import frame, routes
from mammo_ui.apart import ASKED, STATES, ApartImage, count_undecided, list_apart
from mammo_ui.gallery import Line, Tile, show_gallery

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

AT_ONCE = 24
ALL = "all"
PICKED, DECIDED = "apart_image", "apart_decided"


def show_apart(dataset: "Dataset") -> None:
    """The images set apart by their reason, with the buttons that decide about them."""
    apart = list_apart(dataset)
    if not apart:
        return
    _confirm(dataset)
    st.markdown(
        f"**{count(count_undecided(dataset), 'image')} to decide about**, "
        f"{len(apart)} set apart by the gate",
        help="The gate asks about some and refuses others for their pixels. Until you decide they "
        "are in no split. What you decide is kept when the files are indexed again.",
    )
    chosen = _choose_reason(apart)
    if not chosen:
        st.caption("Pick a reason to see its images and to decide about them.")
        return
    _show_buttons(dataset, chosen, ALL)
    tiles = [_build_tile(dataset, one) for one in chosen[:AT_ONCE]]
    picked = show_gallery(tiles, key="apart", width=130)
    if len(chosen) > AT_ONCE:
        st.caption(f"The first {AT_ONCE} of {len(chosen)}; the buttons decide about all of them.")
    if picked:
        st.session_state[PICKED] = picked
    _show_picked(dataset, {one.image_id: one for one in chosen})


def _choose_reason(apart: Sequence[ApartImage]) -> list[ApartImage]:
    """The images of the reason that is picked in a table; without one those to decide about."""
    groups: dict[str, list[ApartImage]] = {}
    for one in apart:
        groups.setdefault(shorten_reason(one.reason), []).append(one)
    event = st.dataframe(
        [_count_states(reason, group) for reason, group in groups.items()],
        hide_index=True,
        key="apart_reasons",
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * len(groups), 215),
    )
    places = [place for place in event["selection"]["rows"] if place < len(groups)]
    if places:
        return list(groups.values())[places[0]]
    return [one for one in apart if one.verdict == ASKED and one.decision is None]


def _count_states(reason: str, group: Sequence[ApartImage]) -> dict[str, object]:
    counts = Counter(one.state for one in group)
    return {**{state: counts[state] for state in STATES.values()}, "reason": reason}


def _show_buttons(dataset: "Dataset", chosen: list[ApartImage], which: str) -> None:
    """Use and leave out, for images of one reason or for a single one."""
    to_take = [one.image_id for one in chosen if one.can_be_taken and one.decision != "take"]
    to_leave = [one.image_id for one in chosen if one.decision != "leave"]
    with st.container(horizontal=True):
        if st.button(f"Use {_count(to_take, which)}", disabled=not to_take, key=f"take_{which}"):
            frame.show_errors_of(_decide, dataset, to_take, True)
        label = f"Leave out {_count(to_leave, which)}"
        if st.button(label, disabled=not to_leave, key=f"leave_{which}"):
            frame.show_errors_of(_decide, dataset, to_leave, False)


def _count(image_ids: list[str], which: str) -> str:
    return f"all {len(image_ids)}" if which == ALL else which


def _decide(dataset: "Dataset", image_ids: list[str], take: bool) -> None:
    """Decide, and remember what was decided before, so that it can be taken back."""
    from mammo_core.datasets.set_aside import decide

    earlier = {one.image_id: one.decision for one in list_apart(dataset)}
    decide(dataset, image_ids, take=take)
    done = "now used" if take else "left out"
    told = f"{count(len(image_ids), 'image')} {done}."
    st.session_state[DECIDED] = (dataset.path, told, {one: earlier[one] for one in image_ids})
    st.rerun()


def _confirm(dataset: "Dataset") -> None:
    """What was decided last, with the way back."""
    path, told, earlier = st.session_state.get(DECIDED, (None, "", {}))
    if path != dataset.path:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":green[✓] {told}", width="content")
        if st.button("Take it back"):
            frame.show_errors_of(_take_back, dataset, earlier)


def _take_back(dataset: "Dataset", earlier: dict[str, str | None]) -> None:
    from mammo_core.datasets.set_aside import restore_decisions

    st.session_state.pop(DECIDED)
    restore_decisions(dataset, earlier)
    st.rerun()


def _build_tile(dataset: "Dataset", one: ApartImage) -> Tile:
    address = routes.apart_address(dataset, one.image_id, "thumbnail")
    return Tile(
        id=one.image_id,
        source=address,
        href=address,
        alt=f"{one.image_id}: {one.reason}",
        lines=(Line(one.image_id, strong=True), Line(one.state), Line(shorten_reason(one.reason))),
        current=st.session_state.get(PICKED) == one.image_id,
    )


def _show_picked(dataset: "Dataset", chosen: dict[str, ApartImage]) -> None:
    """The image that was picked, large, with its own two buttons."""
    one = chosen.get(st.session_state.get(PICKED, ""))
    if one is None:
        st.caption("Click an image to see it larger and to decide about it alone.")
        return
    st.markdown(f"**{frame.plain(one.image_id)}**: {frame.plain(one.reason)}")
    _show_buttons(dataset, [one], "it")
    address = routes.apart_address(dataset, one.image_id, "large")
    with st.columns([1, 1.5])[0]:
        tile = Tile(one.image_id, address, address, f"{one.image_id}, set apart by the gate")
        show_gallery([tile], key="apart_large", columns=1)
