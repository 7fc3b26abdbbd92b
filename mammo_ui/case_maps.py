"""The Case page's maps: quick ones at once, dear ones on a click, each with what is known of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_ui import dear_work, frame, map_tasks, routes
from mammo_ui.explanation_choice import is_quick
from mammo_ui.map_numbers import MapPicture
from mammo_ui.overlay_store import DrawnExplanation, Subject, read_drawn
from mammo_ui.viewer import Panel, show_viewer
from mammo_ui.waiting import wait_for
from mammo_ui.worker import WORKER

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

CONSTANT = "The map is constant: it says nothing."
COMPLETENESS = (
    "This method promises that its map adds up to what the image adds to the score. The gap is the "
    "share that the sum misses: 0 % keeps the promise, a large gap means that the map tells only "
    "part of the story."
)
Drawn = Mapping[str, DrawnExplanation | None]


def show_explanations(subject: Subject, methods: Sequence[str]) -> None:
    """What is still to be asked for, and the image beside its maps."""
    drawn = {name: read_drawn(subject, name) for name in methods}
    missing = [name for name, facts in drawn.items() if facts is None]
    key = f"maps/{subject.names()}"
    if not dear_work.show(key):
        _offer(subject, [name for name in missing if not is_quick(name)], key)
    _show_maps(subject, drawn)
    quick = [name for name in missing if is_quick(name)]
    if quick:
        frame.show_errors_of(_draw_quick, subject, quick)
        if any(read_drawn(subject, name) for name in quick):
            st.rerun()


def _draw_quick(subject: Subject, methods: list[str]) -> None:
    with dear_work.put_aside(), st.spinner("Computing the maps"):
        doing = f"explaining {subject.image_id}"
        wait_for(WORKER.run, doing, map_tasks.draw_maps, subject.names(), methods)


def _offer(subject: Subject, dear: list[str], key: str) -> None:
    """The button that begins what takes long."""
    if not dear:
        return
    titles = ", ".join(METHODS[name].title for name in dear)
    passes = sum(METHODS[name].cost for name in dear)
    if st.button(f"Compute {titles}: about {passes:,} forward passes", key="compute"):
        doing = f"Computing {titles}"
        dear_work.begin(key, doing, map_tasks.draw_maps, subject.names(), dear)
        st.rerun()


def _show_maps(subject: Subject, drawn: Drawn) -> None:
    dataset, image_id = subject.dataset, subject.image_id
    base = routes.image_address(dataset, image_id)
    panels = [Panel("Original", base, alt=f"Mammogram {image_id}")]
    panels += [_build_panel(subject, name, facts) for name, facts in drawn.items()]
    outline = routes.outline_address(dataset, image_id) if dataset.mask_of(image_id) else None
    show_viewer(panels, aspect=_aspect(dataset, image_id), outline=outline, key="viewer")


def _aspect(dataset: "Dataset", image_id: str) -> float:
    image = dataset.index.set_index("image_id").loc[image_id]
    return float(image["columns"] / image["rows"])


def _build_panel(subject: Subject, name: str, facts: DrawnExplanation | None) -> Panel:
    base, title = routes.image_address(subject.dataset, subject.image_id), METHODS[name].title
    if facts is None:
        waits = is_quick(name)
        message = "" if waits else f"{METHODS[name].passes}: not computed yet"
        alt = f"{title} is being computed" if waits else f"{title} was not computed"
        return Panel(title, base, alt=alt, is_waiting=waits, message=message)
    if facts.frame is None:
        why = facts.refusal or CONSTANT
        return Panel(title, base, message=why, alt=f"{title} has no map: {why}")
    address = routes.map_address(subject, name)
    return Panel(
        title,
        base,
        MapPicture(address, facts.frame),
        note=_write_note(facts),
        alt=f"{title} over mammogram {subject.image_id}",
        help="" if facts.completeness_gap is None else COMPLETENESS,
    )


def _write_note(facts: DrawnExplanation) -> str:
    note = f"for {facts.target}, {facts.seconds:.2f} s"
    if facts.completeness_gap is not None:
        blank = "\N{NO-BREAK SPACE}"
        note += f", completeness gap{blank}{100 * facts.completeness_gap:.0f}{blank}%"
    return f"{note}. {facts.note}" if facts.note else note
