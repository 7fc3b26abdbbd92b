"""A sweep as the Train page shows it: its trials, what mattered, the best as a model."""

import streamlit as st

from mammo_core import studies
from mammo_ui import frame


def list_studies() -> list[str]:
    """The names of the studies there are, the newest first."""
    return studies.list_studies()


def show_study(name: str) -> None:
    """Everything about one study; renews itself while its job runs."""
    study = studies.read_study(name)
    st.markdown(f"**{frame.plain(name)}**: {len(study['trials'])} trials")
