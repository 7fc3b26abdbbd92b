"""Which of two models is called better: by the test and the interval together, by neither alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_core.metrics.verdict import SIGNIFICANT, judge_difference, tell_p, write_p

ENDS = st.floats(-1, 1).filter(lambda end: abs(end) > 1e-6)
PS = st.floats(0, 1)


def estimate(low, high):
    return {"value": (low + high) / 2, "low": low, "high": high}


@given(ENDS, ENDS, PS)
def test_a_model_is_better_only_where_test_and_interval_say_so(one, other, p):
    low, high = sorted((one, other))
    verdict = judge_difference(estimate(low, high), p)
    assert (verdict.better == "a") == (p < SIGNIFICANT and low > 0)
    assert (verdict.better == "b") == (p < SIGNIFICANT and high < 0)
    assert (verdict.better is None) == bool(verdict.doubt)


@given(ENDS, ENDS, PS)
def test_the_models_may_change_places(one, other, p):
    low, high = sorted((one, other))
    turned = judge_difference(estimate(-high, -low), p)
    here = judge_difference(estimate(low, high), p)
    assert turned.name_better("b", "a") == here.better
    assert (turned.doubt, turned.is_open) == (here.doubt, here.is_open)


@given(ENDS, ENDS, PS)
def test_it_is_open_exactly_where_test_and_interval_disagree(one, other, p):
    low, high = sorted((one, other))
    leaves_out = low > 0 or high < 0
    verdict = judge_difference(estimate(low, high), p)
    assert verdict.is_open == (leaves_out != (p < SIGNIFICANT))
    assert verdict.doubt.startswith("not settled") == verdict.is_open


@pytest.mark.parametrize(
    ("difference", "p", "doubt"),
    [
        (estimate(-0.01, 0.2), 0.04, "not settled, p = 0.04 but the interval reaches 0"),
        (estimate(0.0, 0.2), 0.04, "not settled, p = 0.04 but the interval reaches 0"),
        (estimate(0.01, 0.2), 0.06, "not settled, p = 0.06 but the interval leaves 0 out"),
        ({"value": 0.1, "low": None, "high": None}, 0.01, "p = 0.01 but there is no interval"),
        (estimate(-0.1, 0.2), 0.5, "no difference is shown, p = 0.5"),
        (estimate(-0.1, 0.1), None, "both rank alike"),
        ({"value": 0.1, "low": None, "high": None}, None, "too few patients"),
        ({"value": None, "low": None, "high": None}, None, "a class is missing"),
    ],
)
def test_why_neither_is_better_is_said(difference, p, doubt):
    verdict = judge_difference(difference, p)
    assert verdict.better is None
    assert doubt in verdict.doubt
    assert verdict.sentence[0].isupper()


@given(PS)
def test_a_written_p_is_on_the_side_of_the_limit_on_which_it_is(p):
    text = write_p(p)
    limit = text.removeprefix("< ")
    assert (p < SIGNIFICANT) == (float(limit) < SIGNIFICANT or text == f"< {SIGNIFICANT}")


@given(PS)
def test_a_written_p_is_near_the_p_or_above_it(p):
    text = write_p(p)
    if text.startswith("<"):
        assert p < float(text[1:])
        assert tell_p(p) == f"p {text}"
    else:
        assert float(text) == pytest.approx(p, rel=0.051)
        assert tell_p(p) == f"p = {text}"


def test_a_p_of_rounding_that_is_below_the_limit_is_not_written_as_the_limit():
    assert [write_p(p) for p in (0.0499, 0.05, 0.049, 0.0004)] == [
        "< 0.05",
        "0.05",
        "0.049",
        "< 0.001",
    ]
