"""What the user has chosen: the global choices in the sidebar, the selection in the address.

Both live in the URL, so that a pasted link opens the same view.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from mammo_core.image_sets import keep_set
from mammo_core.model_store import StoredModel
from mammo_core.reviews import REVIEW_STATUSES
from mammo_core.threshold_units import RULES
from mammo_core.wording import add_article
from mammo_ui import breast_level, library, own_test

NEXT_DATASET, NEXT_TAB, TAB = "next_dataset", "next_tab", "tab"
NEXT_CHOICES = "next_choices"
IMAGE = "image"
"""The address's image of the chosen dataset that is looked at."""
SPLITS = {"test": "test", "val": "validation", "train": "training", "all": "all"}
LEVELS = {"image": "image", "breast": "breast", "exam": "exam", "patient": "patient"}
FACETS = {
    "outcome": "Outcome at the threshold",
    "true": "Truth",
    "predicted": "Predicted class",
    "density": "Density",
    "laterality": "Side",
    "view": "View",
    "manufacturer": "Scanner",
    "lesion": "Lesion",
    "age": "Age",
    "birads": "BI-RADS",
    "tag": "Tag",
    "status": "Review",
    "note": "Note",
}
COLUMNS = {
    "pixel_spacing_mm": "Pixel spacing in mm",
    "rows": "Image height in pixels",
    "columns": "Image width in pixels",
    "source": "Source",
    "implant": "Implant",
    "acquisition": "Acquisition",
    "split": "Split",
}
"""What this program's own further columns are called."""
FURTHER = "in_"
"""How the address's parameters of a table's further columns begin."""
SORTS = {
    "loss": "Most wrong first",
    "uncertainty": "Most uncertain first",
    "score": "Highest score first",
    "disagreement": "Models most apart first",
    "explanations": "Explanations most apart first",
    "lesion_size": "Largest lesion first",
}


@dataclass(frozen=True)
class Choice:
    """The global choices.

    Attributes:
        model: None where there is no model yet.
        dataset: Its name, None where there is no dataset yet.
        split: A key of `SPLITS`.
        level: A key of `LEVELS`, the unit that numbers count.
        aggregation: A key of `RULES`, how images join to a larger unit; "mean" for images.
        threshold: The positive class's probability from which a case is called positive.
        not_found: What the address asked for and is not there, such as "model nope".
    """

    model: StoredModel | None
    dataset: str | None
    split: str
    level: str
    aggregation: str
    threshold: float
    not_found: tuple[str, ...] = ()


def open_tab_next(title: str) -> None:
    """Open that tab of the page when it is drawn next."""
    st.session_state[NEXT_TAB] = title


def open_tab_asked_for() -> None:
    """What `open_tab_next` asked for; to be called before the tabs are drawn."""
    if NEXT_TAB in st.session_state:
        st.session_state[TAB] = st.session_state.pop(NEXT_TAB)


def choose_dataset_next(name: str) -> None:
    """Choose that dataset when the page is drawn next; its widget cannot be changed once drawn."""
    st.session_state[NEXT_DATASET] = name


def choose_next(**values: str) -> None:
    """Make these global choices, by key, when the page is drawn next."""
    st.session_state[NEXT_CHOICES] = values


def choose() -> Choice:
    """Draw the global choices in the sidebar and return them."""
    for key, value in st.session_state.pop(NEXT_CHOICES, {}).items():
        st.session_state[key] = value
    if NEXT_DATASET in st.session_state:
        st.session_state["dataset"] = st.session_state.pop(NEXT_DATASET)
        _leave_image()
    models = {model.id: model for model in library.list_models()}
    datasets = library.dataset_names()
    not_found = _find_unknown(list(models), datasets)
    with st.sidebar:
        model = _choose_name("Model", "model", list(models), on_change=_take_models_threshold)
        dataset = _choose_name("Dataset", "dataset", datasets, on_change=_leave_image)
        own_test.settle_split(models.get(model or ""), dataset)
        breast_level.settle_level(models.get(model or ""))
        left, right = st.columns(2)
        split = left.selectbox(
            "Split", list(SPLITS), format_func=SPLITS.get, key="split", bind="query-params"
        )
        level = right.selectbox(
            "Level", list(LEVELS), format_func=LEVELS.get, key="level", bind="query-params",
            help="What one case is: an image, or all images of a breast, an exam or a patient.",
        )  # fmt: skip
        rule = _choose_rule(level)
        threshold = st.slider(
            "Threshold", 0.0, 1.0, models[model].threshold if model else 0.5, 0.01, key="threshold",
            bind="query-params", help="A case is called positive from this probability on.",
        )  # fmt: skip
    return Choice(models.get(model or ""), dataset, split, level, rule, threshold, not_found)


def _find_unknown(models: Iterable[str], datasets: Iterable[str]) -> tuple[str, ...]:
    """What the address asks for and is not there; the widgets drop it without a word."""
    known = {
        "model": models,
        "dataset": datasets,
        "split": SPLITS.values(),
        "level": LEVELS.values(),
        "rule": RULES.values(),
        "sort": SORTS,
    }
    asked = {name: st.query_params.get(name) for name in known}
    unknown = [name for name, value in asked.items() if value not in (None, *known[name])]
    asked["threshold"] = st.query_params.get("threshold")
    if not _is_threshold(asked["threshold"]):
        unknown.append("threshold")
    return tuple(f"{name} {asked[name]}" for name in unknown)


def _is_threshold(text: str | None) -> bool:
    """Whether it is a number that the slider takes, or nothing was asked for."""
    try:
        return text is None or 0 <= float(text) <= 1
    except ValueError:
        return False


