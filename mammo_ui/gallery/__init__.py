"""The gallery: a grid of thumbnails that open their cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Line:
    """A line of text under a thumbnail, with a colored dot before it where a color is given.

    Attributes:
        title: What it means, told where the pointer rests on it.
    """

    text: str
    color: str | None = None
    strong: bool = False
    title: str = ""


@dataclass(frozen=True)
class Tile:
    """One thumbnail.

    Attributes:
        id: What `show_gallery` returns when the tile is picked.
        source: Address of the picture; empty where there is none.
        href: Where the tile leads when opened in a tab of its own.
        alt: The picture in words.
        lines: What stands below it.
        mark: "correct", "wrong" or "" (a dashed edge tells the wrong ones).
        current: Whether it is the one in question.
        overlay: Address of what lies over the picture while the pointer is on the tile.
    """

    id: str
    source: str
    href: str
    alt: str
    lines: tuple[Line, ...] = ()
    mark: str = ""
    current: bool = False
    overlay: str = ""


@dataclass(frozen=True)
class Picked:
    """What was done with a gallery.

    Attributes:
        opened: The id of the tile that was just clicked, None for none.
        marked: All ids that are marked, also those that were marked when other tiles were shown.
    """

    opened: str | None
    marked: tuple[str, ...]


def show_gallery(
    tiles: Sequence[Tile], *, key: str, width: int = 150, columns: int | None = None
) -> str | None:
    """Draw the tiles and return the id of the one that was just picked.

    Args:
        tiles: What to show, in this order.
        key: The gallery's name on this page.
        width: Least width of a tile in pixels.
        columns: A fixed number of columns; None fits as many as there is room for.
    """
    return _show(tiles, key, _layout(width, columns)).opened


def show_markable_gallery(
    tiles: Sequence[Tile], *, key: str, width: int = 150, marked: Sequence[str] = ()
) -> Picked:
    """The same with tiles that a shift-click, or a blank on the focused one, marks and unmarks.

    Args:
        tiles: What to show, in this order.
        key: The gallery's name on this page.
        width: Least width of a tile in pixels.
        marked: The ids that are marked at first, where the gallery was drawn before and left.
    """
    return _show(tiles, key, {**_layout(width, None), "marking": True}, marked)


def _layout(width: int, columns: int | None) -> dict[str, Any]:
    return {"width": width, "columns": f"repeat({columns}, 1fr)" if columns else ""}


def _show(
    tiles: Sequence[Tile], key: str, layout: Mapping[str, Any], at_first: Sequence[str] = ()
) -> Picked:
    component = st.components.v2.component(
        "mammo_gallery",
        html='<div class="gallery" role="list"></div>',
        css=(_HERE / "gallery.css").read_text(encoding="utf-8"),
        js=(_HERE / "gallery.js").read_text(encoding="utf-8"),
    )
    before = (st.session_state.get(key) or {}).get("marked")
    content = {
        **layout,
        "items": tuple(_describe(tile) for tile in tiles),  # a list would be tried as a data frame
        "marked": tuple(at_first if before is None else before),
    }
    found = component(
        key=key, data=content, on_picked_change=lambda: None, on_marked_change=lambda: None
    )
    marked = at_first if found.marked is None else found.marked
    ids = [tile.id for tile in tiles]
    return Picked(found.picked if found.picked in ids else None, tuple(marked))


def _describe(tile: Tile) -> dict[str, Any]:
    """The tile for the browser; `dataclasses.asdict` is ten times dearer."""
    return {**vars(tile), "lines": [vars(line) for line in tile.lines]}
