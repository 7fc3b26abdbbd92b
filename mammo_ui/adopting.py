"""The Models page's way to take in a trial of a sweep or a fold of an experiment."""

import streamlit as st

from mammo_core.adoptable import list_adoptable, name_origin
from mammo_core.run import Run
from mammo_ui import frame
from mammo_ui.run_table import describe_measured


def show_adopting() -> None:
    """The finished trials and folds, one of which can become a model; nothing where none is."""
    found = list_adoptable()
    if not found:
        return
    st.subheader("Or take in a trial or a fold", anchor=False)
    with st.form("adopt"):
        which, name, button = st.columns([2, 1, 0.6], vertical_alignment="bottom")
        place = which.selectbox(
            "Trained in a sweep or an experiment",
            range(len(found)),
            format_func=lambda i: _describe(found[i]),
        )
        wanted = name.text_input("Its name among the models", max_chars=64)
        if button.form_submit_button("Adopt it"):
            frame.show_errors_of(_adopt, found[place], wanted.strip())
    st.caption("It is copied; the sweep or the experiment stays as it is.")


def _describe(run: Run) -> str:
    return f"{name_origin(run.path)}: validation AUROC {describe_measured(run.validation)}"


def _adopt(run: Run, name: str) -> None:
    """Copy the model into models/.

    Raises:
        MammoError: Where the name cannot be taken or the copy fails.
    """
    from mammo_core.adoption import adopt_model

    adopt_model(run.path, name)
    st.toast(f"{frame.plain(name)} is among the models now.")
    st.rerun()  # the sidebar offers it
