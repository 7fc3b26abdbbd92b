"""The Case page's maps: quick ones at once, dear ones on a click, each with what is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.targets import read_target
from mammo_core.types import Contrast
from mammo_ui import case_badges, dear_work, frame, map_tasks, routes, state
from mammo_ui.evidence_chips import build_chips, is_measured
from mammo_ui.explanation_choice import is_quick
from mammo_ui.map_numbers import MapPicture
from mammo_ui.overlay_store import (
    DrawnExplanation,
    Subject,
    list_controls,
    read_drawn,
    read_unfit,
    settings_of,
)
from mammo_ui.viewer import Panel, show_viewer
from mammo_ui.waiting import is_done_within, start, wait_on
from mammo_ui.worker import WORKER

if TYPE_CHECKING:
    from concurrent.futures import Future

    from mammo_core.audit.badges import Badge
    from mammo_core.datasets import Dataset
    from mammo_core.model_store import StoredModel

PATIENCE_S = 0.5
"""So long nothing is shown yet: the maps of a warm worker come sooner, and the page once."""
MOST_TITLES = 3
"""So many methods are named on the button that computes them."""
CONSTANT = "The map is constant: it says nothing."
COMPLETENESS = (
    "This method promises that its map adds up to what the image adds to the score. The gap is the "
    "share that the sum misses: 0 % keeps the promise, a large gap means that the map tells only "
    "part of the story."
)
Drawn = Mapping[str, DrawnExplanation | None]


def show_explanations(
    subject: Subject, methods: Sequence[str], badges: "Mapping[str, Badge]", predicted: str
) -> None:
    """The image beside its maps with their evidence, and what is still to be asked for."""
    future = _start_quick(subject, [name for name in methods if is_quick(name)])
    is_drawn = future is None or is_done_within(PATIENCE_S, future)
    key = f"maps/{subject.names()}"
    is_running = dear_work.show(key)
    unfit = read_unfit(subject.model)
    drawn = {name: _read_answer(subject, name, unfit) for name in methods}
    dear = [name for name, facts in drawn.items() if facts is None and not is_quick(name)]
    if is_running:
        st.fragment(_show_finished, run_every=dear_work.EACH_S)(subject, dear)
    else:
        _offer_maps(subject, dear, key)
    _show_maps(subject, drawn, badges, predicted)
    key = f"evidence/{subject.names()}"
    if not dear_work.show(key):
        _offer_evidence(subject, drawn, key)
    _tell_audit(subject.model, badges)
    if future is not None:
        frame.show_errors_of(_finish, future, is_drawn)


def _read_answer(subject: Subject, name: str, unfit: Mapping[str, str]) -> DrawnExplanation | None:
    """What was drawn; a method that cannot explain the network has refused every image."""
    drawn = read_drawn(subject, name)
    if drawn is None and name in unfit:
        return DrawnExplanation(name, subject.target, refusal=unfit[name])
    return drawn


def _start_quick(subject: Subject, methods: list[str]) -> "Future[None] | None":
    """Let the worker draw those that were not drawn yet; None where all were."""
    missing = [name for name in methods if read_drawn(subject, name) is None]
    return start(_draw_quick, subject, missing) if missing else None


def _draw_quick(subject: Subject, methods: list[str]) -> None:
    with dear_work.put_aside():
        doing = f"explaining {subject.image_id}"
        WORKER.run(doing, map_tasks.draw_maps, subject.names(), methods)


def _finish(future: "Future[None]", is_shown: bool) -> None:
    """Wait for maps that took longer, and show them; tell what went wrong."""
    if is_shown:
        return future.result()
    with st.spinner("Computing the maps"):
        wait_on(future)
    st.rerun()


def _show_finished(subject: Subject, missing: Sequence[str]) -> None:
    """Draw the page anew once one of these maps is there, while others are still computed."""
    if any(read_drawn(subject, name) for name in missing):
        st.rerun()


def _offer_maps(subject: Subject, dear: list[str], key: str) -> None:
    """The button that begins methods of many passes."""
    if not dear:
        return
    titles = _name(dear)
    if st.button(f"Compute {titles}: {_tell_cost(subject, dear)}", key="compute"):
        doing = f"Computing {titles}"
        dear_work.begin(key, doing, map_tasks.draw_maps, subject.names(), dear)
        st.rerun()


def _name(methods: Sequence[str]) -> str:
    titles = ", ".join(METHODS[name].title for name in methods)
    return titles if len(methods) <= MOST_TITLES else f"{len(methods)} methods"


def _tell_cost(subject: Subject, dear: Sequence[str]) -> str:
    """How often the model is asked; not known of other settings than the methods' own."""
    if any(settings_of(subject, name) for name in dear):
        return "cost by your settings"
    return f"about {sum(METHODS[name].cost for name in dear):,} forward passes"


