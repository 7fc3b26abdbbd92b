"""The image viewer: one mammogram beside its overlays, zoomed and moved in step."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from mammo_ui.map_numbers import MapPicture

_HERE = Path(__file__).parent


PARTS = ("map_layer.js", "map_painting.js", "blink.js", "tools.js", "viewer.js")
COLORS = {"inferno": "Inferno", "viridis": "Viridis", "diverging": "Blue to red"}


def read_script(*names: str) -> str:
    """A viewer's scripts behind the one that all viewers share."""
    parts = ("pan_zoom.js", *names)
    return "".join((_HERE / part).read_text(encoding="utf-8") for part in parts)


@dataclass(frozen=True)
class Chip:
    """A short finding.

    Attributes:
        text: With its number, and a mark of its own where it stands good or bad.
        standing: Its class in viewer.css: "good" or "weak", of a verdict "believe", "caution" or
            "doubt"; empty where it was not judged.
        help: What it means, shown where the pointer rests on it.
    """

    text: str
    standing: str = ""
    help: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture of the viewer.

    Attributes:
        title: What stands above it.
        base: Address of the gray picture.
        map: What to lay over it, None for nothing.
        note: A line below it.
        help: What the note means, shown where the pointer rests on it.
        is_waiting: Whether its map is still being computed.
        message: What is said in the place of a map.
        chips: What is known of the map, below it.
        badge: What is known of its method, beside the title.
        alt: The picture in words, for those who cannot see it.
    """

    title: str
    base: str
    map: "MapPicture | None" = None
    note: str = ""
    help: str = ""
    is_waiting: bool = False
    message: str = ""
    chips: tuple[Chip, ...] = ()
    badge: Chip | None = None
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
        js=read_script(*PARTS),
    )
    content = {
        "panels": tuple(_to_content(panel) for panel in panels),
        "colors": _list_colors() if any(panel.map for panel in panels) else (),
        "aspect": round(aspect, 5),
        "outline": outline,
    }
    component(key=key, data=content)


def _to_content(panel: Panel) -> dict[str, Any]:
    drawn = panel.map
    flat = None if drawn is None else {"address": drawn.address, **asdict(drawn.frame)}
    return asdict(panel) | {"map": flat}


@cache
def _list_colors() -> tuple[dict[str, Any], ...]:
    from mammo_core.overlays import sample_colors

    return tuple(
        {"name": n, "title": title, "diverging": n == "diverging", "stops": sample_colors(n)}
        for n, title in COLORS.items()
    )
