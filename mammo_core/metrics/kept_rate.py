"""A rate among the rows up to any uncertainty, with its interval: one bootstrap serves them all."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.bootstrap import resample
from mammo_core.metrics.classification import divide
from mammo_core.metrics.estimate import Estimate, percentile_estimate, widen_certain
from mammo_core.metrics.rankings import ScoreBins

Array = NDArray[np.floating]


class KeptRate:
    """How many of the rows that are kept up to a limit are hits.

    Values are exact. A limit stays as it is in every replicate, as an operating point's threshold
    does. Replicates are of up to 1,024 bins of the uncertainty, exact where there are as few
    values; within a bin rows are taken as evenly spread.

    Attributes:
        drawn: (2, bins, replicates) weights of misses and hits, the surest bin first.
    """

    def __init__(
        self,
        uncertainty: Array,
        is_hit: NDArray[np.bool_],
        patients: NDArray[np.integer],
        *,
        n_patients: int,
        replicates: int = 1000,
        seed: int = 0,
    ) -> None:
        """Draw the patients and keep about 8 KB a replicate.

        Args:
            uncertainty: (N,) of the rows of one kind; there may be none.
            is_hit: (N,).
            patients: (N,) in 0..n_patients - 1.
            n_patients: Those of all rows, of which draws are made.
            replicates: How many draws.
            seed: Of the draws; the same seed draws the same patients for every kind of rows.
        """
        self._uncertainty, self._patients = uncertainty, patients
        self._sorted = [np.sort(uncertainty[of_kind]) for of_kind in (~is_hit, is_hit)]
        self._edges: Array = np.empty(0)
        self.drawn: Array = np.empty((2, 0, replicates))
        if len(uncertainty):
            bins = ScoreBins(uncertainty, is_hit, patients, n_patients)
            options = {"n_patients": n_patients, "replicates": replicates, "seed": seed}
            self._edges, self.drawn = bins.edges, resample({"": bins}, **options)[""]
        self._until = np.cumsum(self.drawn, axis=1)

    def estimate(self, limit: float) -> Estimate:
        """The share of hits up to that uncertainty; see `widen_certain`."""
        missed, hit = (int(np.searchsorted(one, limit, "right")) for one in self._sorted)
        if not missed + hit:
            return Estimate()
        drawn_missed, drawn_hit = (self._replicates(kind, limit) for kind in (0, 1))
        rates = divide(drawn_hit, drawn_missed + drawn_hit)
        found = percentile_estimate(hit / (missed + hit), rates)
        is_certain = found.low == found.high  # what is dear below is of use only then
        return widen_certain(found, self._count_patients(limit)) if is_certain else found

    def _count_patients(self, limit: float) -> int:
        return len(np.unique(self._patients[self._uncertainty <= limit]))

    def _replicates(self, kind: int, limit: float) -> Array:
        """(B,) weight of the misses (0) or hits (1) up to a limit."""
        place = int(np.searchsorted(self._edges, limit, "right")) - 1
        if place < 0:
            return np.zeros(self.drawn.shape[2])
        scores, upper = self._sorted[kind], np.append(self._edges, np.inf)[place + 1]
        first, beyond = np.searchsorted(scores, [self._edges[place], upper])
        part = (np.searchsorted(scores, limit, "right") - first) / max(beyond - first, 1)
        whole: Array = self._until[kind, place] - self.drawn[kind, place]
        return whole + part * self.drawn[kind, place]
