"""Every chart of the pages says how to read it and gives its numbers away."""

import ast
from pathlib import Path

import pytest

from mammo_ui.composition import tell_range

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
