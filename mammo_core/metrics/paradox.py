"""Whether a model ranks strata rather than cases: AUROC over all rows against that within strata.

A model that has learned which hospital an image comes from, where hospitals differ in their share
of cancers, has a fine AUROC over all rows and none within any hospital (Simpson's paradox).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit, stdtr, stdtrit

from mammo_core.metrics.attributes import OF_DIAGNOSIS, Attribute, list_attributes
from mammo_core.metrics.estimate import UNDEFINED, Estimate, none_if_nan
from mammo_core.metrics.gaps import compare_splits, estimate_parts, logit_ends
from mammo_core.metrics.multiplicity import adjust_holm
from mammo_core.metrics.parts import Part, Split
from mammo_core.metrics.strata import (
    PairedRows,
    Shared,
    measure_strata,
    measure_strata_unseen,
    share_pairs,
)
from mammo_core.metrics.verdict import SIGNIFICANT
from mammo_core.predictions import PredictionTable

LEAST_EXCESS = 0.02
"""A smaller excess is no alarm however sure it is: among a million rows everything is sure."""
NEARLY = 0.05
"""A column alone that comes as near to the model's AUROC leaves the model nothing to show."""
CHANCE = 0.5


@dataclass(frozen=True)
class Stratification:
    """AUROC over all rows against that of pairs within the values of one column.

    Attributes:
        by: The column.
        share_of_pairs: Share of all pairs of a positive and a negative row that share its value,
            missing being one.
        pooled: AUROC over all rows.
        within: AUROC of the pairs that share a value; undefined where none does.
        excess: `pooled` less `within`.
        p: Two-sided, that both are equal; None where undefined.
        p_adjusted: By Holm over all columns.
        alone: AUROC of the column by itself, see `measure_strata`.
        alone_p_adjusted: That the column says nothing of other patients, by Holm over all columns;
            None unless `alone` comes near `pooled`.
    """

    by: str
    share_of_pairs: float
    pooled: Estimate
    within: Estimate
    excess: Estimate
    p: float | None
    p_adjusted: float | None
    alone: Estimate
    alone_p_adjusted: float | None

    @property
    def is_alarm(self) -> bool:
        """Whether the AUROC over all rows may not be taken as it stands."""
        return self.is_inflated or self.is_matched

    @property
    def is_inflated(self) -> bool:
        """Whether AUROC over all rows is clearly larger than within the values."""
        return _is_sure(self.p_adjusted) and (self.excess.value or 0) >= LEAST_EXCESS

    @property
    def is_matched(self) -> bool:
        """Whether the column alone ranks about as well as the model."""
        return _is_sure(self.alone_p_adjusted)

    def to_json(self) -> dict[str, Any]:
        """Its estimates and tests."""
        estimates = {name: getattr(self, name).to_json() for name in ("within", "excess", "alone")}
        names = ("p", "p_adjusted", "alone_p_adjusted")
        tests = {name: getattr(self, name) for name in names}
        return {"by": self.by, "share_of_pairs": self.share_of_pairs, **estimates, **tests}


def find_paradoxes(table: PredictionTable, positive: int) -> list[Stratification]:
    """Each column's stratification; not of columns known only from the diagnosis.

    Args:
        table: At its level, every label known.
        positive: Index of the class asked about.

    Returns:
        The largest excess first.
    """
    attributes = [
        one
        for one in list_attributes(table.frame)
        if one.name not in OF_DIAGNOSIS and len(one.values) > 1
    ]
    found = _stratify(_measure(table, positive, attributes), attributes)
    return sorted(found, key=lambda one: one.excess.value or 0, reverse=True)


@dataclass(frozen=True, eq=False)
class _Measured:
    """AUROCs of the model and of each column.

    Attributes:
        pooled: The model's over all rows.
        within: Its within each column's values.
        alone: Each column's own.
        chances: p that each column says nothing of other patients, None where `alone` comes
            nowhere near `pooled`.
        shares: Share of all pairs that share each column's value.
    """

    pooled: Shared
    within: list[Shared]
    alone: list[Part]
    chances: list[float | None]
    shares: list[float]


def _measure(table: PredictionTable, positive: int, attributes: Sequence[Attribute]) -> _Measured:
    is_positive, patients = table.labels == positive, table.patients
    rows = PairedRows(table.probabilities[:, positive], is_positive, patients)
    pooled = rows.everywhere()
    alone = [measure_strata(is_positive, patients, one.codes)[0] for one in attributes]
    chances = [
        _test_chance(measure_strata_unseen(is_positive, patients, one.codes)[0])
        if part.value > pooled[0].value - NEARLY
        else None
        for one, part in zip(attributes, alone, strict=True)
    ]
    within = [rows.within(one.codes) for one in attributes]
    shares = [share_pairs(is_positive, one.codes) for one in attributes]
    return _Measured(pooled, within, alone, chances, shares)


