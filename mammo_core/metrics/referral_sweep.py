"""What is left of the errors when any share of the least sure rows is referred."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.bootstrap import Draws
from mammo_core.metrics.estimate import Estimate, number_estimate
from mammo_core.metrics.kept_rate import KeptKind, KeptRate
from mammo_core.metrics.risk_coverage import (
    JudgedRows,
    Referral,
    compute_aurc,
    compute_row_aurc,
    pick_limit,
)

N_POINTS, MOST_REFERRED = 51, 0.95
"""Of the curve; so few rows are left beyond that their error rate says nothing."""


class ErrorsLeft:
    """The error rate among the kept rows, at any limit and over all of them.

    Attributes:
        draws: Of the patients.
    """

    def __init__(
        self,
        rows: JudgedRows,
        *,
        replicates: int = 1000,
        seed: int = 0,
        draws: Draws | None = None,
    ) -> None:
        """Draw the patients; the rows' threshold plays no part.

        Args:
            rows: At least one.
            replicates: How many draws.
            seed: Of the draws.
            draws: Of the same patients, to be drawn no second time.
        """
        self.draws = draws or Draws(rows.n_patients, replicates=replicates, seed=seed)
        self._rows = rows
        self._ordered = np.sort(rows.uncertainty)
        self._rate = KeptRate(rows.uncertainty, rows.is_wrong, rows.patients, self.draws)

    @cached_property
    def aurc(self) -> Estimate:
        """The area under the curve of error rate over kept share; less is better."""
        return number_estimate(compute_row_aurc(self._rows), compute_aurc(*self._rate.drawn))

    @cached_property
    def curve(self) -> list[dict[str, float | None]]:
        """`share` and the error rate among the kept rows with its interval, from 0 to 95 %."""
        shares = np.linspace(0, MOST_REFERRED, N_POINTS).tolist()
        found = {share: self.estimate(self.pick_limit(share)) for share in shares}
        return [{"share": share, **one.to_json()} for share, one in found.items()]

    @cached_property
    def kinds(self) -> dict[str, KeptKind]:
        """The positive rows, of which sensitivity is, and the negative ones."""
        kinds = {"sensitivity": self._rows.is_positive, "specificity": ~self._rows.is_positive}
        rows = self._rows.uncertainty, self._rows.patients
        return {name: KeptKind(*rows, is_kind) for name, is_kind in kinds.items()}

    def pick_limit(self, share: float) -> float:
        """As `find_limit`."""
        return pick_limit(self._ordered, share)

    def estimate(self, limit: float) -> Estimate:
        """The error rate up to that uncertainty."""
        return self._rate.estimate(limit)


class ReferralSweep:
    """Any share of referred rows with intervals, from patients who were drawn beforehand.

    Attributes:
        errors: What does not depend on the threshold.
    """

    def __init__(
        self,
        rows: JudgedRows,
        *,
        replicates: int = 1000,
        seed: int = 0,
        errors: ErrorsLeft | None = None,
    ) -> None:
        """Draw the patients.

        Args:
            rows: What to refer from; at least one.
            replicates: How many draws.
            seed: Of the draws.
            errors: Of the same rows at another threshold, to be drawn no second time.
        """
        self._rows = rows
        self.errors = errors or ErrorsLeft(rows, replicates=replicates, seed=seed)
        self._hits = {"sensitivity": rows.is_called, "specificity": ~rows.is_called}

    def at_share(self, share: float) -> Referral:
        """What is left when at most that share of the rows, the least sure, is referred.

        Raises:
            BadConfiguration: For a share that is not in [0, 1).
        """
        limit = self.errors.pick_limit(share)
        is_referred = self.is_referred(limit)
        rates = {
            name: kind.estimate(self._hits[name], limit, self.errors.draws)
            for name, kind in self.errors.kinds.items()
        }
        return Referral(
            share,
            limit,
            n_referred=int(is_referred.sum()),
            n_kept=int((~is_referred).sum()),
            n_wrong_referred=int((is_referred & self._rows.is_wrong).sum()),
            n_positive_referred=int((is_referred & self._rows.is_positive).sum()),
            estimates={"error_rate": self.errors.estimate(limit), **rates},
        )

    def is_referred(self, limit: float) -> NDArray[np.bool_]:
        """(N,) which rows a limit refers."""
        return self._rows.uncertainty > limit
