"""docs/uncertainty.md names what there is."""

from pathlib import Path

from mammo_core.uncertainty import MEASURES, PASS_MEASURES, PASS_METHODS
from mammo_core.uncertainty.conformal import CONFORMAL

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "uncertainty.md").read_text(encoding="utf-8")


def test_every_measure_method_and_way_to_sets_is_named():
    named = [*MEASURES, *PASS_MEASURES, *PASS_METHODS, *CONFORMAL]
    assert not [name for name in named if f"`{name}`" not in TEXT]