def _choose_name(label: str, key: str, names: list[str], on_change: Any = "rerun") -> str | None:
    if not names:
        st.selectbox(label, ["none yet"], disabled=True, key=f"no_{key}")
        return None
    return st.selectbox(label, names, key=key, bind="query-params", on_change=on_change)


def _choose_rule(level: str) -> str:
    """How images join; asked only where several do."""
    if level == "image":
        return "mean"
    return st.selectbox(
        f"{add_article(LEVELS[level]).capitalize()}'s probability is its images'",
        list(RULES),
        format_func=RULES.get,
        key="rule",
        bind="query-params",
        help="The mean is calm, the maximum takes the most suspicious image, noisy-or takes images "
        "as independent witnesses, of whom one suffices. The label is always the worst one.",
    )


def _take_models_threshold() -> None:
    set_threshold(library.find_model(st.session_state["model"]).threshold)


def choose_model(name: str) -> None:
    """Let all pages speak of that model; only from a widget's callback."""
    st.session_state["model"] = name
    _take_models_threshold()


def _leave_image() -> None:
    """No other dataset has the image that is looked at."""
    if IMAGE in st.query_params:
        del st.query_params[IMAGE]


def set_threshold(value: float) -> None:
    """Move the global threshold; only from a widget's callback."""
    st.session_state["threshold"] = min(1.0, max(0.0, value))


@dataclass(frozen=True)
class Selection:
    """A set of images, told by its filters, and the order in which they are walked.

    Attributes:
        facets: The values kept of each facet; a facet that is absent keeps everything.
        sort: A key of `SORTS`.
        find: Part of an image id, empty for all.
        kept: The key of a set of images (`image_sets.keep_set`), empty for all.
        scores: (lowest, highest) score, both kept; None for all.
        other: The id of the model with which "disagreement" is sorted by, empty for none.
    """

    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "loss"
    find: str = ""
    kept: str = ""
    scores: tuple[float, float] | None = None
    other: str = ""

    def to_query(self) -> dict[str, Any]:
        """The selection as parameters of an address."""
        facets = {_parameter(name): list(values) for name, values in self.facets.items()}
        scores = f"{self.scores[0]:g}-{self.scores[1]:g}" if self.scores else ""
        sort = self.sort if self.sort != "loss" else ""
        texts = {
            "sort": sort, "find": self.find, "set": self.kept, "scores": scores, "other": self.other
        }  # fmt: skip
        return facets | {name: text for name, text in texts.items() if text}

    @property
    def key(self) -> tuple[Any, ...]:
        """The selection as a value that can be a key; the facets come first, by name."""
        facets = tuple((name, tuple(self.facets[name])) for name in sorted(self.facets))
        return facets, self.sort, self.find, self.kept, self.scores, self.other

    def without(self, facet: str) -> "Selection":
        """The selection with that filter removed."""
        left = {name: values for name, values in self.facets.items() if name != facet}
        return replace(self, facets=left)

    def only(self, facet: str, values: Iterable[str]) -> "Selection":
        """The selection with that filter set; no values remove it."""
        kept = tuple(values)
        left = self.without(facet)
        return replace(left, facets={**left.facets, facet: kept}) if kept else left


OF_SELECTION = ("sort", "find", "set", "scores", "other")


def read_selection() -> Selection:
    """The selection that the address names; what it does not know is left out."""
    facets = {
        name.removeprefix(FURTHER): tuple(st.query_params.get_all(name))
        for name in st.query_params
        if _is_facet(name)
    }
    sort = st.query_params.get("sort", "loss")
    return Selection(
        facets={name: values for name, values in facets.items() if values},
        sort=sort if sort in SORTS else "loss",
        find=st.query_params.get("find", ""),
        kept=st.query_params.get("set", ""),
        scores=_read_scores(st.query_params.get("scores", "")),
        other=st.query_params.get("other", ""),
    )


def write_selection(selection: Selection) -> None:
    """Put the selection into the address; only from a widget's callback."""
    query = selection.to_query()
    for name in [name for name in st.query_params if _is_facet(name) or name in OF_SELECTION]:
        if name not in query:
            del st.query_params[name]
    for name, value in query.items():
        st.query_params[name] = value


def facet_title(name: str) -> str:
    """What a facet is called: one of `FACETS` or `COLUMNS`, else the column's own name."""
    return FACETS.get(name) or COLUMNS.get(name, name)


def value_title(facet: str, value: str) -> str:
    """What a value of a facet is called: kinds of lesions without underscores."""
    if facet == "status":
        return REVIEW_STATUSES.get(value, value)
    return value.replace("_", " ") if facet == "lesion" else value


def _parameter(facet: str) -> str:
    """The address's parameter of a facet; the prefix keeps a column from hiding another choice."""
    return facet if facet in FACETS else f"{FURTHER}{facet}"


def _is_facet(parameter: str) -> bool:
    return parameter in FACETS or parameter.startswith(FURTHER)


def _read_scores(text: str) -> tuple[float, float] | None:
    """The lowest and highest score in a text such as "0.2-0.8", None in any other."""
    found = re.fullmatch(r"([01](?:\.\d{1,6})?)-([01](?:\.\d{1,6})?)", text)
    return (float(found[1]), float(found[2])) if found else None


def address(page: str, **query: Any) -> str:
    """The address of a page with these parameters, for a tab of its own."""
    return f"/{page}?{urlencode(query, doseq=True)}"


def open_page(page: str, **query: Any) -> None:
    """Go to a page of pages/ with these parameters in its address; the global choices stay."""
    st.switch_page(f"../pages/{page}.py", query_params=query)


def open_cases_of(title: str, image_ids: Iterable[str]) -> None:
    """Show these images on the Cases page, under a title of a few words."""
    open_page("cases", set=keep_set(title, image_ids))
