"""The findings below a map: when they are good, and what they are held against."""

import pytest

from mammo_ui.evidence_chips import BAD, FINDINGS, GOOD, build_chips, is_measured
from mammo_ui.overlay_store import Measured

CONTROLS = {"random": 0.1, "edges": 0.3, "center": 0.2}


def chip(**values):
    """The one chip of these measures, beside controls."""
    measured = {name: Measured(value, CONTROLS) for name, value in values.items()}
    (found,) = build_chips(measured)
    return found


def test_a_map_is_on_the_lesion_only_beyond_the_best_of_the_controls():
    assert chip(energy_pointing=0.31).standing == "good"
    assert chip(energy_pointing=0.29).standing == "weak"
    assert "edges 30" in chip(energy_pointing=0.31).help


@pytest.mark.parametrize(
    ("measure", "good", "weak"),
    [
        ("in_breast", 0.95, 0.5),
        ("completeness", 0.1, 0.9),
        ("class_sensitivity", 0.8, 0.01),
        ("max_sensitivity", 0.29, 0.31),
    ],
)
def test_each_finding_has_its_direction_and_tells_it_by_a_mark_as_well(measure, good, weak):
    assert chip(**{measure: good}).text.startswith(GOOD)
    assert chip(**{measure: weak}).text.startswith(BAD)


def test_what_looks_the_same_as_the_best_control_gets_no_mark():
    (found,) = build_chips({"energy_pointing": Measured(0.193, {"edges": 0.189})})
    assert found.standing == ""
    assert GOOD not in found.text
    assert BAD not in found.text


def test_faithful_is_insertion_less_deletion():
    assert "0.25" in chip(insertion=0.75, deletion=0.5).text
    assert build_chips({"insertion": Measured(0.75, CONTROLS)}) == ()


def test_faithful_is_held_against_the_same_difference_of_the_controls():
    best = {"edges": 0.8}
    measured = {"insertion": Measured(0.75, best), "deletion": Measured(0.5, {"edges": 0.5})}
    (found,) = build_chips(measured)
    assert found.standing == "weak"
    assert "edges 0.30" in found.help


def test_what_is_undefined_is_left_out_and_counts_as_measured():
    nothing = {m: Measured(None, {}) for one in FINDINGS for m in one.metrics}
    assert build_chips(nothing) == ()
    assert is_measured(nothing)
    assert not is_measured({})


def test_a_contrast_is_not_called_sensitive_to_the_class_that_it_names_itself():
    measured = {"class_sensitivity": Measured(2.0, {}), "in_breast": Measured(0.95, {})}
    (found,) = build_chips(measured, is_contrast=True)
    assert "in the breast" in found.text
    assert len(build_chips(measured)) == 2


def test_without_controls_a_number_is_not_judged():
    (found,) = build_chips({"energy_pointing": Measured(0.4, {})})
    assert found.standing == ""
    assert "40" in found.text
