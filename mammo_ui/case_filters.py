"""What cases are filtered and ordered by: each widget writes the address, where a choice lives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from mammo_core.cases import UNKNOWN
from mammo_core.datasets import lesion_sizes
from mammo_core.metrics.operating_points import OUTCOMES
from mammo_core.reviews import REVIEW_STATUSES
from mammo_core.wording import count
from mammo_ui import chosen_cases, library, state
from mammo_ui.frame import plain
from mammo_ui.state import Choice, Selection

EVERYTHING = (0.0, 1.0)
MOST_PILLS = 12
"""A facet with more values is a list to choose from."""


def choose_facets(choice: Choice, selection: Selection) -> None:
    """The facets that tell cases apart, each value with how many cases it would leave."""
    _choose_scores(selection)
    names = tuple(state.FACETS)
    further = chosen_cases.list_further_columns(choice, names)
    active = tuple(name for name in selection.facets if name not in names)
    order = (*OUTCOMES, *choice.model.classes, *REVIEW_STATUSES)
    for name, counts in chosen_cases.count_facets(choice, selection, (*names, *active)).items():
        _choose_facet(selection, name, counts, order)
    rest = tuple(name for name in further if name not in active)
    alike = chosen_cases.list_alike(choice, names)
    if (rest or alike) and st.toggle("More filters", key="more_filters", persist_state="session"):
        for name, counts in chosen_cases.count_facets(choice, selection, rest).items():
            _choose_facet(selection, name, counts, ())
        for name, others in alike.items():
            told = ", ".join(map(state.facet_title, others))
            st.caption(plain(f"The same images as {state.facet_title(name)}: {told}."))


def _choose_facet(
    selection: Selection, facet: str, counts: Mapping[str, int], order: Sequence[str]
) -> None:
    """The values of a facet with their counts; one that all cases share is no choice.

    Args:
        selection: The present one.
        facet: Its name.
        counts: How many cases each value has.
        order: Values that come first, in this order; the others follow by name.
    """
    kept = selection.facets.get(facet, ())
    options = sorted({*counts, *kept}, key=lambda value: _rank(value, order))
    if not kept and len(options) < 2 and facet != "tag":
        return
    if not options:
        return
    key = f"facet_{facet}"
    st.session_state[key] = list(kept)
    choose: Callable[..., object] = st.pills if len(options) <= MOST_PILLS else st.multiselect
    choose(
        plain(state.facet_title(facet)),
        options,
        format_func=lambda value: f"{state.value_title(facet, value)} ({counts.get(value, 0)})",
        key=key,
        on_change=lambda: state.write_selection(selection.only(facet, st.session_state[key])),
        **({"selection_mode": "multi", "wrap": True} if choose is st.pills else {}),
    )


def _rank(value: str, order: Sequence[str]) -> tuple[int, str]:
    """Values without a given place follow by name, the unknown one last."""
    place = order.index(value) if value in order else len(order)
    return (len(order) + 1 if value == UNKNOWN else place), value


def _choose_scores(selection: Selection) -> None:
    st.session_state["scores_here"] = selection.scores or EVERYTHING
    st.slider("Score", 0.0, 1.0, step=0.01, key="scores_here", on_change=_write_scores,
              args=(selection,))  # fmt: skip


def _write_scores(selection: Selection) -> None:
    low, high = st.session_state["scores_here"]
    is_all = (low, high) == EVERYTHING
    state.write_selection(replace(selection, scores=None if is_all else (low, high)))


def choose_order(choice: Choice, selection: Selection) -> None:
    """By what the cases are sorted, and where it takes one, the model to compare with."""
    st.session_state["sort_here"] = selection.sort
    others = chosen_cases.list_others(choice)
    st.selectbox(
        "Order",
        _list_orders(choice, others),
        format_func=state.SORTS.get,
        key="sort_here",
        width=220,
        on_change=lambda: _write_sort(selection, others),
    )
    if selection.sort == "disagreement" and others:
        st.session_state["other_here"] = selection.other if selection.other in others else others[0]
        st.selectbox(
            "Other model",
            others,
            width=160,
            key="other_here",
            on_change=lambda: _write_other(selection),
        )


def tell_order(choice: Choice, selection: Selection) -> None:
    """How an order by explanations comes about, and for how many images it is known."""
    if selection.sort == "explanations":
        n, among = chosen_cases.count_explained(choice), chosen_cases.count_images(choice)
        st.caption(
            f"{count(n, 'image')} of {among:,} {'has' if n == 1 else 'have'} kept maps of one "
            "class by two methods or more; the others come last. The number is 1 minus the mean "
            "rank correlation of these maps: 0 where all point at the same places, 1 where they "
            "share nothing, 2 where one is the reverse of the other. Open a case to have it "
            "explained."
        )


def _list_orders(choice: Choice, others: Sequence[str]) -> list[str]:
    """The orders that serve here: some take another model, masks of lesions, or kept maps."""
    can_measure = lesion_sizes.can_measure(library.dataset_path(str(choice.dataset)))
    serves = {
        "disagreement": bool(others),
        "lesion_size": can_measure,
        "explanations": chosen_cases.count_explained(choice) > 0,
    }
    return [name for name in state.SORTS if serves.get(name, True)]


def _write_sort(selection: Selection, others: Sequence[str]) -> None:
    sort = st.session_state["sort_here"]
    other = (selection.other or others[0]) if sort == "disagreement" else ""
    state.write_selection(replace(selection, sort=sort, other=other))


def _write_other(selection: Selection) -> None:
    state.write_selection(replace(selection, other=st.session_state["other_here"]))


def choose_text(selection: Selection) -> None:
    """Part of an image id to look for."""
    st.session_state["find_here"] = selection.find
    st.text_input(
        "Image id contains",
        key="find_here",
        placeholder="S00017",
        width=150,
        on_change=lambda: state.write_selection(
            replace(selection, find=st.session_state["find_here"].strip())
        ),
    )
