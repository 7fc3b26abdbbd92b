"""Per class: each class against the rest."""

import streamlit as st

from mammo_ui import frame, results, state


def show(choice: state.Choice, evaluation: results.Evaluation) -> None:
    """A row a class with its estimates."""
    names = ("precision", "recall", "specificity", "f1", "auroc", "average_precision")
    rows = [
        {"class": name, "n": found["support"]}
        | {key.replace("_", " "): frame.estimate_text(found[key]) for key in names}
        for name, found in evaluation["per_class"].items()
    ]
    st.dataframe(rows, hide_index=True)
    st.caption("Each class against the rest, with 95 % intervals over patients.")
    summary = {
        "Accuracy": "accuracy",
        "Balanced accuracy": "balanced_accuracy",
        "Macro F1": "macro_f1",
        "Cohen's kappa": "cohen_kappa",
    }
    texts = [
        f"{title} **{frame.estimate_text(evaluation[key])}**" for title, key in summary.items()
    ]
    st.markdown("  ·  ".join(texts))
