"""Images that show the same exposure: found by hash, confirmed by their tissue."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.hash_search import Pairs, find_close_pairs
from mammo_core.perceptual_hash import FRAMINGS

RADIUS = 19
"""Of 128 bits: how far the hashes of candidates may lie apart."""
MIN_CORRELATION = 0.7
"""Of the tissue of confirmed pairs.

Among 12,246 pairs of films of mini-MIAS and 120 of digital mammograms, no two exposures reached it:
.64 at most, for the two breasts of a woman. Copies that were scaled, mirrored, compressed, noisy or
brighter lie above .9; docs/quality.md has the table.
"""
MAX_SHIFT = 1
"""How far thumbnails may be moved against each other, in their pixels."""
AT_A_TIME = 512

Rows = NDArray[np.intp]
TakeThumbnails = Callable[[Rows], NDArray[np.int8]]


@dataclass(frozen=True, order=True)
class NearDuplicate:
    """Two images that look the same.

    Attributes:
        distance: In how many of 128 bits the closer of their hashes differ.
        first: A row.
        second: A later row.
        correlation: Of their tissue, from MIN_CORRELATION to 1.
    """

    distance: int
    first: int
    second: int
    correlation: float


def find_near_duplicates(
    codes: NDArray[np.uint64], take_thumbnails: TakeThumbnails
) -> Iterator[NearDuplicate]:
    """Each pair of images that show the same exposure, once.

    Args:
        codes: (N, 2, 2) of `perceptual_hash.Look`.
        take_thumbnails: Gives (n, 2, 32, 32) for n rows; asked for candidates only.
    """
    for pairs in _find_candidates(codes):
        for start in range(0, len(pairs.first), AT_A_TIME):
            part = slice(start, start + AT_A_TIME)
            first, second, distance = pairs.first[part], pairs.second[part], pairs.distance[part]
            alike = correlate(take_thumbnails(first), take_thumbnails(second))
            for k in np.flatnonzero(alike >= MIN_CORRELATION):
                yield NearDuplicate(
                    int(distance[k]), int(first[k]), int(second[k]), round(float(alike[k]), 3)
                )


def correlate(a: NDArray[np.int8], b: NDArray[np.int8]) -> NDArray[np.float32]:
    """(P,) the best correlation over framings and small shifts; 0 where one is blank.

    Args:
        a: (P, 2, 32, 32).
        b: As `a`.
    """
    still, moving = _standardize(a), _standardize(b)
    shifts = range(-MAX_SHIFT, MAX_SHIFT + 1)
    best = np.zeros(still.shape[:2], np.float32)
    for down in shifts:
        for across in shifts:
            moved = np.roll(moving, (down, across), axis=(2, 3))
            np.maximum(best, np.einsum("pfij,pfij->pf", still, moved), out=best)
    return best.max(axis=1)


def _standardize(thumbnails: NDArray[np.int8]) -> NDArray[np.float32]:
    """Each with mean 0 and norm 1."""
    values = thumbnails.astype(np.float32)
    values -= values.mean(axis=(2, 3), keepdims=True)
    norm = np.sqrt(np.einsum("pfij,pfij->pf", values, values))[..., np.newaxis, np.newaxis]
    return values / np.maximum(norm, 1e-6)


def _find_candidates(codes: NDArray[np.uint64]) -> Iterator[Pairs]:
    """Pairs that are near in either framing, with the distance in the nearer one."""
    for framing in range(len(FRAMINGS)):
        for pairs in find_close_pairs(codes[:, framing], RADIUS):
            other = _measure(codes[:, 1 - framing], pairs)
            new = np.ones(len(other), bool) if framing == 0 else other > RADIUS
            nearer = np.minimum(pairs.distance, other)
            yield Pairs(pairs.first[new], pairs.second[new], nearer[new])


def _measure(codes: NDArray[np.uint64], pairs: Pairs) -> NDArray[np.intp]:
    differing = codes[pairs.first] ^ codes[pairs.second]
    return np.bitwise_count(differing).sum(axis=1).astype(np.intp)
