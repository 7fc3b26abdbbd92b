"""All close pairs of codes, found without comparing each with each."""

import numpy as np
import pytest

from mammo_core import hash_search
from mammo_core.hash_search import find_close_pairs


def make_codes(n, words=2, seed=0):
    """Random codes, a fifth of them others with up to 30 bits flipped."""
    rng = np.random.default_rng(seed)
    bits = rng.random((n, 64 * words)) < 0.5
    for row in rng.choice(n, n // 5, replace=False):
        bits[row] = bits[rng.integers(n)]
        bits[row, rng.choice(64 * words, rng.integers(31), replace=False)] ^= True
    return np.packbits(bits, axis=1).view(np.uint64)


def found(codes, radius):
    """[(first, second, distance)] in order."""
    return sorted(
        (int(a), int(b), int(d))
        for pairs in find_close_pairs(codes, radius)
        for a, b, d in zip(pairs.first, pairs.second, pairs.distance, strict=True)
    )


def compare_all(codes, radius):
    """The same by comparing each with each."""
    distance = np.bitwise_count(codes[:, None] ^ codes[None]).sum(axis=-1)
    close = np.argwhere(np.triu(distance <= radius, 1))
    return [(int(a), int(b), int(distance[a, b])) for a, b in close]


@pytest.mark.parametrize("radius", [0, 3, 7, 8, 15, 19])
def test_no_close_pair_is_missed_and_none_comes_twice(radius):
    codes = make_codes(400, seed=radius)
    expected = compare_all(codes, radius)
    assert len(expected) >= (radius > 0)
    assert found(codes, radius) == expected


@pytest.mark.parametrize("words", [1, 4])
def test_codes_of_other_lengths_are_searched_as_exactly(words):
    codes = make_codes(300, words)
    assert found(codes, 6 * words) == compare_all(codes, 6 * words)


def test_blocks_change_nothing(monkeypatch):
    codes = make_codes(200)
    whole = found(codes, 12)
    monkeypatch.setattr(hash_search, "BLOCK", 7)
    assert found(codes, 12) == whole


def test_equal_codes_are_pairs_of_distance_0():
    codes = np.repeat(make_codes(1), 4, axis=0)
    assert found(codes, 5) == [(a, b, 0) for a in range(4) for b in range(a + 1, 4)]


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_codes_have_no_pairs(n):
    assert found(make_codes(9)[:n], 10) == []


def test_a_pair_is_close_up_to_the_radius_and_no_further():
    codes = np.zeros((2, 2), np.uint64)
    codes[1] = [0b111, 1 << 63]
    assert found(codes, 4) == [(0, 1, 4)]
    assert found(codes, 3) == []
