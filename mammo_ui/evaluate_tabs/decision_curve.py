"""Decision curve: at which threshold probabilities acting on the model is worth it."""

from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.calibrators import CALIBRATORS
from mammo_ui import charts, curve_charts, decision_charts, frame
from mammo_ui.calibration_rows import CalibratedRows, calibrated_rows_of, read_model_fits
from mammo_ui.chosen_rows import Rows, rows_of
from mammo_ui.results import Evaluation
from mammo_ui.stakes import read_stakes
from mammo_ui.state import Choice

if TYPE_CHECKING:
    from mammo_core.metrics.decision_curve import DecisionPoint

UNITS = {"case": "Per case", "positive": "Per positive case"}
HIGHEST, KEY, OWN = 0.99, "decision_curve", "own"


def show(choice: Choice, evaluation: Evaluation) -> None:
    """The curve, in words where the model helps, and what the chosen threshold is worth."""
    with st.container(horizontal=True):
        rows, per = _choose_rows(choice), _choose_unit()
    prevalence = read_stakes().prevalence
    with st.spinner("Sweeping the thresholds"):
        curve = decision_charts.draw_curve(rows, prevalence, per=per)
    if curve[0].net_benefit.value is None:
        st.info("Net benefit needs positive and negative cases; one kind is missing here.")
        return
    share = prevalence or _share_of_positives(evaluation)
    st.markdown(_tell_ranges(decision_charts.find_ranges(curve)))
    threshold = min(choice.threshold, HIGHEST)
    point = decision_charts.draw_curve(rows, prevalence, (threshold,))[0]
    st.markdown(_tell_point(point, share, "set above" if prevalence else "of these data"))
    _show_curve(decision_charts.tabulate(curve), per, threshold)
    st.caption(
        "Net benefit counts true positives a case, less false positives weighed by threshold / "
        "(1 - threshold) (Vickers and Elkin 2006); per positive case 1 is the best. It takes "
        "probabilities at their word: see Calibration, which also fits the calibrators that can be "
        "chosen here."
    )


def _choose_rows(choice: Choice) -> Rows | CalibratedRows:
    """The model's own probabilities, or those of one of its calibrators."""
    titles = {OWN: "Own probabilities"} | {
        method: CALIBRATORS[method].title for method in read_model_fits(choice.model)
    }
    chosen = st.segmented_control(
        "Probabilities", list(titles), default=OWN, required=True, format_func=titles.get,
        key="decide_by", bind="query-params", persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    return rows_of(choice) if chosen == OWN else calibrated_rows_of(choice, chosen)


def _choose_unit() -> str:
    return st.segmented_control(
        "Unit", list(UNITS), default="case", required=True, format_func=UNITS.get,
        key="benefit", bind="query-params", persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip


def _show_curve(rows: list[charts.Row], per: str, threshold: float) -> None:
    top = max(row["high"] or row[decision_charts.MODEL] for row in rows)
    charts.show_chart(
        f"Net benefit {UNITS[per].lower()}",
        decision_charts.draw_spec("Net benefit", top, threshold),
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


def _tell_ranges(ranges: list[tuple[float, float]]) -> str:
    """Where the model helps."""
    if not ranges:
        return (
            "At no threshold probability is the model surely worth more than acting on all cases "
            "or none: the interval of the difference holds 0. Few patients can show little."
        )
    spans = " and ".join(f"{low:.2f} to {high:.2f}" for low, high in ranges)
    return (
        f"From threshold probabilities of **{spans}** acting on the model is worth more than "
        "acting on all cases or none: the whole interval of the difference lies above 0."
    )


def _tell_point(point: "DecisionPoint", share: float, whose: str) -> str:
    """What acting from one threshold on is worth."""
    worth, gain = (frame.estimate_text(e.to_json(), 3) for e in (point.net_benefit, point.gain))
    return (
        f"At the chosen threshold of {point.threshold:.2f}: net benefit **{worth}**, gain over the "
        f"better of all and none **{gain}**, at a prevalence of {share:.1%} ({whose})."
    )
