"""Whether the probabilities mean what they say."""

from dataclasses import asdict
from typing import Any

import numpy as np

from mammo_core.metrics.bootstrap import PatientSums, Statistic
from mammo_core.metrics.brier_decomposition import decompose_brier
from mammo_core.metrics.calibration import (
    bin_sums,
    compute_brier,
    compute_ece,
    compute_mean_excess,
    fit_logistic,
    reliability_bins,
    squared_error_sums,
    to_logits,
)
from mammo_core.metrics.rankings import ScoreBins
from mammo_core.metrics.sections.question import Estimates, Question


class Calibration:
    """Expected calibration error, Brier score with its parts, slope and intercept, the bins.

    In replicates the logits are those of up to 1,024 bins (exact where there are as few scores).
    """

    def __init__(self, question: Question) -> None:
        self._rated = (question.scores, question.is_positive, question.table.patients)
        self._bins = PatientSums(bin_sums(*self._rated))
        self._errors = PatientSums(squared_error_sums(*self._rated))
        self._logits, self._is_positive = to_logits(question.scores), question.is_positive
        patients = question.table.patients
        self._points = ScoreBins(
            self._logits, self._is_positive, patients, question.table.n_patients
        )
        self.statistics: dict[str, Statistic] = {
            "reliability": self._bins,
            "squared_errors": self._errors,
            "logits": self._points,
        }

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """`calibration`, and `reliability`: the bins that hold any row."""
        intercept, slope = self._fit(estimates)
        return {
            "calibration": {
                "ece": estimates.of_sums("reliability", self._bins, compute_ece)[0],
                "brier": estimates.of_sums("squared_errors", self._errors, compute_brier)[0],
                "slope": slope,
                "intercept": intercept,
                "mean_excess": estimates.of_sums("reliability", self._bins, compute_mean_excess)[0],
                **self._decompose(estimates),
            },
            "reliability": [asdict(one) for one in reliability_bins(*self._rated)],
        }

    def _decompose(self, estimates: Estimates) -> dict[str, dict[str, float | None]]:
        values = decompose_brier(self._bins.totals, self._errors.totals)
        drawn = decompose_brier(estimates.drawn("reliability"), estimates.drawn("squared_errors"))
        return {
            f"brier_{name}": estimates.estimate(float(value), getattr(drawn, name))
            for name, value in values._asdict().items()
        }

    def _fit(self, estimates: Estimates) -> list[dict[str, float | None]]:
        logits, place = np.unique(self._logits, return_inverse=True)
        weights = [
            np.bincount(place[of_kind], minlength=len(logits))[:, None].astype(np.float64)
            for of_kind in (~self._is_positive, self._is_positive)
        ]
        values = fit_logistic(logits, *weights)
        bins = self._points.bin_of_row
        centers = np.bincount(bins, weights=self._logits) / np.bincount(bins)
        drawn = fit_logistic(centers, *estimates.drawn("logits"))
        return [estimates.estimate(float(v[0]), r) for v, r in zip(values, drawn, strict=True)]
