"""Per class: each class against the rest, and all classes in one number."""

from typing import Any

import streamlit as st

from mammo_ui import frame, judgments, results, state

MEASURES = {
    "auroc": ("AUROC", "A case of the class scores above another one this often."),
    "partial_auroc": ("Partial AUROC", "The same where at most 20 % of the others are called."),
    "average_precision": ("Average precision", "Precision over all recalls; chance: the share."),
    "recall": ("Recall (sensitivity)", "Share of the class's cases that are called so."),
    "specificity": ("Specificity", "Share of the others that are not called so."),
    "precision": ("Precision (PPV)", "Share of the calls that are right."),
    "f1": ("F1", "Harmonic mean of precision and recall."),
    "pf1": ("Probabilistic F1", "F1 of the probabilities, no threshold (RSNA challenge)."),
}
"""What is told of each class, in this order: title and what it says."""
SUMMARIES = {
    "accuracy": ("Accuracy", "Share of all cases whose most probable class is the true one."),
    "balanced_accuracy": ("Balanced accuracy", "Mean recall of the classes present."),
    "macro_f1": ("Macro F1", "Mean F1 of the classes present."),
    "weighted_f1": ("Weighted F1", "Mean F1, each class by its share."),
    "macro_auroc": ("Macro AUROC", "Mean AUROC of the classes present."),
    "mcc": ("Matthews correlation", "Of truth and call: 1 all right, 0 chance."),
    "cohen_kappa": ("Cohen's kappa", "Agreement beyond chance."),
    "linear_kappa": ("Kappa, linear weights", "A miss by two classes is twice as bad as by one."),
    "quadratic_kappa": ("Kappa, quadratic weights", "A miss by two is four times as bad."),
}

INTERVALS = {"percentile": "percentile", "bca": "BCa"}
"""The titles of the core's own table, which needs scipy."""


def show(choice: state.Choice, evaluation: results.Evaluation) -> None:
    """A table of the classes and one of the summaries, with how to read the intervals."""
    evaluation = _take_intervals(choice, evaluation)
    by_class = evaluation["per_class"]
    st.markdown("**Each class against the rest**")
    _show_table([_support_row(by_class), *_class_rows(by_class)])
    st.markdown("**All classes in one number**")
    _show_table(
        [
            {"Measure": title, "Estimate": frame.estimate_text(evaluation[key]), "Says": meaning}
            for key, (title, meaning) in SUMMARIES.items()
        ]
    )
    st.caption(
        "Square brackets hold 95 % intervals with the patient as unit. What counts calls, from "
        "recall to kappa, takes the most probable class, whatever the threshold. Weighted kappas "
        f"take the classes as grades in this order: {_order(evaluation)}. A dash: undefined here, "
        "as a class is missing or never called."
    )


def _take_intervals(choice: state.Choice, evaluation: results.Evaluation) -> results.Evaluation:
    """The evaluation with the intervals that the user wants; made once and kept."""
    interval = st.segmented_control(
        "Intervals by the bootstrap", list(INTERVALS), format_func=INTERVALS.get,
        default="percentile", required=True, key="interval", bind="query-params",
        help="BCa corrects for bias and skewness: it holds the truth more often where patients "
        "are few. AUROC needs no bootstrap and stays as it is.",
    )  # fmt: skip
    if interval == "percentile":
        return evaluation
    with st.spinner("Drawing patients, then leaving each one out", show_time=True):
        return judgments.evaluate(choice, interval)


def _support_row(by_class: dict[str, Any]) -> dict[str, str]:
    numbers = {name: f"{found['support']:,}" for name, found in by_class.items()}
    return {"Measure": "Cases", **numbers, "Says": "How many are of the class."}


def _class_rows(by_class: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "Measure": title,
            **{name: frame.estimate_text(found[key]) for name, found in by_class.items()},
            "Says": meaning,
        }
        for key, (title, meaning) in MEASURES.items()
    ]


def _show_table(rows: list[dict[str, str]]) -> None:
    first = st.column_config.TextColumn(pinned=True)
    st.dataframe(rows, hide_index=True, height="content", column_config={"Measure": first})


def _order(evaluation: results.Evaluation) -> str:
    return frame.plain(", ".join(evaluation["classes"]))
