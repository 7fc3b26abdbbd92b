"""What the Case page explains, and by which methods: the choices above the viewer."""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.attribution.base import QUICK
from mammo_core.targets import VERSUS
from mammo_ui.audit_results import MARKS
from mammo_ui.model_tasks import USUAL_METHODS
from mammo_ui.overlay_store import read_layers
from mammo_ui.viewer import Chip

if TYPE_CHECKING:
    from mammo_core.audit.badges import Badge
    from mammo_core.model_store import StoredModel

TARGET = "class"
"""The parameter of the address that names the explained class."""
HELP = (
    "Without a number: quick, runs by itself. With one: about so many forward passes, runs when "
    "you press Compute. ● ◐ ○: what the last audit of this model says, to be believed, with "
    "caution, or not."
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


def choose_methods(badges: "Mapping[str, Badge]") -> list[str]:
    """The methods whose maps are shown, quick ones offered first and controls last."""
    return st.multiselect(
        "Explanations",
        sorted(METHODS, key=lambda name: (METHODS[name].is_control, not is_quick(name))),
        USUAL_METHODS,
        format_func=lambda name: _label(name, badges),
        help=HELP,
        key="methods",
        persist_state="session",
    )


def write_badge(badge: "Badge") -> Chip:
    """The audit's verdict as it stands beside a method's title."""
    synthetic = " synthetic" if badge.is_synthetic else ""
    where = f"by an audit of {badge.n}{synthetic} images of {badge.dataset}"
    return Chip(f"{MARKS[badge.level]} {badge.level}", badge.level, f"{badge.words} ({where})")


def _label(name: str, badges: "Mapping[str, Badge]") -> str:
    method = METHODS[name]
    mark = f"{MARKS[badges[name].level]} " if name in badges else ""
    kind = ", control" if method.is_control else "" if is_quick(name) else f", {method.cost} passes"
    return f"{mark}{method.title}{kind}"


def choose_target(image_id: str, predicted: str, classes: Sequence[str]) -> str:
    """The class, or the difference of two, that is explained; the address may name it."""
    key = f"target_{image_id}"
    asked = st.query_params.get(TARGET)
    options = list_targets(classes)
    st.session_state[key] = asked if asked in options else predicted
    return st.selectbox(
        "Evidence for the class",
        options,
        key=key,
        help=TARGET_HELP,
        on_change=lambda: _write_target(st.session_state[key], predicted),
    )


def list_targets(classes: Sequence[str]) -> list[str]:
    """Each class, then each difference of two."""
    return [*classes, *(f"{of}{VERSUS}{against}" for of, against in permutations(classes, 2))]


def _write_target(target: str, predicted: str) -> None:
    if target != predicted:
        st.query_params[TARGET] = target
    elif TARGET in st.query_params:
        del st.query_params[TARGET]


def choose_layers(model: "StoredModel", methods: Sequence[str]) -> tuple[str, ...]:
    """The layers that class activation maps look into; none is the model's default.

    Not asked for where no chosen method looks into one, or the model was never loaded.
    """
    layers = read_layers(model)
    if not layers or not any(METHODS[name].access == "layer" for name in methods):
        return ()
    return tuple(
        st.multiselect(
            "Layer",
            layers,
            placeholder="the model's last",
            help=LAYER_HELP,
            key=f"layers_{model.id}",
            persist_state="session",
        )
    )
