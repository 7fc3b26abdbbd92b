"""The colors that mean the same thing on every page (Okabe and Ito 2008)."""

from collections.abc import Sequence

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


def page_color() -> str:
    """What the page is drawn on for who looks at it."""
    return PAPER.get(st.context.theme.type or "light", PAPER["light"])


def class_colors(classes: Sequence[str]) -> dict[str, str]:
    """One color a class; names that are not ours take the remaining colors in turn."""
    others = (name for name in classes if name not in CLASS_COLORS)
    colors = {name: OTHER_COLORS[i % len(OTHER_COLORS)] for i, name in enumerate(others)}
    return {name: CLASS_COLORS.get(name) or colors[name] for name in classes}
