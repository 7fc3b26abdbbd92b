"""Referring the least sure cases: what it leaves of the errors, and which cases they are."""

from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.metrics.risk_coverage import REFERRAL_RATES
from mammo_core.wording import count
from mammo_ui import charts, doubts, ensemble_view, frame, referral_charts, state
from mammo_ui.doubts import Doubt

if TYPE_CHECKING:
    from mammo_core.metrics.risk_coverage import Referral

SHARE, MEASURE = "refer_share", "doubt"
LEFT = {
    "error_rate": "Errors of the most probable class",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
}


def show_referral(choice: state.Choice, positive: str, n: int) -> None:
    """Measure, chart, share to refer, and what happens then."""
    doubt = _choose_doubt(choice)
    with st.spinner("Resampling patients"):
        sweep = doubts.sweep_referrals(choice, doubt)
    chart, effect = st.columns([1.2, 1], gap="medium")
    with effect:
        share = _choose_share()
        referral, whole = sweep.at_share(share), sweep.at_share(0.0)
        _show_effect(whole, referral, f"{positive} {state.LEVELS[choice.level]}")
        _offer_cases(choice, doubt, referral)
    with chart:
        n_wrong = round((whole.estimates["error_rate"].value or 0) * n)
        charts.show_chart(
            f"Errors left when the least sure are referred: "
            f"AURC {frame.estimate_text(sweep.errors.aurc.to_json())}",
            referral_charts.draw_referral(share),
            "AURC is the mean height of the curve; less is better. The band is the 95 % interval "
            "over patients, dashed is referring at random, dotted knowing every error, the "
            f"upright line the chosen share. An error is a wrong most probable class, whatever "
            f"the threshold. "
            f"{doubt.title}: {doubt.says}",
            referral_charts.tabulate(sweep.errors.curve, n_wrong, n),
            key="risk_coverage",
        )


def _choose_doubt(choice: state.Choice) -> Doubt:
    members = ensemble_view.chosen_members(choice)
    known = {doubt.title: doubt for doubt in doubts.list_doubts(choice, members)}
    title = st.selectbox(
        "Least sure by",
        list(known),
        key=MEASURE,
        persist_state="session",
        help="Entropy, margin and least confidence come from the probabilities; the others from "
        "several passes over each image or several models, which are chosen below.",
    )
    return known[title]


def _choose_share() -> float:
    percent = st.slider(
        "Refer to a radiologist the least sure",
        0,
        90,
        round(100 * REFERRAL_RATES[0]),
        1,
        format="%d %%",
        key=SHARE,
        bind="query-params",
        persist_state="session",
        help="Cases with equal uncertainty are kept or referred together.",
    )
    return percent / 100


def _show_effect(whole: "Referral", referral: "Referral", positive: str) -> None:
    """The least sure cases in numbers, and the rates before and after.

    Args:
        whole: With nothing referred.
        referral: With the chosen share referred.
        positive: What a positive case is called.
    """
    n = whole.n_kept
    n_wrong = round((whole.estimates["error_rate"].value or 0) * n)
    st.markdown(
        f"**{referral.n_referred} of {n} referred**, {referral.n_kept} left to the model. Among "
        f"those referred are {referral.n_wrong_referred} of its {count(n_wrong, 'error')} and "
        f"{frame.plain(count(referral.n_positive_referred, positive))}."
    )
    st.dataframe(
        [
            {
                "": title,
                "all cases": frame.estimate_text(whole.estimates[name].to_json()),
                "those left": frame.estimate_text(referral.estimates[name].to_json()),
            }
            for name, title in LEFT.items()
        ],
        hide_index=True,
    )
    st.caption(
        "An error is a wrong most probable class; sensitivity and specificity are at the "
        "threshold, where other cases may be wrong. All are of the model alone: whoever reads the "
        "referred cases is not counted."
    )


def _offer_cases(choice: state.Choice, doubt: Doubt, referral: "Referral") -> None:
    if st.button(
        f"Open the {count(referral.n_referred, 'referred case')}",
        disabled=not referral.n_referred,
        key="open_referred",
    ):
        images = doubts.find_referred(choice, doubt, referral.limit)
        state.open_cases_of(
            f"least sure {100 * referral.share:.0f} % by {doubt.title.lower()}", images
        )
