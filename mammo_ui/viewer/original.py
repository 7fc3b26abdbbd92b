"""The viewer of one file's own gray values, with their window and level."""

from pathlib import Path

import streamlit as st

from mammo_ui.viewer import read_script

_HERE = Path(__file__).parent


def show_original(address: str, *, alt: str, key: str) -> None:
    """Draw the values that lie at an address; the browser windows them by itself.

    Args:
        address: Of the route `/original`.
        alt: The picture in words.
        key: The viewer's name on this page.
    """
    styles = [(_HERE / name).read_text(encoding="utf-8") for name in ("viewer.css", "original.css")]
    component = st.components.v2.component(
        "mammo_original",
        html='<div class="viewer"></div>',
        css="".join(styles),
        js=read_script("original.js"),
    )
    component(key=key, data={"address": address, "alt": alt})
