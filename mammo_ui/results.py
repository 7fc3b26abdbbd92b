"""The parts of the Overview and Evaluate pages: what an evaluation says, drawn."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.two_views import describe_input
from mammo_core.wording import count
from mammo_ui import frame
from mammo_ui.subgroup_numbers import name_values

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

Evaluation = dict[str, Any]
POINT_TITLES = {
    "default": "Own",
    "youden": "Youden",
    "specificity_0.90": "Spec. .90",
    "specificity_0.95": "Spec. .95",
    "sensitivity_0.90": "Sens. .90",
    "sensitivity_0.95": "Sens. .95",
    "recall_rate_0.10": "Recall 10 %",
}
COST = "cost_ratio_"


def title_point(name: str) -> str:
    """The title of an operating point, a short one for a button."""
    if name.startswith(COST):
        return f"Cost {name.removeprefix(COST)}:1"
    return POINT_TITLES.get(name, name)


def show_worst_slices(evaluation: Evaluation) -> None:
    """Up to three subgroups below the whole, those whose interval reaches lowest first."""
    whole = whole_auroc(evaluation)["value"]
    known = known_subgroups(evaluation)
    below = [group for group in known if group["auroc"]["value"] < whole]
    st.markdown("**Where it is worst** (AUROC)", help="See Evaluate for all subgroups.")
    if not known:
        st.caption("No subgroup has enough positive and negative cases to tell.")
    elif not below:
        st.caption(f"No slice is clearly worse than the {whole:.2f} of all cases.")
    else:
        st.caption(f"Below the {whole:.2f} of all cases, lowest end of the interval first.")
    for group in sorted(below, key=_lower_end)[:3]:
        name = name_values([(group["by"], group["value"])])
        text = f"{frame.estimate_text(group['auroc'])}, {count(group['patients'], 'patient')}"
        st.markdown(f"{frame.plain(name)}: **{text}**")


def whole_auroc(evaluation: Evaluation) -> dict[str, float | None]:
    """The AUROC of all cases."""
    return evaluation["per_class"][evaluation["positive"]]["auroc"]


def known_subgroups(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The subgroups with an AUROC that are not simply all cases."""
    return [
        group
        for group in evaluation["subgroups"]
        if group["auroc"]["value"] is not None and group["n"] < evaluation["n"]
    ]


def _lower_end(group: dict[str, Any]) -> float:
    auroc = group["auroc"]
    return auroc["value"] if auroc["low"] is None else auroc["low"]


def show_model_facts(model: "StoredModel") -> None:
    """What the model is and what it was made from."""
    st.subheader("The model", anchor=False)
    card = model.card
    training = card["training"]
    facts = {
        "Architecture": card["architecture"],
        "Recipe": _recipe(training),
        "Trained on": model.trained_on,
        "AUROC on validation images": _two_digits(training.get("val", {}).get("auroc")),
        "Input": describe_input(model),
        "Classes": ", ".join(model.classes),
        "Own threshold": f"{model.threshold:.2f}",
        "Seed": card["seed"],
        "Note": model.note or None,
    }
    known = {title: value for title, value in facts.items() if value is not None}
    texts = [f"{title}: **{frame.as_text(value)}**" for title, value in known.items()]
    st.markdown("  \n".join(texts))


def _two_digits(value: float | None) -> str | None:
    """As it stands on Models, where its interval and the number of patients are told."""
    return None if value is None else f"{value:.2f}"


def _recipe(training: dict[str, Any]) -> str | None:
    return training.get("recipe") or training.get("configuration", {}).get("recipe")
