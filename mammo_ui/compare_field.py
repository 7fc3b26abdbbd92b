"""Every other model against A at once, with p adjusted for their number."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from mammo_core.errors import MammoError
from mammo_core.metrics.verdict import judge_difference
from mammo_core.wording import count
from mammo_ui import compared, frame, judgments, library, own_test, state

FIELD = "field"
NEVER_RUN, OUTDATED = "not run on this dataset", "changed since it was run"
NOT_ASKED = "its own test set, which only choosing it as B asks about"


def show_field(choice: state.Choice) -> None:
    """A table of all models that were run on these very images, where it is asked for.

    Args:
        choice: Of model A.
    """
    others = [model for model in library.list_models() if model.id != choice.model.id]
    if len(others) < 2:
        return
    asked = st.toggle(
        "Hold every other model against A", key=FIELD, bind="query-params", persist_state="session"
    )
    if not asked:
        return
    found, left_out = _compare_all(choice, [replace(choice, model=model) for model in others])
    if found:
        st.dataframe(tabulate(found), hide_index=True)
        were = "was" if len(found) == 1 else "were"
        st.caption(
            "AUROC with its 95 % interval; clustered DeLong tests. The adjusted p (Holm) counts "
            f"that {count(len(found), 'model')} {were} tried; a model is named better or worse "
            "where it is below .05 and the interval leaves 0 out, *not settled* where one alone "
            "says so."
        )
    for name, why in left_out.items():
        st.caption(frame.plain(f"{name} is left out: {why}."))


def _compare_all(
    choice: state.Choice, others: Sequence[state.Choice]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The comparisons by model, and why others cannot be compared."""
    found, left_out = {}, {}
    for other in others:
        try:
            why = _why_not(other) or _tell_other_images(choice, other)
            if not why:
                found[other.model.id] = compared.run_delong(compared.pair_rows(choice, other))
        except MammoError as error:
            why = str(error)
        if why:
            left_out[other.model.id] = why
    return found, left_out


def _tell_other_images(choice: state.Choice, other: state.Choice) -> str:
    shared = compared.count_shared(compared.pair_rows(choice, other))
    if shared.are_same:
        return ""
    return f"it has {count(shared.b, 'image')}, of A's {shared.a:,} {shared.both:,}"


def _why_not(other: state.Choice) -> str:
    if not library.has_predictions(other.model, other.dataset):
        return NEVER_RUN
    if judgments.are_outdated(other):
        return OUTDATED
    is_own = own_test.holds_own_test(other.model, other.dataset, other.split)
    return NOT_ASKED if is_own and not own_test.was_agreed_to(other) else ""


def tabulate(found: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """A row a model, the largest AUROC first.

    Args:
        found: By model, of `compared.run_delong`.
    """
    from mammo_core.metrics.estimate import none_if_nan
    from mammo_core.metrics.multiplicity import adjust_holm

    p = np.array([np.nan if one["delong_p"] is None else one["delong_p"] for one in found.values()])
    rows = zip(found.items(), map(none_if_nan, adjust_holm(p)), strict=True)
    ranked = sorted(rows, key=lambda row: -(row[0][1]["auroc_b"]["value"] or 0))
    return [
        {
            "model": name,
            "AUROC": frame.estimate_text(one["auroc_b"]),
            "A - it": frame.estimate_text(one["difference"]),
            "p": frame.p_text(one["delong_p"]),
            "adjusted p": frame.p_text(adjusted),
            "than A": _judge(one["difference"], adjusted),
        }
        for (name, one), adjusted in ranked
    ]


def _judge(difference: Mapping[str, float | None], p: float | None) -> str:
    """What the model is beside A, a dash where no difference is shown."""
    verdict = judge_difference(difference, p)
    if verdict.better is None:
        return "not settled" if verdict.is_open else frame.DASH
    return "worse" if verdict.better == "a" else "better"
