"""Where a model is worst: slices of the rows by one or two attributes, compared with the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mammo_core.errors import BadConfiguration
from mammo_core.metrics.attributes import OF_DIAGNOSIS, Attribute, list_attributes
from mammo_core.metrics.estimate import Estimate, none_if_nan
from mammo_core.metrics.gaps import compare_splits, estimate_parts
from mammo_core.metrics.measures import KINDS, Kind, list_names
from mammo_core.metrics.multiplicity import adjust_holm
from mammo_core.metrics.parts import Split
from mammo_core.metrics.slice_candidates import Candidate, Candidates, Value
from mammo_core.metrics.verdict import SIGNIFICANT
from mammo_core.predictions import PredictionTable
from mammo_core.types import Progress, no_progress


@dataclass(frozen=True, kw_only=True)
class SliceOptions:
    """What counts as a slice.

    Attributes:
        metric: A key of `KINDS`.
        threshold: From which probability on a row is called positive.
        min_patients: Fewer patients make no slice; the rest needs as many.
        min_each: Fewer patients with rows of a kind that the metric is of make none either: of
            an AUROC positive and negative ones each.
    """

    metric: str = "auroc"
    threshold: float = 0.5
    min_patients: int = 10
    min_each: int = 5

    def __post_init__(self) -> None:
        if self.metric not in KINDS:
            raise BadConfiguration(
                f"Expected the metric to be one of {list_names()}, got '{self.metric}'"
            )
        if self.min_patients < 2 or self.min_each < 1:
            raise BadConfiguration(
                "Expected at least 2 patients and 1 of each kind in a slice, got "
                f"{self.min_patients} and {self.min_each}"
            )

    @property
    def kind(self) -> Kind:
        """The metric."""
        return KINDS[self.metric]


@dataclass(frozen=True)
class Slice:
    """Rows that share one or two values, compared with all others.

    Attributes:
        values: One or two pairs of a column and what the rows share (None: missing).
        n: How many rows.
        patients: How many patients.
        positives: How many positive rows.
        value: The metric in the slice.
        rest: The metric in all other rows.
        gap: By how much the slice is worse than the rest, whatever the metric's direction.
        p: Two-sided, that both are equal; None where it cannot be told.
        p_adjusted: By Holm over all slices that were compared.
    """

    values: tuple[Value, ...]
    n: int
    patients: int
    positives: int
    value: Estimate
    rest: Estimate
    gap: Estimate
    p: float | None
    p_adjusted: float | None

    @property
    def is_worse(self) -> bool:
        """Whether it is worse than the rest beyond chance, all slices counted."""
        is_clear = self.p_adjusted is not None and self.p_adjusted < SIGNIFICANT
        return is_clear and (self.gap.value or 0) > 0

    def to_json(self) -> dict[str, Any]:
        """As the verb `slices` prints it."""
        estimates = {name: getattr(self, name).to_json() for name in ("value", "rest", "gap")}
        counts = {name: getattr(self, name) for name in ("n", "patients", "positives")}
        tests = {"p": self.p, "p_adjusted": self.p_adjusted, "is_worse": self.is_worse}
        return {"values": dict(self.values), **counts, **estimates, **tests}


@dataclass(frozen=True)
class Search:
    """What a search for slices found.

    Attributes:
        whole: The metric over all rows.
        slices: Compared ones, the one that is worst for sure first: by the gap's lower end.
        n_compared: How many slices were compared, each a test; a slice and its rest are one.
        n_small: How many had too few patients.
        n_implied: How many pairs were no worse than one of their values alone, and left out.
        attributes: The columns searched.
    """

    whole: Estimate
    slices: tuple[Slice, ...]
    n_compared: int
    n_small: int
    n_implied: int
    attributes: tuple[str, ...]


def find_slices(
    table: PredictionTable,
    positive: int,
    options: SliceOptions,
    progress: Progress = no_progress,
    *,
    attributes: Sequence[Attribute] | None = None,
) -> Search:
    """All values of each attribute and all pairs of two, compared with the rest of the rows.

    Columns known only from the diagnosis serve the metric recall alone, which is of positive rows;
    elsewhere they would find the truth rather than a fault of the model.

    Args:
        table: At its level, every label known.
        positive: Index of the class asked about.
        options: What counts.
        progress: Told of each attribute and pair.
        attributes: As `list_attributes` reads them from the table; None reads them.
    """
    is_positive, scores = table.labels == positive, table.probabilities[:, positive]
    measure = options.kind.build(scores, is_positive, table.patients, options.threshold)
    attributes = _choose(attributes or list_attributes(table.frame), options)
    needed = options.kind.needs(is_positive)
    candidates = Candidates(table.patients, needed, options.min_patients, options.min_each)
    found = [
        (candidate, int(is_positive[rows].sum()), measure.split(rows))
        for candidate, rows in candidates.walk(attributes, progress)
    ]
    slices = _compare(found, options.kind) if found else []
    shown = _drop_implied(slices)
    return Search(
        estimate_parts([measure.measure(np.ones(len(table), bool))], options.kind.ends)[0],
        tuple(sorted(shown, key=_certainty, reverse=True)),
        len({one.mark for one, _, _ in found}),
        candidates.n_small,
        len(slices) - len(shown),
        tuple(attribute.name for attribute in attributes),
    )


def _choose(attributes: Sequence[Attribute], options: SliceOptions) -> list[Attribute]:
    """Those that may be searched for that metric."""
    return [
        attribute
        for attribute in attributes
        if options.metric == "recall" or attribute.name not in OF_DIAGNOSIS
    ]


def _compare(found: Sequence[tuple[Candidate, int, Split]], kind: Kind) -> list[Slice]:
    splits = [split for _, _, split in found]
    gaps = compare_splits(splits, kind.ends)
    values = estimate_parts([split.group for split in splits], kind.ends)
    rests = estimate_parts([split.rest for split in splits], kind.ends)
    same_test = np.unique([one.mark for one, _, _ in found], return_inverse=True)[1]
    adjusted = adjust_holm(np.array([gap.p for gap in gaps]), same_test)
    return [
        Slice(
            one.values,
            one.n,
            one.patients,
            positives,
            values[i],
            rests[i],
            _by_how_much_worse(gaps[i].difference, kind),
            none_if_nan(gaps[i].p),
            none_if_nan(adjusted[i]),
        )
        for i, (one, positives, _) in enumerate(found)
    ]


def _by_how_much_worse(difference: Estimate, kind: Kind) -> Estimate:
    if difference.value is None or not kind.higher_is_better:
        return difference
    if difference.low is None or difference.high is None:
        return Estimate(0.0 - difference.value)
    return Estimate(*(0.0 - end for end in (difference.value, difference.high, difference.low)))


def _drop_implied(slices: Sequence[Slice]) -> list[Slice]:
    """All but pairs that are no worse than one of their values alone: they add nothing."""
    alone = {one.values[0]: one.gap.value or 0 for one in slices if len(one.values) == 1}
    return [
        one
        for one in slices
        if len(one.values) == 1
        or all((one.gap.value or 0) > alone.get(value, -np.inf) for value in one.values)
    ]


def _certainty(one: Slice) -> float:
    return -np.inf if one.gap.low is None else one.gap.low
