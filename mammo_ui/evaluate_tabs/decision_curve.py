"""Decision curve: at which threshold probabilities acting on the model is worth it."""

from collections.abc import Sequence

import streamlit as st

from mammo_ui import charts, curve_charts, decision_charts, frame
from mammo_ui.chosen_rows import rows_of
from mammo_ui.results import Evaluation
from mammo_ui.stakes import read_stakes
from mammo_ui.state import Choice

UNITS = {"cases": "Per case", "share": "Share of the best possible"}
HIGHEST, KEY = 0.99, "decision_curve"


def show(choice: Choice, evaluation: Evaluation) -> None:
    """The curve, in words where the model helps, and what the chosen threshold is worth."""
    prevalence = read_stakes().prevalence
    curve = decision_charts.draw_curve(rows_of(choice), prevalence)
    if curve[0].net_benefit.value is None:
        st.info("Net benefit needs positive and negative cases; one kind is missing here.")
        return
    share = prevalence or _share_of_positives(evaluation)
    _tell(choice, decision_charts.find_ranges(curve), share, prevalence)
    unit = st.segmented_control(
        "Unit", list(UNITS), default="cases", required=True, format_func=UNITS.get,
        key="benefit", bind="query-params", persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    rows = decision_charts.tabulate(curve, share if unit == "share" else 1.0)
    top = max(row["high"] or row[decision_charts.MODEL] for row in rows)
    charts.show_chart(
        "Net benefit" + (", of the most there can be" if unit == "share" else " a case"),
        decision_charts.draw_spec("Net benefit", top, choice.threshold),
        "At a threshold probability of .10 a positive case found is taken to be worth nine "
        "needless calls, at .50 one. Where the blue line lies above both others, acting on the "
        "model is worth more than acting on all or none. The band is the 95 % interval over "
        f"patients, the dashed line the chosen threshold. {curve_charts.CLICK}",
        rows,
        key=KEY,
        selects="point",
        on_select=lambda: curve_charts.take_threshold(KEY),
    )


def _share_of_positives(evaluation: Evaluation) -> float:
    support: int = evaluation["per_class"][evaluation["positive"]]["support"]
    return support / evaluation["n"]


def _tell(
    choice: Choice,
    ranges: Sequence[tuple[float, float]],
    share: float,
    prevalence: float | None,
) -> None:
    """Where the model helps, and how much at the chosen threshold."""
    spans = " and ".join(f"{low:.2f} to {high:.2f}" for low, high in ranges)
    where = (
        f"From threshold probabilities of **{spans}** acting on the model is worth more than "
        "acting on all cases or none: the whole interval of the difference lies above 0."
        if ranges
        else "At no threshold probability is the model surely worth more than acting on all cases "
        "or none: the interval of the difference holds 0 everywhere. Few patients can show little."
    )
    st.markdown(where)
    point = decision_charts.draw_point(rows_of(choice), prevalence, min(choice.threshold, HIGHEST))
    of = "set above" if prevalence else "of these data"
    st.markdown(
        f"At the chosen threshold of {point.threshold:.2f}: net benefit "
        f"**{frame.estimate_text(point.net_benefit.to_json(), 3)}**, gain over the better of all "
        f"and none **{frame.estimate_text(point.gain.to_json(), 3)}**, at a prevalence of "
        f"{share:.1%} ({of})."
    )
    st.caption(
        "Net benefit takes probabilities at their word: look at Calibration first. It counts true "
        "positives a case, less false positives weighed by threshold / (1 - threshold) (Vickers "
        "and Elkin 2006)."
    )
