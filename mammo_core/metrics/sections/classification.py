"""Accuracy, F1, kappa, MCC and what there is to say of each class."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.auroc import (
    count_smaller_side,
    estimate_auroc,
    estimate_macro_auroc,
)
from mammo_core.metrics.bootstrap import PatientSums, Statistic, sum_by_patient
from mammo_core.metrics.classification import PER_CLASS, SUMMARIES
from mammo_core.metrics.estimate import Estimate, widen_certain
from mammo_core.metrics.partial_auroc import PartialAurocReplicates, compute_partial_auroc
from mammo_core.metrics.probabilistic_f1 import compute_pf1, soft_sums
from mammo_core.metrics.rankings import AveragePrecisionReplicates, compute_average_precision
from mammo_core.metrics.sections.question import Estimates, Question

Scores = NDArray[np.floating]
Truth = NDArray[np.bool_]


class Ranking(NamedTuple):
    """A number that the order of the scores alone decides: how it is computed, how replicated."""

    compute: Callable[[Scores, Truth], float]
    replicates: Callable[[Scores, Truth, NDArray[np.integer], int], Statistic]


RANKINGS = {
    "partial_auroc": Ranking(compute_partial_auroc, PartialAurocReplicates),
    "average_precision": Ranking(compute_average_precision, AveragePrecisionReplicates),
}


class Classification:
    """Accuracy, balanced accuracy, F1, MCC, kappas, and what there is to say of each class."""

    def __init__(self, question: Question) -> None:
        self._table = table = question.table
        n = len(table.classes)
        cells = table.labels * n + table.predicted
        sums = sum_by_patient(cells, table.patients, n * n, table.n_patients)
        self._confusion = PatientSums(sums.reshape(-1, n, n))
        self._soft = PatientSums(soft_sums(table.probabilities, table.labels, table.patients))
        rankings = {
            f"{key} {name}": ranking.replicates(
                *self._against_rest(i), table.patients, table.n_patients
            )
            for i, name in enumerate(table.classes)
            for key, ranking in RANKINGS.items()
        }
        self.statistics: dict[str, Statistic] = {
            "confusion": self._confusion,
            "soft": self._soft,
            **rankings,
        }

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """The summaries and `per_class`."""
        table = self._table
        confusion = ("confusion", self._confusion)
        macro = estimate_macro_auroc(table.probabilities, table.labels, table.patients)
        rates = {name: estimates.of_rates(*confusion, f) for name, f in PER_CLASS.items()}
        rates["pf1"] = estimates.of_sums("soft", self._soft, compute_pf1)
        classes = {
            name: {
                "support": int(np.count_nonzero(table.labels == i)),
                **{key: values[i] for key, values in rates.items()},
                **self._rankings(i, name, estimates),
            }
            for i, name in enumerate(table.classes)
        }
        return {**self._summarize(estimates), "macro_auroc": macro.to_json(), "per_class": classes}

    def _summarize(self, estimates: Estimates) -> dict[str, Any]:
        """`SUMMARIES`; the two shares have an interval where all draws agree on them too."""
        confusion = ("confusion", self._confusion)
        found = {name: estimates.of_sums(*confusion, f)[0] for name, f in SUMMARIES.items()}
        for name, n in count_behind_shares(self._confusion).items():
            (share,) = estimates.spread_of_sums(*confusion, SUMMARIES[name])
            found[name] = widen_certain(Estimate(**share), n).to_json()
        return found

    def _rankings(self, i: int, name: str, estimates: Estimates) -> dict[str, Any]:
        """AUROC and `RANKINGS`, none with an interval where one patient is all there is of a kind.

        Where all draws rank without a fault, the interval is that of as many patients as there are
        on the smaller side, as `perfect_interval` has it for AUROC.
        """
        scores, is_class = self._against_rest(i)
        n_patients = count_smaller_side(is_class, self._table.patients)
        found: dict[str, Any] = {
            "auroc": estimate_auroc(scores, is_class, self._table.patients).to_json()
        }
        for key, ranking in RANKINGS.items():
            one = estimates.of_share(f"{key} {name}", ranking.compute(scores, is_class), n_patients)
            found[key] = one if n_patients > 1 else {**one, "low": None, "high": None}
        return found

    def _against_rest(self, i: int) -> tuple[Scores, Truth]:
        """The scores of a class and whether it is the true one."""
        return self._table.probabilities[:, i], self._table.labels == i


def count_behind_shares(confusion: PatientSums) -> dict[str, int]:
    """Of how many patients those of `SUMMARIES` are that are shares.

    Accuracy is of all of them, balanced accuracy of those with the rarest class that is there: the
    mean of recalls is known no better than the least known of them.

    Args:
        confusion: (K, K) of each patient, rows true, columns predicted.
    """
    of_class = np.count_nonzero(confusion.of_patients.sum(axis=1) > 0, axis=-1)
    return {
        "accuracy": confusion.of_patients.shape[-1],
        "balanced_accuracy": int(of_class[of_class > 0].min()),
    }
