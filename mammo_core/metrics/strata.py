"""AUROC and strata: among rows that share a stratum, and of the strata by themselves."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.parts import UNDEFINED_PART, Array, Mask, Part, join_shares

Codes = NDArray[np.integer]
Shared = tuple[Part, Array]
"""A part, and (patients,) what each patient adds to its error."""


def measure_within(
    scores: NDArray[np.floating],
    is_positive: Mask,
    patients: Codes,
    strata: Codes,
) -> Shared:
    """AUROC of the pairs of rows that share a stratum, each pair counting the same.

    Args:
        scores: (N,) of the positive class.
        is_positive: (N,).
        patients: (N,) 0, 1, ...
        strata: (N,); all equal for the AUROC of all pairs.
    """
    return _join_pairs(*_count_pairs(scores, is_positive, strata), is_positive, patients)


def measure_strata(is_positive: Mask, patients: Codes, strata: Codes) -> Shared:
    """AUROC of the strata by themselves: each row is rated by the share of positives in its own.

    At least 0.5, and above it by chance in strata of few patients: see `measure_strata_unseen`.
    """
    stratum = strata - strata.min()
    rates = np.bincount(stratum, is_positive) / np.maximum(np.bincount(stratum), 1)
    return measure_within(rates[stratum], is_positive, patients, np.zeros_like(strata))


def measure_strata_unseen(is_positive: Mask, patients: Codes, strata: Codes) -> Shared:
    """The same where each row is rated by other patients: about 0.5 or less by chance.

    Two rows of one stratum are a tie, or leaving out their own patients would turn them round.
    """
    rates = _rate_by_others(is_positive, patients, strata)
    won, pairs = _count_pairs(rates, is_positive, np.zeros_like(strata))
    won_within, pairs_within = _count_pairs(rates, is_positive, strata)
    return _join_pairs(won - won_within + pairs_within / 2, pairs, is_positive, patients)


def share_pairs(is_positive: Mask, strata: Codes) -> float:
    """Share of all pairs of a positive and a negative row that share a stratum."""
    positives = np.bincount(strata[is_positive] + 1, minlength=strata.max() + 2)
    negatives = np.bincount(strata[~is_positive] + 1, minlength=strata.max() + 2)
    n_pairs = float(positives.sum()) * float(negatives.sum())
    return float((positives.astype(float) * negatives).sum()) / n_pairs if n_pairs else 0.0


def _rate_by_others(is_positive: Mask, patients: Codes, strata: Codes) -> Array:
    """(N,) share of positive rows among other patients' rows of each row's stratum.

    One row of the whole's share is added, so that a stratum of one patient says nothing.
    """
    stratum = (strata - strata.min()).astype(np.int64)
    own = np.unique(patients * (stratum.max() + 1) + stratum, return_inverse=True)[1]
    whole = is_positive.mean()
    positives = _sum_others(stratum, own, is_positive.astype(np.float64))
    rows = _sum_others(stratum, own, np.ones(len(stratum)))
    return (positives + whole) / (rows + 1)


def _sum_others(stratum: Codes, own: Codes, weights: Array) -> Array:
    total = np.bincount(stratum, weights)[stratum] - np.bincount(own, weights)[own]
    return total.astype(np.float64)


def _count_pairs(
    scores: NDArray[np.floating], is_positive: Mask, strata: Codes
) -> tuple[Array, Array]:
    """(N,) of each row's pairs within its stratum those ranked rightly, ties half, and all."""
    order = np.lexsort((scores, strata))
    positive, scores, strata = is_positive[order], scores[order], strata[order]
    below, negatives = _count_below(scores, strata, ~positive)
    not_above, positives = _count_below(scores, strata, positive)
    won, pairs = np.empty(len(order)), np.empty(len(order))
    won[order] = np.where(positive, below, positives - not_above)
    pairs[order] = np.where(positive, negatives, positives)
    return won, pairs


def _join_pairs(won: Array, pairs: Array, is_positive: Mask, patients: Codes) -> Shared:
    """The share of pairs won. A row's share in its error: its wins beyond its pairs' share."""
    size, n_pairs = int(patients.max()) + 1, pairs[is_positive].sum()
    if not n_pairs:
        return UNDEFINED_PART, np.zeros(size)
    auroc = float(won[is_positive].sum() / n_pairs)
    shares = (won - auroc * pairs) / n_pairs
    ours, theirs = is_positive & (pairs > 0), ~is_positive & (pairs > 0)
    return join_shares(
        auroc, (patients[ours], shares[ours]), (patients[theirs], shares[theirs]), size
    )


def _count_below(scores: NDArray[np.floating], strata: Codes, counted: Mask) -> tuple[Array, Array]:
    """Of ordered rows: how many counted ones of each row's stratum lie below it, and in it."""
    total = np.concatenate([[0], np.cumsum(counted)])
    is_new_stratum = np.append(True, strata[1:] != strata[:-1])
    first, after = _run_ends(is_new_stratum)
    start, end = _run_ends(is_new_stratum | np.append(True, scores[1:] != scores[:-1]))
    return (total[start] + total[end]) / 2 - total[first], (total[after] - total[first]) * 1.0


def _run_ends(is_first: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(N,) where the run of each place starts, and one past where it ends."""
    starts = np.flatnonzero(is_first)
    run = np.cumsum(is_first) - 1
    return starts[run], np.append(starts[1:], len(is_first))[run]
