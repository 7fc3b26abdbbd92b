"""Uncertainty: whom to refer, which classes to leave open, and how else to measure it."""

import streamlit as st

from mammo_ui import conformal_view, ensemble_view, frame, pass_jobs, referral_view, results, state


def show(choice: state.Choice, evaluation: results.Evaluation) -> None:
    """Referral, then prediction sets, then several passes and several models."""
    referral = (choice, evaluation["positive"], evaluation["n"])
    frame.show_errors_of(referral_view.show_referral, *referral)
    st.divider()
    frame.show_errors_of(conformal_view.show_sets, choice)
    st.divider()
    frame.show_errors_of(pass_jobs.show_passes, choice)
    frame.show_errors_of(ensemble_view.show_ensemble, choice)
