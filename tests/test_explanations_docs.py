"""docs/explanations.md has a row for every method, with the cost that the method states."""

import re
from pathlib import Path

import pytest

from mammo_core.attribution import METHODS

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "explanations.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TEXT.splitlines()]
ROW_OF = {name: row for row in ROWS if len(row) == 5 for name in re.findall(r"`(\w+)`", row[0])}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_a_row_that_states_its_cost_and_sign(name):
    _, answers, cost, sign, _ = ROW_OF[name]
    assert answers
    assert int(cost) == METHODS[name].cost
    assert sign == ("yes" if METHODS[name].signed else "no")
