"""Which learning rate to take, read from a run in which it rises from batch to batch.

The range test of Smith 2017, arXiv:1506.01186, with an exponential rise. Of what it departs in:
the paper reads the highest rate from a plot of accuracy; here a rule on the smoothed loss does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATES = {"patches": "patch_learning_rate", "head": "head_learning_rate"}
"""The setting that holds the learning rate of each stage that has its own."""

MEMORY = 0.9
"""How much of the mean of the losses before goes into the next smoothed loss."""
DIVERGED = 2.0
"""The run ends where the smoothed loss is so many times its lowest."""
SAFE = 10.0
"""The suggestion is the rate of the lowest smoothed loss over this."""
SURE = 3.0
"""A loss that never fell by so many standard errors of its smoothed start tells nothing."""
SETTLED = 10
"""Steps after which the smoothed loss is no longer that of a few batches."""


@dataclass(frozen=True)
class RateCurve:
    """The course of such a run.

    Attributes:
        rates: The learning rate of each step, rising.
        losses: The batch's loss at each.
        smoothed: Their running mean.
        suggestion: A rate to train with, None where the loss never fell.
        diverged_at: The rate at which it ended, None where it reached the highest.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float | None
    diverged_at: float | None


def rate_key(stage: str) -> str:
    """The setting that holds the learning rate of the stage of that name."""
    return RATES.get(stage, "learning_rate")


def list_rates(lowest: float, highest: float, n_steps: int) -> NDArray[np.float64]:
    """(n_steps,) rates that rise by the same factor from step to step."""
    return np.geomspace(lowest, highest, n_steps)


def smooth_losses(losses: Sequence[float]) -> NDArray[np.float64]:
    """(n,) exponential running means, corrected for having begun at 0 (Kingma and Ba 2015)."""
    means = np.empty(len(losses))
    total = 0.0
    for step, loss in enumerate(losses, start=1):
        total = MEMORY * total + (1 - MEMORY) * loss
        means[step - 1] = total / (1 - MEMORY**step)
    return means


def sweep_rates(step: Callable[[float], float], rates: Sequence[float]) -> RateCurve:
    """Take a step at each rate until the loss diverges.

    Args:
        step: Learns once with that rate and gives the loss before it learnt.
        rates: Rising.
    """
    losses: list[float] = []
    for rate in rates:
        losses.append(step(float(rate)))
        if _has_diverged(losses):
            break
    whole = losses if np.isfinite(losses[-1]) else losses[:-1]
    smoothed = smooth_losses(whole)
    taken = tuple(float(rate) for rate in rates[: len(whole)])
    ended = len(losses) < len(rates) or len(whole) < len(losses)
    return RateCurve(
        rates=taken,
        losses=tuple(whole),
        smoothed=tuple(smoothed.tolist()),
        suggestion=suggest_rate(taken, whole, smoothed),
        diverged_at=float(rates[len(losses) - 1]) if ended else None,
    )


def suggest_rate(
    rates: Sequence[float], losses: Sequence[float], smoothed: NDArray[np.float64]
) -> float | None:
    """A tenth of the rate at which the smoothed loss is lowest, with two digits.

    The lowest loss stands where learning and diverging are even, so that a rate well below learns
    without diverging. None where the loss never fell by more than batches differ.
    """
    if len(smoothed) <= SETTLED:
        return None
    lowest = SETTLED + int(np.argmin(smoothed[SETTLED:]))
    start = np.asarray(losses[: max(SETTLED, len(losses) // 4)])
    error = start.std() * np.sqrt((1 - MEMORY) / (1 + MEMORY))
    if smoothed[lowest] >= start.mean() - SURE * error:
        return None
    return float(f"{rates[lowest] / SAFE:.1e}")


def _has_diverged(losses: Sequence[float]) -> bool:
    if not np.isfinite(losses[-1]):
        return True
    smoothed = smooth_losses(losses)
    return len(losses) > SETTLED and bool(smoothed[-1] > DIVERGED * smoothed.min())
