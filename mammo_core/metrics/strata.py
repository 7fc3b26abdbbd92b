"""AUROC and strata: among rows that share a stratum, and of the strata by themselves."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.parts import UNDEFINED_PART, Array, Mask, Part, join_shares

Codes = NDArray[np.integer]
Ends = tuple[NDArray[np.intp], NDArray[np.intp]]
Shared = tuple[Part, Array]
"""A part, and (patients,) what each patient adds to its error."""


class PairedRows:
    """AUROC of the pairs of rows that share a stratum, each pair counting the same.

    The rows are sorted once, whatever the strata.
    """

    def __init__(self, scores: NDArray[np.generic], is_positive: Mask, patients: Codes) -> None:
        """Sort.

        Args:
            scores: (N,) of the positive class.
            is_positive: (N,).
            patients: (N,) 0, 1, ...
        """
        self._order = np.argsort(scores, kind="stable")
        ordered = scores[self._order]
        self._level = np.cumsum(np.append(False, ordered[1:] != ordered[:-1]))
        self._is_positive, self._patients = is_positive[self._order], patients[self._order]

    def within(self, strata: Codes) -> Shared:
        """The AUROC within strata (N,)."""
        strata = strata[self._order]
        order = np.argsort(strata, kind="stable")
        positive, patients = self._is_positive[order], self._patients[order]
        won, pairs = _count_pairs(self._level[order], positive, strata[order])
        return _join_pairs(won, pairs, positive, patients)

    def everywhere(self) -> Shared:
        """The AUROC of all pairs."""
        return self.within(np.zeros(len(self._order), dtype=np.int8))


def measure_strata(is_positive: Mask, patients: Codes, strata: Codes) -> Shared:
    """AUROC of the strata by themselves: each row is rated by the share of positives in its own.

    At least 0.5, and above it by chance in strata of few patients: see `measure_strata_unseen`.
    """
    stratum = strata - strata.min()
    rates = np.bincount(stratum, is_positive) / np.maximum(np.bincount(stratum), 1)
    ranks = np.unique(rates, return_inverse=True)[1].astype(np.int16)
    return PairedRows(ranks[stratum], is_positive, patients).everywhere()


def measure_strata_unseen(is_positive: Mask, patients: Codes, strata: Codes) -> Shared:
    """The same where each row is rated by other patients: about 0.5 or less by chance.

    Two rows of one stratum are a tie, or leaving out their own patients would turn them round.
    """
    rates = _rate_by_others(is_positive, patients, strata)
    order = np.lexsort((rates, strata))
    won_within, pairs_within = _count_pairs(rates[order], is_positive[order], strata[order])
    by_rate, place = np.argsort(rates, kind="stable"), np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    together = np.zeros_like(strata)
    won, pairs = _count_pairs(rates[by_rate], is_positive[by_rate], together)
    place = place[by_rate]
    won = won - won_within[place] + pairs_within[place] / 2
    return _join_pairs(won, pairs, is_positive[by_rate], patients[by_rate])


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
    scores: NDArray[np.generic], is_positive: Mask, strata: Codes
) -> tuple[Array, Array]:
    """Of each row's pairs within its stratum those ranked rightly, ties half, and all.

    Args:
        scores: (N,) ascending within strata.
        is_positive: (N,).
        strata: (N,) ascending.
    """
    is_new = np.append(True, strata[1:] != strata[:-1])
    stratum, tie = _run_ends(is_new), _run_ends(is_new | np.append(True, scores[1:] != scores[:-1]))
    below, negatives = _count_below(~is_positive, stratum, tie)
    not_above, positives = _count_below(is_positive, stratum, tie)
    won = np.where(is_positive, below, positives - not_above)
    return won, np.where(is_positive, negatives, positives)


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


def _count_below(counted: Mask, stratum: Ends, tie: Ends) -> tuple[Array, Array]:
    """(N,) how many counted rows of each row's stratum lie below it, ties half, and in it."""
    total = np.concatenate([[0.0], np.cumsum(counted)])
    first, after = (total[ends] for ends in stratum)
    return (total[tie[0]] + total[tie[1]]) / 2 - first, after - first


def _run_ends(is_first: Mask) -> Ends:
    """(N,) where the run of each place starts, and one past where it ends."""
    starts = np.flatnonzero(is_first)
    run = np.cumsum(is_first) - 1
    return starts[run], np.append(starts[1:], len(is_first))[run]
