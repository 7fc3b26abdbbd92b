"""What the Case page's address says of the maps: methods, their settings, class and layers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.attribution.method_settings import configure, parse_method_settings
from mammo_core.attribution.setting_fields import list_settings
from mammo_core.config import to_text
from mammo_core.errors import BadConfiguration
from mammo_core.targets import VERSUS
from mammo_core.wording import tell_nearest
from mammo_ui import frame
from mammo_ui.model_tasks import USUAL_METHODS
from mammo_ui.overlay_store import read_layers

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

METHOD, SETTING, TARGET, LAYER, TAB = "method", "setting", "class", "layer", "tab"
"""The parameters; each that is missing stands for what is usual."""
TABS = ("Explanations", "Erase", "Agreement", "Similar", "Preprocessing", "Export")
TAB_KEY, TAB_SEEN = "case_tab", "case_tab_of_address"
NO_METHOD = "none"
REMEMBERED = "case_view"
OF_IMAGE = (TARGET, TAB)
"""What goes on to the next image, but not to one that is opened from another page."""


@dataclass(frozen=True)
class CaseView:
    """What is shown of a case.

    Attributes:
        methods: Keys of `METHODS`, in the order of the panels.
        settings: Other ones than the methods' own, as `parse_method_settings` reads them.
        target: A class, or two as `read_target` reads them.
        layers: Paths of those that class activation maps look into; none is the model's default.
    """

    methods: tuple[str, ...]
    settings: tuple[str, ...]
    target: str
    layers: tuple[str, ...]


def read_view(model: "StoredModel", predicted: str) -> CaseView:
    """What the address asks for; what it asks for in vain is told.

    Args:
        model: Whose classes and layers can be asked for.
        predicted: The class that is explained unless another is asked for.
    """
    told: list[str] = []
    methods = _read_methods(told)
    view = CaseView(
        methods=tuple(methods),
        settings=tuple(_read_settings(methods, told)),
        target=_read_target(model, told) or predicted,
        layers=tuple(_read_layers(model, told)),
    )
    _keep_known("tab", st.query_params.get_all(TAB)[-1:], TABS, told)
    if told:
        st.warning(frame.plain(f"Left out of what the address asks for: {'; '.join(told)}."))
    return view


def list_targets(classes: Sequence[str]) -> list[str]:
    """Each class, then each difference of two."""
    return [*classes, *(f"{of}{VERSUS}{against}" for of, against in permutations(classes, 2))]


def query() -> dict[str, list[str]]:
    """The view as parameters of an address, so that another image is looked at alike."""
    named = (METHOD, SETTING, TARGET, LAYER, TAB)
    return {name: st.query_params.get_all(name) for name in named if name in st.query_params}


def remember(image_id: str) -> None:
    """Look at an image as at the last one, if it was opened from a page that knows of no view.

    Who goes back to an image has its own view again.
    """
    last_id, last = st.session_state.get(REMEMBERED, (image_id, {}))
    if last_id != image_id and not query():
        for name in last.keys() - OF_IMAGE:
            st.query_params[name] = last[name]
    st.session_state[REMEMBERED] = image_id, query()


def open_tab_of_address() -> None:
    """Open the tab that the address names once it names another one than before."""
    asked = st.query_params.get(TAB, TABS[0])
    if asked != st.session_state.get(TAB_SEEN, TABS[0]):
        st.session_state[TAB_KEY] = asked if asked in TABS else TABS[0]
    st.session_state[TAB_SEEN] = asked


def write_tab() -> None:
    """Put the open tab into the address; only from its callback."""
    tab = st.session_state[TAB_KEY]
    st.session_state[TAB_SEEN] = tab
    write(TAB, () if tab == TABS[0] else (tab,))


def write(name: str, values: Sequence[str]) -> None:
    """Put the values of a parameter into the address; none take it out."""
    if values:
        st.query_params[name] = list(values)
    elif name in st.query_params:
        del st.query_params[name]


def write_methods(methods: Sequence[str]) -> None:
    """Put the methods into the address, and leave out the settings of all others."""
    is_usual = tuple(methods) == USUAL_METHODS
    write(METHOD, () if is_usual else list(methods) or [NO_METHOD])
    settings = st.query_params.get_all(SETTING)
    write(SETTING, [word for word in settings if word.partition(".")[0] in methods])


def _read_methods(told: list[str]) -> list[str]:
    asked = list(dict.fromkeys(st.query_params.get_all(METHOD))) or list(USUAL_METHODS)
    known = _keep_known("method", [one for one in asked if one != NO_METHOD], METHODS, told)
    return known if known or NO_METHOD in asked else list(USUAL_METHODS)


def _read_target(model: "StoredModel", told: list[str]) -> str:
    asked = st.query_params.get_all(TARGET)[-1:]
    return "".join(_keep_known("class", asked, list_targets(model.classes), told))


def _read_layers(model: "StoredModel", told: list[str]) -> list[str]:
    """All that are named where it is not known yet which there are; the worker refuses them."""
    asked, known = list(dict.fromkeys(st.query_params.get_all(LAYER))), read_layers(model)
    return _keep_known("layer", asked, known, told) if known else asked


def _read_settings(methods: Sequence[str], told: list[str]) -> list[str]:
    kept: list[str] = []
    for word in st.query_params.get_all(SETTING):
        try:
            kept = set_settings([*kept, word], methods)
        except BadConfiguration as error:
            told.append(str(error))
    return kept


def set_settings(words: Iterable[str], methods: Sequence[str]) -> list[str]:
    """The same settings as each is written once, without those that are the methods' own.

    Raises:
        BadConfiguration: For a word of another form, another method's, or one that cannot be.
    """
    given = parse_method_settings(words)
    for method, values in given.items():
        if method not in methods:
            raise BadConfiguration(f"{method} is not among the methods that are shown")
        _refuse_elsewhere(method, values)
    return [word for method in methods for word in _list_changed(method, given)]


def _refuse_elsewhere(method: str, values: Iterable[str]) -> None:
    known = [one.name for one in list_settings(METHODS[method])]
    for name in values:
        if name not in known:
            told = f"known are {', '.join(known)}" if known else "it has none"
            raise BadConfiguration(f"{method} has no setting '{name}' here; {told}")


def _list_changed(method: str, given: dict[str, dict[str, Any]]) -> list[str]:
    made = configure(METHODS[method], method, given)
    return [
        f"{method}.{one.name}={to_text(getattr(made, one.name))}"
        for one in list_settings(METHODS[method])
        if getattr(made, one.name) != one.default
    ]


def _keep_known(
    kind: str, asked: Sequence[str], known: Iterable[str], told: list[str]
) -> list[str]:
    """Those of the asked ones that are known; of each other one a clause is added to `told`."""
    names = list(known)
    unknown = [one for one in asked if one not in names]
    told += [f"{kind} '{one}', which there is not{tell_nearest(one, names)}" for one in unknown]
    return [one for one in asked if one in names]