def _stratify(found: _Measured, attributes: Sequence[Attribute]) -> list[Stratification]:
    """The estimates and tests of what was measured, in the order of the columns."""
    excesses = [_estimate_excess(found.pooled, part) for part in found.within]
    tests = _name_tests(attributes)
    adjusted = adjust_holm(np.array([p for _, p in excesses]), tests)
    chances = adjust_holm(np.array([1.0 if p is None else p for p in found.chances]), tests)
    parts = [found.pooled[0], *(part for part, _ in found.within), *found.alone]
    whole, *estimates = estimate_parts(parts, logit_ends)
    return [
        Stratification(
            by=one.name,
            share_of_pairs=found.shares[i],
            pooled=whole,
            within=estimates[i],
            excess=excesses[i][0],
            p=none_if_nan(excesses[i][1]),
            p_adjusted=none_if_nan(adjusted[i]),
            alone=estimates[len(attributes) + i],
            alone_p_adjusted=None if found.chances[i] is None else none_if_nan(chances[i]),
        )
        for i, one in enumerate(attributes)
    ]


def answer_paradoxes(table: PredictionTable, positive: int) -> list[dict[str, Any]]:
    """The stratifications as `evaluate` and `slices` print them; `alarm` is a sentence or null."""
    name = table.classes[positive]
    return [
        one.to_json() | {"alarm": tell_paradox(one, name, table.level) if one.is_alarm else None}
        for one in find_paradoxes(table, positive)
    ]


def tell_paradox(one: Stratification, positive: str, level: str) -> str:
    """One sentence on a stratification that is an alarm."""
    if one.is_matched:
        return (
            f"{one.by} alone ranks {positive} against the rest with an AUROC of "
            f"{one.alone.value:.2f}, the model with {one.pooled.value:.2f}: these data cannot tell "
            "whether the model sees more than that"
        )
    return (
        f"AUROC is {one.pooled.value:.2f} over all {level}s but {one.within.value:.2f} among those "
        f"that share their {one.by}: part of it ranks {one.by}, not {positive} against the rest"
    )


def _estimate_excess(pooled: Shared, within: Shared) -> tuple[Estimate, float]:
    """Pooled less within with its interval and p; no interval where either is 0 or 1.

    Both are compared on the logit scale, where a ceiling narrows neither, by the differences of the
    patients' shares in their errors. The interval is that of the logits' difference, as it lowers
    the pooled AUROC.
    """
    (whole, of_whole), (part, of_part) = pooled, within
    value, freedom = whole.value - part.value, min(whole.n_patients, part.n_patients) - 1
    if np.isnan(value):
        return UNDEFINED, np.nan
    slopes = np.array([one.value * (1 - one.value) for one in (whole, part)])
    if freedom < 1 or not slopes.all():
        return Estimate(float(value)), np.nan
    shares = of_whole / slopes[0] - of_part / slopes[1]
    error = np.sqrt((freedom + 1) / freedom * (shares @ shares))
    step = logit(whole.value) - logit(part.value)
    p = 2 * stdtr(freedom, -abs(step) / error) if error > 0 else 1.0
    ends = step + stdtrit(freedom, 0.975) * error * np.array([-1, 1])
    low, high = whole.value - expit(logit(whole.value) - ends)
    return Estimate(float(value), float(min(low, value)), float(max(high, value))), float(p)


def _test_chance(alone: Part) -> float:
    """Two-sided p that an AUROC is 0.5; 1 where it is no larger."""
    if not alone.value > CHANCE:
        return np.nan if np.isnan(alone.value) else 1.0
    chance = Part(CHANCE, 0.0, alone.n_rows, alone.n_patients)
    return compare_splits([Split(alone, chance, 0.0)], logit_ends)[0].p


def _name_tests(attributes: Sequence[Attribute]) -> list[int]:
    """The same number for columns that part the rows alike."""
    seen: dict[bytes, int] = {}
    codes = (pd.factorize(one.codes)[0].tobytes() for one in attributes)
    return [seen.setdefault(name, len(seen)) for name in codes]


def _is_sure(p: float | None) -> bool:
    return p is not None and p < SIGNIFICANT
