"""docs/evidence.md says of every measure what the measure says of itself."""

import re
from pathlib import Path

import pytest

from mammo_core.case_measures import CASE_METRICS
from mammo_core.evidence import METHOD_METRICS, METRICS

PUBLISHED = {**METRICS, **METHOD_METRICS}
ALL = {**PUBLISHED, **CASE_METRICS}
TEXT = (Path(__file__).resolve().parents[1] / "docs" / "evidence.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("` "): [cell.strip() for cell in cells[1:]]
    for cells in (line.strip("| ").split("|") for line in TEXT.splitlines() if line[:3] == "| `")
    if len(cells) == 5
}


def test_the_table_has_every_measure():
    assert list(ROWS) == list(ALL)


@pytest.mark.parametrize("name", ALL)
def test_family_and_direction_are_the_measures_own(name):
    family, better, _, random = ROWS[name]
    assert family == ALL[name].family
    assert better == ("higher" if ALL[name].higher_is_better else "lower")
    assert random


@pytest.mark.parametrize("name", ALL)
def test_the_range_is_the_measures_own(name):
    low, high = ALL[name].range
    ends = [] if low is None else [f"{low:g}"]
    told = f"from {low:g}" if high is None else " ".join([*ends, f"to {high:g}"])
    assert ROWS[name][2] == told


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_source_is_cited(name):
    sources = re.findall(r"(?:arXiv:|doi:)[^\s,;)]+", ALL[name].reference)
    assert sources
    assert any(source in TEXT for source in sources)
