"""What calibration figures mean, in a sentence."""

from collections.abc import Mapping

from mammo_core.plain_text import format_estimate

Figure = Mapping[str, float | None]


def tell_calibration(figures: Mapping[str, Figure]) -> str:
    """Whether probabilities are too extreme, too careful, too high or too low, as far as known.

    Args:
        figures: `calibration` of an evaluation: its `slope` and `mean_excess` are read.
    """
    slope, excess = figures["slope"], figures["mean_excess"]
    found = [text for text in (_tell_slope(slope), _tell_excess(excess)) if text]
    if found:
        return f"The probabilities are {', and '.join(found)}."
    if slope["value"] is None:
        return (
            "The slope is undefined: the probabilities separate the classes or are all the same, "
            "or a class is missing."
        )
    return (
        f"No fault can be told: the slope {format_estimate(slope)} holds 1, the mean excess "
        f"{format_estimate(excess)} holds 0. Few patients can tell little."
    )


def _tell_slope(slope: Figure) -> str:
    side = _side_of(slope, 1.0)
    words = {"above": "too careful, too near to each other", "below": "too extreme"}
    return f"{words[side]} (slope {format_estimate(slope)}, 1 is right)" if side else ""


def _tell_excess(excess: Figure) -> str:
    side = _side_of(excess, 0.0)
    words = {"above": "too high", "below": "too low"}
    return (
        f"{words[side]} on the whole (mean excess {format_estimate(excess)}, 0 is right)"
        if side
        else ""
    )


def _side_of(estimate: Figure, right: float) -> str | None:
    """On which side of what is right the whole interval lies; None where it holds it."""
    low, high = estimate["low"], estimate["high"]
    if low is None or high is None:
        return None
    if low > right:
        return "above"
    return "below" if high < right else None