def _offer_evidence(subject: Subject, drawn: Drawn, key: str) -> None:
    """The button that begins the measures of many passes."""
    unmeasured = [
        name
        for name, facts in drawn.items()
        if facts and facts.frame and not is_measured(facts.evidence)
    ]
    if not unmeasured:
        return
    passes = _count_passes(tuple(unmeasured))
    measures = f"faithfulness, class sensitivity, stability of {_name(unmeasured)}"
    label = f"Measure {measures}: about {passes:,} forward passes"
    if st.button(label, key="measure"):
        doing = f"Measuring the maps of {subject.image_id}"
        dear_work.begin(key, doing, map_tasks.measure_maps, subject.names(), unmeasured)
        st.rerun()


@cache
def _count_passes(names: tuple[str, ...]) -> int:
    """Of measuring these methods and the controls beside them."""
    from mammo_core.case_evidence import ON_DEMAND, count_passes

    methods = {name: METHODS[name]() for name in (*names, *list_controls())}
    return count_passes(methods, ON_DEMAND)


def _show_maps(
    subject: Subject, drawn: Drawn, badges: "Mapping[str, Badge]", predicted: str
) -> None:
    dataset, image_id = subject.dataset, subject.image_id
    base = routes.image_address(dataset, image_id)
    panels = [Panel("Original", base, alt=f"Mammogram {image_id}")]
    for name, facts in drawn.items():
        badge = case_badges.choose_badge(subject, name, badges, predicted)
        panels.append(replace(_build_panel(subject, name, facts), badge=badge))
    outline = routes.outline_address(dataset, image_id) if dataset.mask_of(image_id) else None
    show_viewer(panels, aspect=aspect_of(dataset, image_id), outline=outline, key="viewer")
    told = case_badges.tell_disagreements(subject, drawn, badges)
    if told:
        st.markdown(case_badges.write_lines(told))


def aspect_of(dataset: "Dataset", image_id: str) -> float:
    """Width of an image divided by its height."""
    image = dataset.index.loc[dataset.index["image_id"] == image_id].iloc[0]
    return float(image["columns"] / image["rows"])


def _build_panel(subject: Subject, name: str, facts: DrawnExplanation | None) -> Panel:
    base, title = routes.image_address(subject.dataset, subject.image_id), METHODS[name].title
    if facts is None:
        waits = is_quick(name)
        message = "" if waits else f"not computed yet: {_tell_cost(subject, [name])}"
        alt = f"{title} is being computed" if waits else f"{title} was not computed"
        return Panel(title, base, alt=alt, is_waiting=waits, message=message)
    if facts.frame is None:
        why = _tell_refusal(subject, facts) or CONSTANT
        return Panel(title, base, message=why, alt=f"{title} has no map: {why}")
    address = routes.map_address(subject, name)
    return Panel(
        title,
        base,
        MapPicture(address, facts.frame),
        note=_write_note(facts, settings_of(subject, name)),
        alt=f"{title} over mammogram {subject.image_id}",
        help="" if facts.completeness_gap is None else COMPLETENESS,
        chips=build_chips(facts.evidence, is_contrast=_is_contrast(subject)),
    )


def _tell_refusal(subject: Subject, facts: DrawnExplanation) -> str:
    is_of_network = facts.refusal and facts.method in read_unfit(subject.model)
    return f"cannot explain this network: {facts.refusal}" if is_of_network else facts.refusal


def _is_contrast(subject: Subject) -> bool:
    return isinstance(read_target(subject.target, subject.model.classes), Contrast)


def _write_note(facts: DrawnExplanation, settings: Sequence[str]) -> str:
    changed = [word.partition(".")[2].replace("=", " ") for word in settings]
    note = ", ".join([f"for {facts.target}", *changed, f"{facts.seconds:.2f} s"])
    if facts.completeness_gap is not None:
        blank = "\N{NO-BREAK SPACE}"
        note += f", completeness gap{blank}{100 * facts.completeness_gap:.0f}{blank}%"
    return f"{note}. {facts.note}" if facts.note else note


def _tell_audit(model: "StoredModel", badges: "Mapping[str, Badge]") -> None:
    """Where the verdicts beside the titles come from, or that there are none yet."""
    if badges:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f"The methods were not audited yet on {frame.plain(model.id)}: below each map is "
            "evidence for this case alone.",
            width="content",
        )
        if st.button("Audit this model", type="tertiary", key="to_audit"):
            state.open_page("audit")
