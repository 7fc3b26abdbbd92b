"""The drawing surface: a box or a freehand outline on an image, by pointer, keyboard or numbers."""

from pathlib import Path

import streamlit as st

from mammo_ui.viewer import read_script

_HERE = Path(__file__).parent


def draw_region(
    address: str, *, shape: tuple[int, int], outline: str | None, alt: str, key: str
) -> str | None:
    """Show an image to draw on; the drawn region as `read_region` reads it, None before there is.

    Args:
        address: Of the gray picture.
        shape: (rows, columns) of the image's own grid, in whose pixels the region is told.
        outline: Address of a transparent picture of the lesion's outline, None where none is known.
        alt: The picture in words.
        key: The surface's name on this page.
    """
    component = st.components.v2.component(
        "mammo_eraser",
        html='<div class="eraser"></div>',
        css=(_HERE / "eraser.css").read_text(encoding="utf-8"),
        js=read_script() + (_HERE / "eraser.js").read_text(encoding="utf-8"),
    )
    kept = f"{key}_kept"  # a component's own state goes with it when its tab is closed

    def keep() -> None:
        st.session_state[kept] = st.session_state[key]["drawn"]

    rows, columns = shape
    content = {"address": address, "rows": rows, "columns": columns, "outline": outline, "alt": alt}
    drawn: str | None = st.session_state.get(kept)
    component(key=key, data={**content, "drawn": drawn}, on_drawn_change=keep)
    return drawn or None
