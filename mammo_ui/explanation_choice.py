"""What the Case page explains, and by which methods: the choices above the viewer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.attribution.base import QUICK
from mammo_ui import case_view, frame, setting_choice
from mammo_ui.audit_results import MARKS
from mammo_ui.overlay_store import read_layers, read_unfit

if TYPE_CHECKING:
    from mammo_core.audit.badges import Badge
    from mammo_core.model_store import StoredModel
    from mammo_ui.case_view import CaseView

GROUPS = {
    "quick": "**Quick**: computed at once, all from a pass or a few",
    "dear": "**Dear**: each asks the model many times, when you press Compute",
    "control": "**Controls**: know nothing of the model; a method must beat them to be believed",
}
POPOVER = "methods"
BADGED = (
    "● to be believed, ◐ with caution, ○ doubted: what the audit of this model says of a method, "
    "whatever this image shows. No mark: not judged."
)
LAYER_HELP = (
    "Which layer the class activation maps look into; of several, each map is averaged. Early "
    "layers show finer detail and less of what the decision is made of."
)
TARGET_HELP = (
    "Which class's score the maps explain; the predicted one unless changed. With 'vs' it is the "
    "difference of two: what speaks for the first rather than the second."
)


def is_quick(name: str) -> bool:
    """Whether a method runs without being asked."""
    return METHODS[name].cost <= QUICK


def group_of(name: str) -> str:
    """The key of a method's group in `GROUPS`."""
    if METHODS[name].is_control:
        return "control"
    return "quick" if is_quick(name) else "dear"


def choose_view(
    model: "StoredModel", case: Mapping[str, Any], badges: "Mapping[str, Badge]"
) -> "CaseView":
    """Draw the choices above the viewer as the address has them; who chooses changes the address.

    Args:
        model: The model that is explained.
        case: The row of the image.
        badges: The audit's verdict of each method, where there is one.
    """
    view = case_view.read_view(model, case["predicted"])
    methods = [name for group in GROUPS for name in view.methods if group_of(name) == group]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="view"):
        _choose_methods(methods, badges, read_unfit(model))
        setting_choice.choose_settings(methods, view.settings)
        _choose_target(view.target, case["predicted"], model.classes)
        if any(METHODS[name].access == "layer" for name in methods):
            _choose_layers(view.layers, read_layers(model))
    return replace(view, methods=tuple(methods))


def _choose_methods(
    methods: Sequence[str], badges: "Mapping[str, Badge]", unfit: Mapping[str, str]
) -> None:
    popover = st.popover("Methods", key=POPOVER, on_change="rerun")
    if popover.open:  # what is not on the screen would not hear of another address
        with popover:
            for group in GROUPS:
                _choose_of(group, methods, badges, unfit)
            for reason in unfit.values():
                st.caption(f"Cannot explain this network: {frame.plain(reason)}")
            _tell_badges(methods, badges)


def _choose_of(
    group: str, methods: Sequence[str], badges: "Mapping[str, Badge]", unfit: Mapping[str, str]
) -> None:
    key = _key(group)
    st.session_state[key] = [name for name in methods if group_of(name) == group]
    st.pills(
        GROUPS[group],
        [name for name in METHODS if group_of(name) == group],
        selection_mode="multi",
        format_func=lambda name: _label(name, badges, name in unfit),
        key=key,
        on_change=_write_methods,
        wrap=True,
    )


def _key(group: str) -> str:
    return f"methods_{group}"


def _write_methods() -> None:
    case_view.write_methods([name for group in GROUPS for name in st.session_state[_key(group)]])


def _label(name: str, badges: "Mapping[str, Badge]", is_unfit: bool) -> str:
    mark = f"{MARKS[badges[name].level]} " if name in badges else ""
    cost = f", {METHODS[name].cost} passes" if group_of(name) == "dear" else ""
    cost = ", cannot explain this network" if is_unfit else cost
    return f"{mark}{METHODS[name].title}{cost}"


def _tell_badges(methods: Sequence[str], badges: "Mapping[str, Badge]") -> None:
    """What the audit says of the chosen ones."""
    if not badges:
        return
    told = [
        f"{MARKS[badges[name].level]} {METHODS[name].title}: {frame.plain(badges[name].words)}"
        for name in methods
        if name in badges
    ]
    st.caption(f"{BADGED}\n\n" + "  \n".join(told))


def _choose_target(target: str, predicted: str, classes: Sequence[str]) -> None:
    st.session_state["target"] = target
    st.selectbox(
        "Evidence for the class",
        case_view.list_targets(classes),
        key="target",
        help=TARGET_HELP,
        on_change=partial(_write_target, predicted),
        width=230,
    )


def _write_target(predicted: str) -> None:
    target = st.session_state["target"]
    case_view.write(case_view.TARGET, () if target == predicted else (target,))


def _choose_layers(layers: Sequence[str], known: Sequence[str]) -> None:
    """Not asked for where the model was never loaded."""
    if not known:
        return
    st.session_state["layers"] = list(layers)
    st.multiselect(
        "Layer",
        known,
        placeholder="the model's last",
        help=LAYER_HELP,
        key="layers",
        on_change=_write_layers,
        width=230,
    )


def _write_layers() -> None:
    case_view.write(case_view.LAYER, st.session_state["layers"])
