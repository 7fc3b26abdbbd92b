"""The settings of the chosen methods, each asked for as its type allows."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.attribution.method_settings import configure, parse_method_settings
from mammo_core.attribution.setting_fields import SettingField, list_settings
from mammo_core.config import to_text
from mammo_core.errors import BadConfiguration
from mammo_ui import case_view, frame

POPOVER = "settings"
REFUSED = "setting_refused"
DIGITS = "%.4g"


def choose_settings(methods: Sequence[str], words: Sequence[str]) -> None:
    """Ask for the settings of these methods.

    Args:
        methods: Keys of `METHODS`.
        words: What is set by now, as `parse_method_settings` reads it.
    """
    able = [name for name in methods if list_settings(METHODS[name])]
    popover = st.popover("Settings", disabled=not able, key=POPOVER, on_change="rerun")
    if not popover.open:  # what is not on the screen would not hear of another address
        return
    with popover:
        if REFUSED in st.session_state:
            st.error(frame.plain(st.session_state.pop(REFUSED)))
        for name in able:
            _ask_all(name, words, methods)
        st.caption("Each method's own unless changed. What is changed stands in the address.")
        if words:
            st.button("The methods' own", on_click=partial(case_view.write, case_view.SETTING, ()))


def _ask_all(method: str, words: Sequence[str], methods: Sequence[str]) -> None:
    made = configure(METHODS[method], method, parse_method_settings(words))
    st.markdown(f"**{METHODS[method].title}**")
    with st.container(horizontal=True, gap="small"):
        for field in list_settings(METHODS[method]):
            key = f"setting/{method}.{field.name}"
            st.session_state[key] = _as_shown(field, getattr(made, field.name))
            change = partial(_write, f"{method}.{field.name}", key, words, methods)
            _ask(field, {"key": key, "on_change": change, "width": 150})


def _ask(field: SettingField, how: dict[str, Any]) -> None:
    """The widget that its type asks for."""
    label, how = field.name.replace("_", " ").capitalize(), how | {"help": field.about or None}
    if field.words:
        own = () if field.kind is str else (to_text(field.default),)
        is_open = field.kind is not str
        st.selectbox(label, [*own, *field.words], accept_new_options=is_open, **how)
    elif field.kind is bool:
        st.toggle(label, **how)
    elif field.kind is int:
        st.number_input(label, step=1, **how)
    else:
        st.number_input(label, step=abs(field.default) / 10 or 0.1, format=DIGITS, **how)


def _as_shown(field: SettingField, value: Any) -> Any:
    return to_text(value) if field.words else value


def _write(name: str, key: str, words: Sequence[str], methods: Sequence[str]) -> None:
    """Put a setting into the address; what the method cannot have is told and not taken."""
    word = f"{name}={to_text(st.session_state[key])}"
    try:
        case_view.write(case_view.SETTING, case_view.set_settings([*words, word], methods))
    except BadConfiguration as error:
        st.session_state[REFUSED] = str(error)
