"""Any share of referred cases with intervals, instantly: one bootstrap beforehand serves all."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.bootstrap import resample
from mammo_core.metrics.classification import divide
from mammo_core.metrics.estimate import Estimate, percentile_estimate
from mammo_core.metrics.rankings import ScoreBins
from mammo_core.metrics.risk_coverage import (
    JudgedRows,
    Referral,
    compute_aurc,
    compute_row_aurc,
    find_limit,
)

Array = NDArray[np.floating]
Flags = NDArray[np.bool_]


class ReferralSweep:
    """What is left of the errors when the least sure rows are referred.

    Values are exact. A limit stays as it is in every replicate, as an operating point's threshold
    does. Replicates are of up to 1,024 bins of the uncertainty, exact where there are as few
    values; within a bin rows are taken as evenly spread.
    """

    def __init__(self, rows: JudgedRows, *, replicates: int = 1000, seed: int = 0) -> None:
        """Draw the patients and keep about 24 KB a replicate.

        Args:
            rows: What to refer from; at least one.
            replicates: How many draws.
            seed: Of the draws.
        """
        self._rows, self._ordered = rows, np.sort(rows.uncertainty)
        kinds = {
            "error_rate": (np.ones(len(rows), dtype=bool), rows.is_wrong),
            "sensitivity": (rows.is_positive, rows.is_called),
            "specificity": (~rows.is_positive, ~rows.is_called),
        }
        self._kept = {
            name: _KeptRows(rows.uncertainty[is_kind], is_hit[is_kind], rows.patients[is_kind])
            for name, (is_kind, is_hit) in kinds.items()
        }
        bins = {name: one.sort_into_bins(rows.n_patients) for name, one in self._kept.items()}
        drawn = resample(
            {name: of_kind for name, of_kind in bins.items() if of_kind is not None},
            n_patients=rows.n_patients,
            replicates=replicates,
            seed=seed,
        )
        for name, weights in drawn.items():
            self._kept[name].take(weights)

    @cached_property
    def aurc(self) -> Estimate:
        """The area under the curve of error rate over kept share; less is better."""
        return percentile_estimate(
            compute_row_aurc(self._rows), compute_aurc(*self._kept["error_rate"].drawn)
        )

    def at_share(self, share: float) -> Referral:
        """What is left when at most that share of the rows, the least sure, is referred.

        Raises:
            BadConfiguration: For a share that is not in [0, 1).
        """
        limit = find_limit(self._ordered, share)
        is_referred = self.is_referred(limit)
        return Referral(
            share,
            limit,
            n_referred=int(is_referred.sum()),
            n_kept=int((~is_referred).sum()),
            n_wrong_referred=int((is_referred & self._rows.is_wrong).sum()),
            n_positive_referred=int((is_referred & self._rows.is_positive).sum()),
            estimates={name: kept.estimate(limit) for name, kept in self._kept.items()},
        )

    def is_referred(self, limit: float) -> Flags:
        """(N,) which rows a limit refers."""
        return self._rows.uncertainty > limit

    def curve(self, n_points: int = 51, most: float = 0.95) -> list[dict[str, float | None]]:
        """Error rate among the kept rows with its interval, at shares from 0 to `most`."""
        kept = self._kept["error_rate"]
        points: list[dict[str, float | None]] = []
        for share in np.linspace(0, most, n_points).tolist():
            limit = find_limit(self._ordered, share)
            points.append({"share": share, **kept.estimate(limit).to_json()})
        return points


class _KeptRows:
    """The rows of one kind up to any uncertainty: how many there are, and how many are hits."""

    def __init__(self, uncertainty: Array, is_hit: Flags, patients: NDArray[np.integer]) -> None:
        self._uncertainty, self._is_hit, self._patients = uncertainty, is_hit, patients
        self._sorted = [np.sort(uncertainty[of_kind]) for of_kind in (~is_hit, is_hit)]
        self._edges: Array = np.empty(0)
        self.drawn: Array = np.empty((2, 0, 0))

    def sort_into_bins(self, n_patients: int) -> ScoreBins | None:
        """What the bootstrap is to draw; None without rows."""
        if not len(self._uncertainty):
            return None
        bins = ScoreBins(self._uncertainty, self._is_hit, self._patients, n_patients)
        self._edges = bins.edges
        return bins

    def take(self, weights: Array) -> None:
        """Keep (2, bins, B) weights of misses and hits."""
        self.drawn = weights
        self._until = np.cumsum(weights, axis=1)

    def estimate(self, limit: float) -> Estimate:
        """Hits among the rows up to that uncertainty; no interval where one patient has them."""
        missed, hit = (int(np.searchsorted(one, limit, "right")) for one in self._sorted)
        if not missed + hit:
            return Estimate()
        drawn_missed, drawn_hit = (self._replicates(kind, limit) for kind in (0, 1))
        rates = divide(drawn_hit, drawn_missed + drawn_hit)
        found = percentile_estimate(hit / (missed + hit), rates)
        is_of_one = found.low == found.high and self._is_of_one_patient(limit)
        return Estimate(found.value) if is_of_one else found

    def _is_of_one_patient(self, limit: float) -> bool:
        return len(np.unique(self._patients[self._uncertainty <= limit])) < 2

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
