"""What a user assumes of the world that the data cannot tell: prevalence, and what a miss costs."""

from dataclasses import dataclass

import streamlit as st

PREVALENCE, COST_RATIO = "prevalence", "cost"
DEFAULT_COST_RATIO = 10.0


@dataclass(frozen=True)
class Stakes:
    """The assumptions of the Evaluate page.

    Attributes:
        prevalence: The share of positive cases among those who would be judged, in (0, 1); None
            for the share in the data.
        cost_ratio: How many needless calls are as bad as one missed positive case.
    """

    prevalence: float | None = None
    cost_ratio: float = DEFAULT_COST_RATIO


def choose_stakes() -> Stakes:
    """Draw the inputs and return what they say."""
    prevalence, cost = st.columns(2)
    prevalence.number_input(
        "Prevalence, %", min_value=0.01, max_value=99.99, value=None, step=0.1, format="%.2f",
        placeholder="of these data", key=PREVALENCE, bind="query-params", persist_state="session",
        help="The share of positive cases among those whom the model would judge. Test sets hold "
        "more of them than a screening round (about 0.6 %), and flatter PPV and F1. Empty: the "
        "share in these data.",
    )  # fmt: skip
    cost.number_input(
        "Cost of a miss", min_value=0.1, max_value=10_000.0, value=DEFAULT_COST_RATIO, step=1.0,
        format="%.4g", key=COST_RATIO, bind="query-params", persist_state="session",
        help="How many needless calls are as bad as one missed positive case; it sets the "
        "threshold of least cost.",
    )  # fmt: skip
    return read_stakes()


def read_stakes() -> Stakes:
    """The assumptions as they stand, for what is drawn after the inputs."""
    percent = st.session_state.get(PREVALENCE)
    ratio = st.session_state.get(COST_RATIO)
    return Stakes(percent / 100 if percent else None, ratio or DEFAULT_COST_RATIO)
