"""All pairs of codes that differ in few bits, without comparing each with each.

Source: multi-index hashing, Norouzi, Punjani and Fleet 2014, doi:10.1109/TPAMI.2013.231.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint64]
Rows = NDArray[np.intp]

CHUNK_BITS = 16
BLOCK = 1 << 18
"""Pairs that are compared at a time, so that memory doesn't grow with their number."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of rows and in how many bits their codes differ.

    Attributes:
        first: (P,) smaller than `second`.
        second: (P,).
        distance: (P,).
    """

    first: Rows
    second: Rows
    distance: NDArray[np.intp]


def find_close_pairs(codes: Codes, radius: int) -> Iterator[Pairs]:
    """Every pair of codes within a Hamming distance, each once, in blocks.

    A code is cut into m chunks of 16 bits. With radius = m * q + r, two codes within it differ by
    at most q bits in one of the first r + 1 chunks or by at most q - 1 in one of the others; for
    otherwise they would differ in (r + 1) * (q + 1) + (m - r - 1) * q = radius + 1 bits at least.
    So it is enough to compare codes that come so near in a chunk: nothing is missed.

    Args:
        codes: (N, words).
        radius: From 0 to half of the bits.
    """
    codes = _deal_bits(codes)
    chunks = codes.view(np.uint16)
    m = chunks.shape[1]
    reaches = [radius // m - (chunk > radius % m) for chunk in range(m)]
    for chunk, reach in enumerate(reaches):
        for first, second in _meet(chunks[:, chunk], reach):
            close = _compare(codes, first, second, radius)
            yield _not_seen_before(chunks, close, reaches[:chunk])


def _deal_bits(codes: Codes) -> Codes:
    """The codes with their bits in another order, the same for all.

    Bits that are nearly always 0 or nearly always 1 tell little; dealt to the chunks in turn, by
    how little they tell, they can't make the codes of one chunk nearly all alike.
    """
    bits = np.unpackbits(np.ascontiguousarray(codes).view(np.uint8), axis=1)
    by_skew = np.argsort(np.abs(bits.sum(axis=0) - len(bits) / 2), kind="stable")
    dealt = by_skew.reshape(CHUNK_BITS, -1).T.ravel()
    return np.ascontiguousarray(np.packbits(bits[:, dealt], axis=1)).view(np.uint64)


def _meet(keys: NDArray[np.uint16], reach: int) -> Iterator[tuple[Rows, Rows]]:
    """Blocks of pairs of rows whose keys differ in at most `reach` bits, each pair once."""
    buckets = _Buckets.build(keys)
    for flips in range(reach + 1):
        for bits in combinations(range(CHUNK_BITS), flips):
            yield from buckets.join(sum(1 << bit for bit in bits))


@dataclass(frozen=True, eq=False)
class _Buckets:
    """Rows ordered by their key.

    Attributes:
        order: (N,) the rows.
        keys: (N,) their keys, ascending.
        starts: (65537,) where each key's rows start in `order`.
    """

    order: Rows
    keys: NDArray[np.intp]
    starts: Rows

    @classmethod
    def build(cls, keys: NDArray[np.uint16]) -> "_Buckets":
        order = np.argsort(keys, kind="stable")
        counts = np.bincount(keys, minlength=1 << CHUNK_BITS)
        return cls(order, keys[order].astype(np.intp), np.concatenate([[0], np.cumsum(counts)]))

    def join(self, mask: int) -> Iterator[tuple[Rows, Rows]]:
        """Blocks of pairs of rows whose keys differ by exactly the mask."""
        places = np.arange(len(self.order))
        if mask:
            highest = 1 << (mask.bit_length() - 1)
            places = places[(self.keys & highest) == 0]  # each pair from one of its sides
            begins, ends = self._bucket_of(self.keys[places] ^ mask)
        else:
            begins, ends = places + 1, self.starts[self.keys + 1]
        for of, partners in _spread(begins, ends):
            yield self.order[places[of]], self.order[partners]

    def _bucket_of(self, keys: NDArray[np.intp]) -> tuple[Rows, Rows]:
        return self.starts[keys], self.starts[keys + 1]


def _spread(begins: Rows, ends: Rows) -> Iterator[tuple[Rows, Rows]]:
    """(i, each number from begins[i] to ends[i]) as two columns, in blocks."""
    filled = np.flatnonzero(ends > begins)
    totals = np.concatenate([[0], np.cumsum(ends[filled] - begins[filled])])
    for low in range(0, int(totals[-1]), BLOCK):
        numbers = np.arange(low, min(low + BLOCK, int(totals[-1])))
        of = np.searchsorted(totals, numbers, "right") - 1
        yield filled[of], begins[filled[of]] + numbers - totals[of]


def _compare(codes: Codes, first: Rows, second: Rows, radius: int) -> Pairs:
    distance = np.zeros(len(first), np.intp)
    for word in codes.T:
        distance += np.bitwise_count(word[first] ^ word[second])
    close = distance <= radius
    a, b = first[close], second[close]
    return Pairs(np.minimum(a, b), np.maximum(a, b), distance[close])


def _not_seen_before(chunks: NDArray[np.uint16], pairs: Pairs, reaches: list[int]) -> Pairs:
    """The pairs that no earlier chunk brought together."""
    new = np.ones(len(pairs.first), bool)
    for chunk, reach in enumerate(reaches):
        differing = chunks[pairs.first, chunk] ^ chunks[pairs.second, chunk]
        new &= np.bitwise_count(differing) > reach
    return Pairs(pairs.first[new], pairs.second[new], pairs.distance[new])
