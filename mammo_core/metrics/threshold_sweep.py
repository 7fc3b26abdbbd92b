"""Rates at any threshold with intervals, instantly: one bootstrap beforehand serves them all."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.bootstrap import resample
from mammo_core.metrics.classification import divide
from mammo_core.metrics.estimate import (
    LEVELS,
    Estimate,
    percentile_estimate,
    widen_certain,
)
from mammo_core.metrics.operating_points import RATES
from mammo_core.metrics.patient_counts import PatientCounts
from mammo_core.metrics.prevalence import estimate_at_prevalence, rates_at_prevalence
from mammo_core.metrics.rankings import ScoreBins

Array = NDArray[np.floating]


class ThresholdSweep:
    """Replicates of how many positives and negatives lie above each of up to 1,024 scores.

    Values are exact at every threshold. Replicates are exact at the edges of the bins (at every
    threshold where there are few distinct scores); between two edges a bin is split as the rows
    themselves are, which moves an interval's end by less than a thousandth of the rows.

    Attributes:
        n_patients: Of how many patients the draws are.
    """

    def __init__(
        self,
        scores: Array,
        is_positive: NDArray[np.bool_],
        patients: NDArray[np.integer],
        *,
        replicates: int = 1000,
        seed: int = 0,
    ) -> None:
        """Draw the patients and keep about 8 KB a replicate.

        Args:
            scores: (N,) of the positive class.
            is_positive: (N,).
            patients: (N,) 0, 1, ...
            replicates: How many draws.
            seed: Of the draws.
        """
        self.n_patients = n_patients = int(patients.max()) + 1
        bins = ScoreBins(scores, is_positive, patients, n_patients)
        drawn = resample({"": bins}, n_patients=n_patients, replicates=replicates, seed=seed)[""]
        self._edges = bins.edges
        self._above = _at_or_above(drawn)
        self._patients = PatientCounts(scores, is_positive, patients)
        self._sorted = (np.sort(scores[~is_positive]), np.sort(scores[is_positive]))

    def at_threshold(
        self, threshold: float, prevalence: float | None = None
    ) -> dict[str, Estimate]:
        """The `RATES` where p >= threshold is called: sensitivity, specificity, PPV and so on.

        Args:
            threshold: Of the score.
            prevalence: Where given, those of `AT_PREVALENCE` come too, `ppv_at_prevalence` and
                `npv_at_prevalence` for instance.

        Raises:
            BadConfiguration: For a prevalence that is not between 0 and 1.
        """
        values, drawn = self.draw_at(threshold)
        found = {name: percentile_estimate(float(values[name]), drawn[name]) for name in values}
        n_patients = self._patients.at_threshold(threshold)
        rates = {name: widen_certain(one, n_patients[name]) for name, one in found.items()}
        if prevalence is None:
            return rates
        at, drawn_at = (rates_at_prevalence(one, prevalence) for one in (values, drawn))
        found |= {name: percentile_estimate(float(at[name]), drawn_at[name]) for name in at}
        return rates | estimate_at_prevalence(rates, found, prevalence)

    def draw_at(self, threshold: float) -> tuple[dict[str, Array], dict[str, Array]]:
        """The rates at a threshold and, each (B,), their replicates.

        Sweeps of the same patients with one seed have the same draws: their replicates may be
        subtracted.
        """
        fp, tp = (_count_from(scores, threshold) for scores in self._sorted)
        negatives, positives = (len(scores) for scores in self._sorted)
        values = _rates(np.array(tp), np.array(fp), np.array(positives), np.array(negatives))
        fps, tps = (self._replicates(kind, threshold) for kind in (0, 1))
        return values, _rates(tps, fps, self._above[1, 0], self._above[0, 0])

    def outcomes_at(self, threshold: float) -> dict[str, int]:
        """How many rows are TP, FP, FN and TN where p >= threshold is called."""
        fp, tp = (_count_from(scores, threshold) for scores in self._sorted)
        negatives, positives = (len(scores) for scores in self._sorted)
        return {"TP": tp, "FP": fp, "FN": positives - tp, "TN": negatives - fp}

    def draw_prevalence(self) -> tuple[Array, Array]:
        """The share of positives and, (B,), its replicates."""
        negatives, positives = (np.array(len(scores)) for scores in self._sorted)
        of_draws = self._above[:, 0]
        return divide(positives, positives + negatives), divide(of_draws[1], of_draws.sum(axis=0))

    def roc_band(self, n_points: int = 101) -> tuple[Array, Array, Array]:
        """(false positive rates, low, high): the 95 % band of sensitivity at each of them."""
        rates = np.linspace(0, 1, n_points)
        fpr, tpr = divide(self._above, self._above[:, :1])[:, ::-1]
        curves = [
            np.interp(rates, x, y)
            for x, y in zip(fpr.T, tpr.T, strict=True)
            if not np.isnan(x[-1] + y[-1])
        ]
        if not curves:
            return rates, np.full(n_points, np.nan), np.full(n_points, np.nan)
        low, high = np.percentile(curves, LEVELS, axis=0)
        return rates, low, high

    def precision_band(self, n_points: int = 101) -> tuple[Array, Array, Array]:
        """(recalls, low, high): the 95 % band of precision at each of them.

        The precision at a recall is that of the highest threshold which reaches it.
        """
        recalls = np.linspace(0, 1, n_points)
        fps, tps = self._above[:, ::-1]
        curves = [
            _precision_from(recalls, fp, tp) for fp, tp in zip(fps.T, tps.T, strict=True) if tp[-1]
        ]
        if not curves:
            return recalls, np.full(n_points, np.nan), np.full(n_points, np.nan)
        low, high = np.percentile(curves, LEVELS, axis=0)
        return recalls, low, high

    def _replicates(self, kind: int, threshold: float) -> Array:
        """(B,) weight of the negatives (0) or positives (1) at or above a threshold."""
        above, scores = self._above[kind], self._sorted[kind]
        place = int(np.searchsorted(self._edges, threshold))
        if place == 0:
            return above[0]
        lower, upper = self._edges[place - 1], np.append(self._edges, np.inf)[place]
        from_lower, called, from_upper = (_count_from(scores, x) for x in (lower, threshold, upper))
        part = (called - from_upper) / max(from_lower - from_upper, 1)
        return above[place] + part * (above[place - 1] - above[place])


def _rates(tp: Array, fp: Array, positives: Array, negatives: Array) -> dict[str, Array]:
    return {name: rate(tp, fp, positives - tp, negatives - fp) for name, rate in RATES.items()}


def _precision_from(recalls: Array, fp: Array, tp: Array) -> Array:
    """(R,) the first precision at each recall or above; `fp` and `tp` rise with the calls."""
    wanted = np.maximum(recalls * tp[-1] * (1 - 1e-6), 1e-6)  # weights are sums of float32
    first = np.searchsorted(tp, wanted)
    return tp[first] / (tp[first] + fp[first])


def _count_from(ordered: Array, threshold: float) -> int:
    return len(ordered) - int(np.searchsorted(ordered, threshold))


def _at_or_above(weights: Array) -> Array:
    """(kinds, bins + 1, B) cumulative from the highest bin; the last row, above all bins, is 0."""
    kinds, bins, replicates = weights.shape
    above = np.zeros((kinds, bins + 1, replicates), weights.dtype)
    np.cumsum(weights[:, ::-1], axis=1, out=above[:, -2::-1])
    return above
