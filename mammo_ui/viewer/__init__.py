"""The image viewer: one mammogram beside its overlays, zoomed and moved in step."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent


def read_script(name: str) -> str:
    """A viewer's script behind the one that all viewers share."""
    return "".join((_HERE / part).read_text(encoding="utf-8") for part in ("pan_zoom.js", name))


@dataclass(frozen=True)
class Panel:
    """One picture of the viewer.

    Attributes:
        title: What stands above it.
        base: Address of the gray picture.
        overlay: Address of a transparent picture to lay over it, None for none.
        note: A line below it.
        help: What the note means, shown where the pointer rests on it.
        is_waiting: Whether its overlay is still being computed.
        alt: The picture in words, for those who cannot see it.
    """

    title: str
    base: str
    overlay: str | None = None
    note: str = ""
    help: str = ""
    is_waiting: bool = False
    alt: str = ""


def show_viewer(
    panels: Sequence[Panel], *, aspect: float, outline: str | None = None, key: str
) -> None:
    """Draw the panels side by side.

    Args:
        panels: What to show, all of the same image.
        aspect: Width of the image divided by its height.
        outline: Address of a transparent picture of the lesion's outline, None where none is known.
        key: The viewer's name on this page.
    """
    component = st.components.v2.component(
        "mammo_viewer",
        html='<div class="viewer"></div>',
        css=(_HERE / "viewer.css").read_text(encoding="utf-8"),
        js=read_script("viewer.js"),
    )
    content = {
        "panels": tuple(asdict(panel) for panel in panels),
        "aspect": round(aspect, 5),
        "outline": outline,
    }
    component(key=key, data=content)
