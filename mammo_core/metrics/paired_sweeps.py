"""The rates of two models at any thresholds, and by how much they differ."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.differences import Difference, Side, estimate_difference, tell_difference
from mammo_core.metrics.estimate import UNDEFINED, Estimate, is_certain, percentile_estimate
from mammo_core.metrics.joined_intervals import add_estimates
from mammo_core.metrics.operating_points import RATES, choose_specificity, list_candidates
from mammo_core.metrics.pairing import Pair
from mammo_core.metrics.threshold_sweep import ThresholdSweep

SPECIFICITY = 0.90
AT_SPECIFICITY = f"sensitivity_at_specificity_{SPECIFICITY:.2f}"


class PairedSweeps:
    """Rates, their differences and net reclassification at any thresholds, instantly.

    Both models' replicates come from one seed, and so from the same drawn patients.
    """

    def __init__(self, pair: Pair, *, replicates: int = 1000, seed: int = 0) -> None:
        """Draw the patients and keep about 16 KB a replicate.

        Args:
            pair: Both models' rows.
            replicates: How many draws.
            seed: Of the draws.
        """
        self._pair = pair
        rows = pair.is_positive, pair.patients
        self._sweeps = [
            ThresholdSweep(scores, *rows, replicates=replicates, seed=seed)
            for scores in pair.scores
        ]

    def differences_at(self, thresholds: Sequence[float]) -> dict[str, Difference]:
        """The differences in `RATES`, each model at its own threshold."""
        a, b = self._draw_at(thresholds)
        is_same = self._judge_alike(thresholds)
        return {name: tell_difference(a[name], b[name], is_same=is_same) for name in RATES}

    @cached_property
    def at_specificity(self) -> Difference:
        """The difference in sensitivity, each model at its own threshold of `SPECIFICITY`.

        The thresholds are chosen on these rows and stay as they are in every replicate.
        """
        chosen = [
            choose_specificity(list_candidates(scores, self._pair.is_positive), SPECIFICITY)
            for scores in self._pair.scores
        ]
        thresholds = [threshold for threshold in chosen if threshold is not None]
        if len(thresholds) < len(chosen):
            return Difference(UNDEFINED, UNDEFINED, UNDEFINED)
        return self.differences_at(thresholds)["sensitivity"]

    def net_reclassification(self, thresholds: Sequence[float]) -> dict[str, Estimate]:
        """What a change from A to B gains: `positives`, `negatives` and their sum, `total`.

        The first is B's sensitivity less A's, the second B's specificity less A's. Where the draws
        do not know all of a part, see `estimate_difference`, the sum's interval is joined from
        both parts' own.

        Source: Pencina et al. 2008, doi:10.1002/sim.2929.
        """
        a, b = self._draw_at(thresholds)
        is_same = self._judge_alike(thresholds)
        sides = [(b[rate], a[rate]) for rate in ("sensitivity", "specificity")]
        positives, negatives = (estimate_difference(*pair, is_same=is_same) for pair in sides)
        total = add_estimates(positives, negatives)
        if total.value is not None and (is_same or _all_vary(sides)):
            drawn = np.sum([np.subtract(x.replicates, y.replicates) for x, y in sides], axis=0)
            total = percentile_estimate(total.value, drawn)
        return {"positives": positives, "negatives": negatives, "total": total}

    def _judge_alike(self, thresholds: Sequence[float]) -> bool:
        """Whether both models call the same rows, because they are the same."""
        return self._pair.is_same and thresholds[0] == thresholds[1]

    def _draw_at(self, thresholds: Sequence[float]) -> list[dict[str, Side]]:
        """Each model's rates at its own threshold, as `ThresholdSweep` estimates them."""
        return [
            _draw(sweep, threshold)
            for sweep, threshold in zip(self._sweeps, thresholds, strict=True)
        ]


def _draw(sweep: ThresholdSweep, threshold: float) -> dict[str, Side]:
    estimates, (_, drawn) = sweep.at_threshold(threshold), sweep.draw_at(threshold)
    return {name: _side(estimates[name], drawn[name]) for name in RATES}


def _side(estimate: Estimate, replicates: NDArray[np.floating]) -> Side:
    """Replicates are NaN where there is no interval: a sum with such a rate has none either."""
    is_unknown = estimate.low is None
    return Side(estimate, np.full_like(replicates, np.nan) if is_unknown else replicates)


def _all_vary(pairs: Sequence[tuple[Side, Side]]) -> bool:
    """Whether the draws change every side, and every difference of two."""
    replicates = [(x.replicates, y.replicates, x.replicates - y.replicates) for x, y in pairs]
    return not any(is_certain(one) for three in replicates for one in three)
