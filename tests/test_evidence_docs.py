"""docs/evidence.md says of every measure of maps what the measure says of itself."""

import re
from pathlib import Path

import pytest

from mammo_core.evidence import METRICS

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "evidence.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("` "): [cell.strip() for cell in cells[1:]]
    for cells in (line.strip("| ").split("|") for line in TEXT.splitlines() if line[:3] == "| `")
    if len(cells) == 5
}


def test_the_table_has_every_measure():
    assert list(ROWS) == list(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_family_and_direction_are_the_measures_own(name):
    family, better, _, random = ROWS[name]
    assert family == METRICS[name].family
    assert better == ("higher" if METRICS[name].higher_is_better else "lower")
    assert random


@pytest.mark.parametrize("name", METRICS)
def test_the_range_is_the_measures_own(name):
    low, high = METRICS[name].range
    assert ROWS[name][2] == f"{'' if low is None else f'{low:g} '}to {high:g}"


@pytest.mark.parametrize("name", METRICS)
def test_every_source_is_cited(name):
    sources = re.findall(r"(?:arXiv:|doi:)[^\s,;)]+", METRICS[name].reference)
    assert sources
    assert any(source in TEXT for source in sources)
