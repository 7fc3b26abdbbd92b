"""The way from one version of an image to another, pixel by pixel in a map's order."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.logit_stream import Probe
from mammo_core.evidence.perturbing import Judge, Plan

Image = NDArray[np.float32]
Order = NDArray[np.intp]


def check_steps(steps: int) -> None:
    """See that there is a step to take.

    Raises:
        ValueError: Where there is none.
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")


def plan_flipping(
    start: tuple[str, Image], end: tuple[str, Image], order: Order, steps: int
) -> Plan:
    """Replace `start` by `end` in equal steps, and take the area under the scores.

    Args:
        start: Name and (H, W, C) pixels of the first version, asked about as it is.
        end: Of the last one, asked about as it is, too.
        order: (H W,) pixels, those replaced first at the front.
        steps: How many.
    """
    counts = np.rint(np.linspace(0, len(order), steps + 1)).astype(int)
    shares = counts / len(order)
    return Plan(_walk(start, end, order, counts), _area_over(shares))


def area_under(shares: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    """The trapezoids' area under scores at rising shares, over the span of the shares."""
    return float(np.trapezoid(scores, shares) / (shares[-1] - shares[0]))


def replace_pixels(image: Image, other: Image, pixels: Order) -> Image:
    """The image with the numbered pixels of the other one, in all channels."""
    mixed = image.copy()
    channels = image.shape[-1]
    mixed.reshape(-1, channels)[pixels] = other.reshape(-1, channels)[pixels]
    return mixed


def _area_over(shares: NDArray[np.float64]) -> Judge:
    return lambda scores: area_under(shares, scores)


def _walk(
    start: tuple[str, Image], end: tuple[str, Image], order: Order, counts: NDArray[np.intp]
) -> Iterator[Probe]:
    (first_name, first), (last_name, last) = start, end
    yield Probe(lambda: first, first_name)
    for count in counts[1:-1]:
        yield Probe(partial(replace_pixels, first, last, order[:count]))
    yield Probe(lambda: last, last_name)
