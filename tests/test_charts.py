"""Every chart of the pages says how to read it and gives its numbers away."""

import ast
from pathlib import Path

import pytest

from mammo_ui.composition import tell_range
from mammo_ui.theme import BLUE, PAPER, VERMILION, tint

ROOT = Path(__file__).resolve().parents[1]
SAID_ONCE = {"compare_cases.py"}
"""Two charts side by side with one sentence below both."""


def calls_of(name):
    """(file, call) of each call of that function in the app."""
    for path in (*ROOT.glob("pages/*.py"), *ROOT.glob("mammo_ui/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if getattr(called, "attr", getattr(called, "id", None)) == name:
                yield path.name, node


def test_every_chart_has_a_sentence_on_how_to_read_it():
    readings = {(file, call.lineno): call.args[2] for file, call in calls_of("show_chart")}
    empty = {
        file
        for (file, _), reading in readings.items()
        if isinstance(reading, ast.Constant) and not reading.value
    }
    assert len(readings) > 15
    assert empty <= SAID_ONCE


def test_charts_of_vega_are_drawn_only_where_their_numbers_are_offered():
    assert {file for file, _ in calls_of("vega_lite_chart")} == {"charts.py"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("a", "ill", 0.25), ("b", "ill", 0.5)], "ill: from 25 % (a) to 50 % (b)."),
        ([("a", "ill", 0.25), ("b", "well", 1.0)], "ill: from 0 % (b) to 25 % (a)."),
        ([("a", "ill", 0.5), ("b", "ill", 0.5)], "ill: 50 % of each."),
    ],
)
def test_the_range_of_a_label_goes_from_its_rarest_to_its_commonest_value(rows, told):
    named = [{"value": value, "label": label, "share": share} for value, label, share in rows]
    assert tell_range(named, "ill") == told


def luminance(color):
    """Relative luminance of a color such as #12161b, from 0 to 1 (WCAG 2.2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def lay_over(color, opacity, paper):
    pairs = zip(
        *([int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in (color, paper)), strict=True
    )
    return "#" + "".join(
        f"{round(opacity * top + (1 - opacity) * below):02x}" for top, below in pairs
    )


@pytest.mark.parametrize("opacity", [0.18, 0.55, 0.7, 1.0])
def test_a_blue_mark_stands_out_from_a_dark_page_three_to_one(opacity):
    spec = {"layer": [{"mark": {"type": "area", "color": BLUE, "opacity": opacity}}]}
    mark = tint(spec, PAPER["dark"])["layer"][0]["mark"]
    seen = luminance(lay_over(mark["color"], mark["opacity"], PAPER["dark"]))
    assert (seen + 0.05) / (luminance(PAPER["dark"]) + 0.05) >= 3
    assert mark["opacity"] >= opacity


def test_what_is_no_blue_mark_is_drawn_the_same_on_every_page():
    spec = {
        "data": {"values": [{"color": BLUE}]},
        "mark": {"color": VERMILION, "opacity": 0.1},
        "encoding": {"color": {"scale": {"range": [BLUE, VERMILION]}}},
    }
    unseen = {"mark": {"color": BLUE, "opacity": 0}}
    assert tint(spec, PAPER["dark"]) == spec
    assert tint(unseen, PAPER["dark"])["mark"]["opacity"] == 0
    assert tint({"mark": {"color": BLUE}}, PAPER["light"]) == {"mark": {"color": BLUE}}
