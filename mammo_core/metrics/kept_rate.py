"""A rate among the rows up to any uncertainty, with its interval."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.bootstrap import Draws, PatientSums, sum_by_patient
from mammo_core.metrics.classification import divide
from mammo_core.metrics.estimate import Estimate, percentile_estimate, widen_certain
from mammo_core.metrics.rankings import ScoreBins, find_edges

Array = NDArray[np.floating]


class KeptRate:
    """How many of the rows that are kept up to a limit are hits; one bootstrap serves all limits.

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
        draws: Draws,
    ) -> None:
        """Keep about 8 KB a replicate.

        Args:
            uncertainty: (N,) of the rows; at least one.
            is_hit: (N,).
            patients: (N,) 0, 1, ...
            draws: Of all patients.
        """
        self._uncertainty, self._patients = uncertainty, patients
        self._sorted = [np.sort(uncertainty[of_kind]) for of_kind in (~is_hit, is_hit)]
        bins = ScoreBins(uncertainty, is_hit, patients, draws.n_patients)
        self._edges, self.drawn = bins.edges, draws.resample({"": bins})[""]
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


class KeptKind:
    """The same at one limit after the other, for hits that change: nothing is kept of them.

    The numbers are those of a `KeptRate` of the rows of this kind.
    """

    def __init__(
        self, uncertainty: Array, patients: NDArray[np.integer], is_kind: NDArray[np.bool_]
    ) -> None:
        """Keep the rows of the kind.

        Args:
            uncertainty: (N,) of all rows.
            patients: (N,) 0, 1, ...
            is_kind: (N,) those that the rate is of; there may be none.
        """
        self._is_kind = is_kind
        self._uncertainty, self._patients = uncertainty[is_kind], patients[is_kind]
        self._edges = find_edges(self._uncertainty)

    def estimate(self, is_hit: NDArray[np.bool_], limit: float, draws: Draws) -> Estimate:
        """The share of hits, of all rows (N,), among the kind's up to that uncertainty."""
        is_kept, is_hit = self._uncertainty <= limit, is_hit[self._is_kind]
        n_kept, n_hit = (int(np.count_nonzero(rows)) for rows in (is_kept, is_kept & is_hit))
        if not n_kept:
            return Estimate()
        missed, hit = self._draw(is_hit, limit, draws)
        found = percentile_estimate(n_hit / n_kept, divide(hit, missed + hit))
        is_certain = found.low == found.high
        return (
            widen_certain(found, len(np.unique(self._patients[is_kept]))) if is_certain else found
        )

    def _draw(self, is_hit: NDArray[np.bool_], limit: float, draws: Draws) -> list[Array]:
        """(B,) weights of the misses and of the hits up to a limit."""
        lower, upper = self._bin_of(limit)
        is_below = self._uncertainty < lower
        is_within = (self._uncertainty < upper) & ~is_below
        rows = is_below | is_within
        cells = 2 * is_hit[rows] + is_within[rows]
        sums = sum_by_patient(cells, self._patients[rows], 4, draws.n_patients)
        drawn = draws.resample({"": PatientSums(sums)})[""]
        weights = []
        for kind, of_kind in enumerate((~is_hit, is_hit)):
            within = self._uncertainty[is_within & of_kind]
            part = np.count_nonzero(within <= limit) / max(len(within), 1)
            weights.append(drawn[2 * kind] + np.float64(part) * drawn[2 * kind + 1])
        return weights

    def _bin_of(self, limit: float) -> tuple[float, float]:
        """The bin that a limit lies in: from, and up to below."""
        place = int(np.searchsorted(self._edges, limit, "right")) - 1
        return self._edges[place], np.append(self._edges, np.inf)[place + 1]
