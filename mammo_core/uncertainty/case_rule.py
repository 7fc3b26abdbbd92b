"""What to do with a single case, by limits that were chosen on validation cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mammo_core.metrics.risk_coverage import REFERRAL_RATES, find_limit
from mammo_core.uncertainty import MEASURES

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel
    from mammo_core.validation_rows import ValidationRows

COVERAGE = 0.9


@dataclass(frozen=True)
class CaseDoubt:
    """What follows from how unsure the model is of a case.

    Attributes:
        refer: Whether its entropy is beyond the limit.
        limit: The entropy above which a case is referred, from 0 to 1.
        open_classes: Those that the conformal set leaves open, mildest first.
    """

    refer: bool
    limit: float
    open_classes: tuple[str, ...]


@dataclass(frozen=True)
class CaseRule:
    """When to refer a case, and which classes to leave open.

    Attributes:
        share: Of the validation cases that lie beyond the limit, at most.
        limit: The entropy above which a case is referred, from 0 to 1.
        coverage: How often the true class shall be among those left open, in each class.
        least_probability: From which on each class is left open; 0 for one that always is.
        origin: Which validation cases these are, in words.
        n: How many images they have.
        n_patients: Of how many patients.
    """

    share: float
    limit: float
    coverage: float
    least_probability: Mapping[str, float]
    origin: str
    n: int
    n_patients: int

    def judge(self, probabilities: Mapping[str, float]) -> CaseDoubt:
        """What to do with a case of these probabilities, one a class, mildest first."""
        p = np.array(list(probabilities.values()))
        entropy = float(MEASURES["entropy"].compute(p[None])[0])
        left = [name for name, value in probabilities.items() if self._is_open(name, value)]
        return CaseDoubt(entropy > self.limit, self.limit, tuple(left))

    def _is_open(self, name: str, probability: float) -> bool:
        return probability >= self.least_probability[name] - 1e-9


def find_rule(model: "StoredModel", share: float = REFERRAL_RATES[0]) -> CaseRule | None:
    """The rule by the model's validation cases; None where it has none.

    Raises:
        BadConfiguration: For a share that is not in [0, 1).
        BadTable: Where the kept table cannot be used.
    """
    from mammo_core.uncertainty.validation_rows import read_kept_validation

    found = read_kept_validation(model)
    return None if found is None else build_rule(found, share)


def build_rule(validation: "ValidationRows", share: float, coverage: float = COVERAGE) -> CaseRule:
    """The rule by these validation cases; raises as `find_rule`."""
    from mammo_core.metrics.selection import EvaluationOptions, select
    from mammo_core.uncertainty.conformal import find_class_thresholds

    table = select(validation.table, EvaluationOptions(split="all"))[0]
    entropies = MEASURES["entropy"].compute(table.probabilities)
    least = np.maximum(1 - find_class_thresholds(table, 1 - coverage), 0)
    return CaseRule(
        share,
        find_limit(entropies, share),
        coverage,
        dict(zip(table.classes, least.tolist(), strict=True)),
        validation.origin,
        len(table),
        table.n_patients,
    )
