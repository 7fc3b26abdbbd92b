"""The parts of the Overview and Evaluate pages: what an evaluation says, drawn."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.two_views import describe_input
from mammo_core.wording import count
from mammo_ui import charts, frame, judgments, state
from mammo_ui.theme import MODEL_A

if TYPE_CHECKING:
    from mammo_core.metrics.curves import Curve
    from mammo_core.model_store import StoredModel

Evaluation = dict[str, Any]
Rates = dict[str, dict[str, float | None]]
POINT_TITLES = {
    "default": "Own",
    "youden": "Youden",
    "specificity_0.90": "Spec. .90",
    "specificity_0.95": "Spec. .95",
    "sensitivity_0.90": "Sens. .90",
    "sensitivity_0.95": "Sens. .95",
    "recall_rate_0.10": "Recall 10 %",
}
RATE_TITLES = {
    "sensitivity": ("Sensitivity", "Share of positive cases that are called."),
    "specificity": ("Specificity", "Share of negative cases that are not called."),
    "ppv": ("PPV", "Share of called cases that are positive, at the prevalence of these data."),
    "npv": ("NPV", "Share of cases not called that are negative, at the prevalence of these data."),
    "recall_rate": ("Recall rate", "Share of all cases that are called."),
}


def show_confusion_matrix(evaluation: Evaluation, *, key: str) -> None:
    """The matrix; a click on a cell opens its cases."""
    classes = evaluation["classes"]
    cells = charts.show_chart(
        f"Confusion matrix, {evaluation['n']} {evaluation['level']}s",
        charts.confusion_matrix(classes),
        "Rows are the truth, columns the most probable class; the darker, the larger the share of "
        "its row. It does not move with the threshold. Click a cell to see its cases.",
        charts.confusion_rows(evaluation["confusion"], classes),
        key=key,
        selects="cell",
    )
    if cells:
        _open_cell(evaluation, cells[0]["true"], cells[0]["predicted"])


def _open_cell(evaluation: Evaluation, true: str, predicted: str) -> None:
    row, column = map(evaluation["classes"].index, (true, predicted))
    if evaluation["confusion"][row][column]:
        state.open_page("cases", true=true, predicted=predicted)
    st.info(f"No case in this cell: none that is {true} was called {predicted}.")


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
        name = f"{group['by']} {group['value']}"
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


def show_threshold_slider(choice: state.Choice, evaluation: Evaluation) -> None:
    """The global threshold as a wide slider, with the named operating points as buttons."""
    st.session_state["threshold_here"] = choice.threshold
    st.slider(
        f"Call a case {evaluation['positive']} from this probability on",
        0.0,
        1.0,
        step=0.01,
        key="threshold_here",
        on_change=lambda: state.set_threshold(st.session_state["threshold_here"]),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("Set it to:", width="content")
        for threshold, titles in _merge_points(evaluation["operating_points"]).items():
            st.button(
                f"{', '.join(titles)}: {threshold:.3f}",
                key=f"point_{threshold}",
                on_click=state.set_threshold,
                args=(threshold,),
            )
    st.caption(
        "The threshold moves the five cards and the marks in the curves; the matrix counts the "
        "most probable class. All but the model's own are chosen on these very cases and flatter."
    )


def _merge_points(points: Sequence[dict[str, Any]]) -> dict[float, list[str]]:
    """The titles of the operating points by their exact threshold, the own one first."""
    merged: dict[float, list[str]] = {}
    for point in sorted(points, key=lambda point: point["name"] != "default"):
        if point["threshold"] is not None:
            title = POINT_TITLES.get(point["name"], point["name"])
            merged.setdefault(point["threshold"], []).append(title)
    return merged


def show_threshold_cards(rates: Rates, evaluation: Evaluation) -> None:
    """What the threshold means for sensitivity, specificity and the rest, with intervals."""
    columns = st.columns(len(RATE_TITLES))
    for column, (name, (title, meaning)) in zip(columns, RATE_TITLES.items(), strict=True):
        with column:
            n = count(evaluation["patients"], "patient")
            frame.show_card(title, rates[name], n, help_text=meaning)


def show_roc(choice: state.Choice, evaluation: Evaluation, rates: Rates) -> None:
    """The ROC curve with the operating point."""
    auroc = evaluation["per_class"][evaluation["positive"]]["auroc"]
    x, y = "1 - specificity", "Sensitivity"
    rows = _curve_rows(judgments.draw_curves(choice).roc, x, y)
    point = {x: _one_minus(rates["specificity"]["value"]), y: rates["sensitivity"]["value"]}
    charts.show_chart(
        f"ROC: AUROC {frame.estimate_text(auroc)}",
        charts.curve(x, y, point=point, color=MODEL_A, diagonal=True),
        "The nearer to the top left, the better; the dashed line is chance, the diamond the "
        "threshold above.",
        rows,
        key="roc",
    )


def show_precision_recall(choice: state.Choice, evaluation: Evaluation, rates: Rates) -> None:
    """Precision against recall with the operating point."""
    found = evaluation["per_class"][evaluation["positive"]]
    x, y = "Recall (sensitivity)", "Precision (PPV)"
    rows = _curve_rows(judgments.draw_curves(choice).precision_recall, x, y)
    point = {x: rates["sensitivity"]["value"], y: rates["ppv"]["value"]}
    share = found["support"] / max(1, evaluation["n"])
    charts.show_chart(
        f"Precision-recall: AP {frame.estimate_text(found['average_precision'])}",
        charts.curve(x, y, point=point, color=MODEL_A),
        "AP is the average precision. The nearer to the top right, the better; chance lies at "
        f"{share:.2f}, the share of positive cases.",
        rows,
        key="precision_recall",
    )


def show_model_facts(model: "StoredModel") -> None:
    """What the model is and what it was made from."""
    st.subheader("The model", anchor=False)
    card = model.card
    training = card["training"]
    facts = {
        "Architecture": card["architecture"],
        "Recipe": _recipe(training),
        "Trained on": model.trained_on,
        "Validation AUROC": training.get("val", {}).get("auroc"),
        "Input": describe_input(model),
        "Classes": ", ".join(model.classes),
        "Own threshold": f"{model.threshold:.2f}",
        "Seed": card["seed"],
        "Note": model.note or None,
    }
    known = {title: value for title, value in facts.items() if value is not None}
    texts = [f"{title}: **{frame.as_text(value)}**" for title, value in known.items()]
    st.markdown("  \n".join(texts))


def _recipe(training: dict[str, Any]) -> str | None:
    return training.get("recipe") or training.get("configuration", {}).get("recipe")


def _curve_rows(curve: "Curve | None", x: str, y: str) -> list[charts.Row]:
    if curve is None:
        return []
    thresholds = [float(t) if math.isfinite(t) else None for t in curve.thresholds]
    points = zip(curve.x.tolist(), curve.y.tolist(), thresholds, strict=True)
    return [{"order": i, x: px, y: py, "threshold": t} for i, (px, py, t) in enumerate(points)]


def _one_minus(value: float | None) -> float | None:
    return None if value is None else 1 - value
