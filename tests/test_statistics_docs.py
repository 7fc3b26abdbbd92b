"""docs/statistics.md names every number and option that `evaluate` knows."""

import re
from pathlib import Path

import pytest

from mammo_core.metrics.aggregation import AGGREGATIONS, LEVELS
from mammo_core.metrics.classification import PER_CLASS, SUMMARIES
from mammo_core.metrics.intervals import INTERVALS
from mammo_core.metrics.operating_points import CHOICES, COST_RATIO, RATES
from mammo_core.metrics.prevalence import AT_PREVALENCE
from mammo_core.metrics.sections.classification import RANKINGS
from mammo_core.verbs.evaluate import evaluate

DOCS = Path(__file__).resolve().parents[1] / "docs"
TEXT = (DOCS / "statistics.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([\w.]+)`", TEXT))


@pytest.mark.parametrize(
    "names",
    [
        LEVELS,
        AGGREGATIONS,
        INTERVALS,
        SUMMARIES,
        PER_CLASS,
        RANKINGS,
        RATES,
        AT_PREVALENCE,
        CHOICES,
    ],
    ids=lambda names: next(iter(names)),
)
def test_every_member_of_a_table_is_explained(names):
    assert set(names) <= NAMED


def test_what_stands_in_no_table_is_explained_too():
    points = {f"cost_ratio_{COST_RATIO:g}", "default", "chosen_on"}
    shares = {"prevalence", "target_prevalence"}
    assert points | shares | {"macro_auroc", "auroc", "pf1", "support"} <= NAMED


def test_every_option_that_it_names_exists():
    options = {name.replace("_", "-") for name in evaluate.__annotations__}
    assert set(re.findall(r"--([a-z][a-z-]+)", TEXT)) <= options


def test_every_page_that_it_leads_to_is_there():
    for name in re.findall(r"\]\(([\w.]+)\)", TEXT):
        assert (DOCS / name).is_file()
