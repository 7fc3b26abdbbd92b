"""Which of two models is better, where the test and the interval agree on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SIGNIFICANT = 0.05
"""A p below it, adjusted where there are several tests, is told as a finding."""
SMALLEST = 0.001
"""A p below this is not told more exactly."""

Estimate = Mapping[str, float | None]


@dataclass(frozen=True)
class Verdict:
    """What a paired difference shows.

    Attributes:
        better: The model that is better, None where that is not settled.
        doubt: Why neither is called better, as the part of a sentence; empty where one is.
        is_open: Whether the test and the interval disagree.
    """

    better: Literal["a", "b"] | None
    doubt: str = ""
    is_open: bool = False

    def name_better(self, a: str = "A", b: str = "B") -> str | None:
        """The name of the better model, None where neither is called so."""
        return {"a": a, "b": b, None: None}[self.better]

    @property
    def sentence(self) -> str:
        """The doubt as the beginning of a sentence."""
        return self.doubt[:1].upper() + self.doubt[1:]


def judge_difference(difference: Estimate, p: float | None) -> Verdict:
    """A model is better only if p is below .05 and the interval leaves 0 out.

    The interval of a difference of AUROCs joins those of both (Zou and Donner 2008,
    doi:10.1002/sim.3095), p is of DeLong's z test: near the edge they may disagree, and an interval
    is not adjusted where p is.

    Args:
        difference: A minus B of a measure of which more is better.
        p: Of the test that they are alike, adjusted where there are several; None: undefined.
    """
    if difference["value"] is None:
        return Verdict(None, "no AUROC can be had: a class is missing among these images")
    if p is None:
        why = "both rank alike" if difference["value"] == 0 else "there are too few patients"
        return Verdict(None, f"no difference can be tested, {why}")
    side, is_small = _find_side(difference), p < SIGNIFICANT
    if side is not None and is_small:
        return Verdict(side)
    if side is None and not is_small:
        return Verdict(None, f"no difference is shown, {tell_p(p)}; they need not be equal")
    doubt = f"not settled, {tell_p(p)} but {_tell_interval(difference)}"
    return Verdict(None, doubt, is_open=True)


def _find_side(difference: Estimate) -> Literal["a", "b"] | None:
    """The model that the whole interval speaks for."""
    low, high = difference["low"], difference["high"]
    if low is None or high is None or low <= 0 <= high:
        return None
    return "a" if low > 0 else "b"


def _tell_interval(difference: Estimate) -> str:
    if difference["low"] is None or difference["high"] is None:
        return "there is no interval"
    is_out = _find_side(difference) is not None
    return "the interval leaves 0 out" if is_out else "the interval reaches 0"


def tell_p(p: float) -> str:
    """A p-value with its sign: "p = 0.03", or "p < 0.001"."""
    text = write_p(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def write_p(p: float) -> str:
    """A p-value by itself in two digits, "0.03" or "< 0.001"; never .05 where it is below that."""
    if p < SMALLEST:
        return f"< {SMALLEST}"
    text = f"{p:.2g}"
    return f"< {SIGNIFICANT}" if p < SIGNIFICANT <= float(text) else text
