"""The main script of the app: navigation, global choices, and the page that was asked for."""

from pathlib import Path

import streamlit as st

from mammo_core.errors import MammoError
from mammo_ui import frame, state, status, tour
from mammo_ui.routes import FIRST_PAGE

PAGES = {
    "Data": {"data": "Data", "predict": "Predict"},
    "Model": {"train": "Train", "models": "Models"},
    "Evaluate": {
        "overview": "Overview",
        "evaluate": "Evaluate",
        "cases": "Cases",
        "compare": "Compare",
        "reading": "Blinded reading",
    },
    "Explain": {"case": "Case", "audit": "Audit"},
}
HERE = Path(__file__).parent


def main() -> None:
    """Draw the frame and run the page in it."""
    st.set_page_config(page_icon=str(HERE / "icon.svg"), layout="wide")
    frame.tighten()
    st.logo(str(HERE / "logo.svg"), size="large")
    page = st.navigation({group: _build_pages(names) for group, names in PAGES.items()})
    st.session_state["choice"] = state.choose()
    status.show_status_corner()
    frame.join_history_steps()
    try:
        tour.show_stop(page.url_path or FIRST_PAGE)
        page.run()
    except MammoError as error:
        st.error(frame.plain(error))


def _build_pages(names: dict[str, str]) -> list[st.Page]:
    return [
        st.Page(f"../pages/{name}.py", title=title, default=name == FIRST_PAGE)
        for name, title in names.items()
    ]


if __name__ == "__main__":  # a process that is spawned from a page runs this file again
    main()
