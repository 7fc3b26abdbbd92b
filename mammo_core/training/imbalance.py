"""Ways to make rare classes count: by the weight of their images or by how often they are drawn."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.training.configuration import Imbalance

Counts = NDArray[np.integer]
Weights = NDArray[np.float32]
Positions = NDArray[np.int64]

BETA = 0.999
"""Of the effective number: as if a class had at most 1 / (1 - beta) = 1,000 different images."""


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """One way to deal with rare classes.

    Attributes:
        title: Its name in the literature.
        does: What it does, in a sentence.
        weigh: (K,) weights of an image by its class from (K,) counts; 1 on average over images.
        draw: The order of an epoch, from the positions of the images and their labels.
        reference: Author, year and DOI or arXiv, where it has one.
    """

    title: str
    does: str
    weigh: Callable[[Counts], Weights]
    draw: Callable[[Positions, Positions, np.random.Generator], Positions]
    reference: str = ""


def weigh_equally(counts: Counts) -> Weights:
    """1 for every class."""
    return np.ones(len(counts), np.float32)


def weigh_by_inverse(counts: Counts) -> Weights:
    """The inverse of each class's share, so that all classes weigh the same in sum."""
    return _normalize(1 / np.maximum(counts, 1), counts)


def weigh_by_effective_number(counts: Counts) -> Weights:
    """The inverse of (1 - beta^n) / (1 - beta), which grows ever slower than the count n."""
    return _normalize((1 - BETA) / (1 - BETA ** np.maximum(counts, 1)), counts)


def draw_each_once(positions: Positions, labels: Positions, rng: np.random.Generator) -> Positions:
    """All positions, shuffled."""
    return rng.permutation(positions)


def draw_classes_equally(
    positions: Positions, labels: Positions, rng: np.random.Generator
) -> Positions:
    """As many positions, every class equally often; none comes again before its class is through.

    What doesn't divide evenly goes to classes at random.
    """
    present = rng.permutation(np.unique(labels))
    shares = np.diff(np.linspace(0, len(positions), len(present) + 1).round().astype(int))
    drawn = [
        _draw_over_again(positions[labels == label], share, rng)
        for label, share in zip(present, shares, strict=True)
    ]
    return rng.permutation(np.concatenate(drawn))


STRATEGIES: dict[Imbalance, Strategy] = {
    "none": Strategy(
        title="As they are",
        does="Every image counts the same.",
        weigh=weigh_equally,
        draw=draw_each_once,
    ),
    "class_weights": Strategy(
        title="Class weights",
        does="An image weighs the inverse of its class's share, so that classes weigh the same.",
        weigh=weigh_by_inverse,
        draw=draw_each_once,
    ),
    "effective_number": Strategy(
        title="Effective number",
        does=f"An image weighs the inverse of its class's effective number (beta {BETA}), milder "
        "than class weights where classes are large.",
        weigh=weigh_by_effective_number,
        draw=draw_each_once,
        reference="Cui et al. 2019, arXiv:1901.05555",
    ),
    "balanced_sampling": Strategy(
        title="Balanced sampling",
        does="An epoch shows every class equally often: images of rare classes come again, some "
        "of frequent ones wait for another epoch.",
        weigh=weigh_equally,
        draw=draw_classes_equally,
    ),
}


def _normalize(weights: NDArray[np.floating], counts: Counts) -> Weights:
    """The weights with a mean of 1 over images."""
    return (weights * counts.sum() / (weights @ counts)).astype(np.float32)


def _draw_over_again(positions: Positions, n: int, rng: np.random.Generator) -> Positions:
    """So many of the positions, shuffled anew each time they are through."""
    rounds = [rng.permutation(positions) for _ in range(-(-n // len(positions)))]
    return np.concatenate([*rounds, positions[:0]])[:n]
