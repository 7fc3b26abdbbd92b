"""The colors that mean the same thing on every page (Okabe and Ito 2008)."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

BLACK = "#000000"
ORANGE = "#e69f00"
SKY_BLUE = "#56b4e9"
GREEN = "#009e73"
YELLOW = "#f0e442"
BLUE = "#0072b2"
VERMILION = "#d55e00"
PURPLE = "#cc79a7"

MODEL_A = BLUE
MODEL_B = ORANGE
MUTED = "#8b949e"

CLASS_COLORS = {"normal": GREEN, "benign": PURPLE, "malignant": VERMILION}
OTHER_COLORS = (SKY_BLUE, YELLOW, ORANGE, BLUE)
SPLIT_COLORS = {"train": SKY_BLUE, "val": ORANGE}
PAPER = {"light": "#ffffff", "dark": "#12161b"}
"""The page's own color, as .streamlit/config.toml sets it."""
ON_DARK = {BLUE: "#6cb8ee"}
"""The tint in which a mark of one color is drawn on a dark page."""
LEAST_OPACITY = 0.5
"""On a dark page: of a tint above, so that it stands out from the page by 3 to 1 (WCAG 1.4.11)."""


def page_color() -> str:
    """What the page is drawn on for who looks at it."""
    return PAPER.get(st.context.theme.type or "light", PAPER["light"])


def tint(part: Any, paper: str) -> Any:
    """A part of a Vega-Lite specification with its blue marks as they are read on that page.

    Colors that tell values apart by a scale stay: only marks of one color have a tint.

    Args:
        part: A mapping, a list, or a value of them.
        paper: The page's color, of `PAPER`.
    """
    if paper != PAPER["dark"]:
        return part
    if isinstance(part, list):
        return [tint(one, paper) for one in part]
    if not isinstance(part, dict):
        return part
    whole = {name: one if name == "data" else tint(one, paper) for name, one in part.items()}
    if not (isinstance(part.get("color"), str) and part["color"] in ON_DARK):
        return whole
    seen = {"opacity": max(whole["opacity"], LEAST_OPACITY)} if whole.get("opacity") else {}
    return whole | {"color": ON_DARK[part["color"]]} | seen


def class_colors(classes: Sequence[str]) -> dict[str, str]:
    """One color a class; names that are not ours take the remaining colors in turn."""
    others = (name for name in classes if name not in CLASS_COLORS)
    colors = {name: OTHER_COLORS[i % len(OTHER_COLORS)] for i, name in enumerate(others)}
    return {name: CLASS_COLORS.get(name) or colors[name] for name in classes}
