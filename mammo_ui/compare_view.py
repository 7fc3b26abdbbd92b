"""The parts of the Compare page: verdict, table of measures, curves."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mammo_core.metrics.differences import LOWER_IS_BETTER
from mammo_core.metrics.paired_sweeps import AT_SPECIFICITY
from mammo_core.metrics.verdict import judge_difference, tell_p
from mammo_core.wording import count_rows
from mammo_ui import charts, compare_charts, compared, frame

Answer = Mapping[str, Any]
TITLES = {
    "auroc": "AUROC",
    "average_precision": "Average precision",
    AT_SPECIFICITY: "Sensitivity at specificity .90",
    "sensitivity": "Sensitivity at the threshold",
    "specificity": "Specificity at the threshold",
    "ppv": "PPV at the threshold",
    "npv": "NPV at the threshold",
    "f1": "F1 at the threshold",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "brier": "Brier score",
    "ece": "Calibration error (ECE)",
    "accuracy": "Accuracy",
    "weighted_f1": "Weighted F1",
    "mcc": "Matthews correlation",
    "cohen_kappa": "Kappa with the truth",
    "linear_kappa": "Kappa, linear weights",
    "quadratic_kappa": "Kappa, quadratic weights",
}
"""In the order of the table; a measure that is not named here comes last under its own name."""
NO_MERIT = ("recall_rate",)
"""Measures of which neither more nor less is better."""


def show_verdict(tests: Answer) -> None:
    """Which model is better, if that can be told, and on how much."""
    st.markdown(f"##### {tell_verdict(tests)}")
    cases = count_rows(tests["n"], tests["level"], tests["patients"])
    st.caption(f"Clustered DeLong test: the patient is the unit. {cases}. {_tell_mcnemar(tests)}")
    for warning in tests["warnings"]:
        st.caption(frame.plain(f"{warning}."))


def tell_verdict(tests: Answer) -> str:
    """The verdict in a sentence, as Markdown.

    Args:
        tests: Of `compared.run_tests`.
    """
    difference, p = tests["difference"], tests["delong_p"]
    verdict = judge_difference(difference, p)
    if difference["value"] is None:
        return f"{verdict.sentence}."
    a, b = (f"{tests[f'auroc_{name}']['value']:.2f} ({name.upper()})" for name in "ab")
    values = f"AUROC for {frame.plain(tests['positive'])} {a} and {b}"
    minus = f"A minus B {frame.estimate_text(difference)}"
    if verdict.better is None or p is None:
        return f"{verdict.sentence}: {values}, {minus}."
    return f"{verdict.name_better()} is better: {values}, {minus}, {tell_p(p)}."


def _tell_mcnemar(tests: Answer) -> str:
    found, p = tests["mcnemar"], tests["mcnemar_p"]
    if p is None:
        return "Both have the same cases right."
    told = (
        f"Only A has {found['only_a_right']} right, only B {found['only_b_right']} (exact McNemar "
        f"test, {tell_p(p)}"
    )
    alike = "" if found["clustered"] else "; it takes cases of one patient as independent"
    return f"{told}{alike})."


def show_measures(differences: Mapping[str, Answer]) -> None:
    """A row a measure: who is better if the difference's interval leaves 0 out, then the numbers.

    The answer stands first, so that a narrow screen does not cut it off.
    """
    names = sorted(differences, key=_rank)
    rows = [
        {
            "measure": _title(name),
            "better": tell_better(name, differences[name]["difference"]),
            "A - B": frame.estimate_text(differences[name]["difference"]),
            "A": frame.estimate_text(differences[name]["a"]),
            "B": frame.estimate_text(differences[name]["b"]),
        }
        for name in names
    ]
    st.markdown("**What they differ in**")
    st.dataframe(rows, hide_index=True, height=366)
    st.caption(
        "With 95 % intervals over patients, both models' from the same draws. *Better* names a "
        "model where the difference's interval leaves 0 out; of so many rows one in twenty does so "
        "by chance."
    )


def tell_better(name: str, difference: Mapping[str, float | None]) -> str:
    """The model that the interval says is better in that measure, a dash for neither."""
    low, high = difference["low"], difference["high"]
    if low is None or high is None or low <= 0 <= high or name in NO_MERIT:
        return frame.DASH
    return "A" if (low > 0) != (name in LOWER_IS_BETTER) else "B"


def _title(name: str) -> str:
    title = TITLES.get(name) or name.replace("_", " ").capitalize()
    return f"{title}, less is better" if name in LOWER_IS_BETTER else title


def _rank(name: str) -> int:
    return list(TITLES).index(name) if name in TITLES else len(TITLES)


def show_rocs(rows: compared.PairRows, differences: Mapping[str, Answer]) -> None:
    """Both ROC curves with the operating points."""
    auroc = differences["auroc"]
    points = [
        {
            "model": side.upper(),
            compare_charts.X: _one_minus(differences["specificity"][side]["value"]),
            compare_charts.Y: differences["sensitivity"][side]["value"],
        }
        for side in "ab"
    ]
    texts = (f"{side.upper()} {frame.estimate_text(auroc[side])}" for side in "ab")
    charts.show_chart(
        f"ROC: AUROC {', '.join(texts)}",
        compare_charts.draw_rocs(points),
        "The nearer to the top left, the better; diamonds are the thresholds above, the dotted "
        "line is chance.",
        compare_charts.tabulate_rocs(compared.draw_rocs(rows)),
        key="compare_roc",
    )


def _one_minus(value: float | None) -> float | None:
    return None if value is None else 1 - value
