"""For whom a model works: groups of rows by each metadata column, each against all other rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.metrics.attributes import Attribute, list_attributes
from mammo_core.metrics.estimate import Estimate, none_if_nan
from mammo_core.metrics.gaps import compare_splits, estimate_parts
from mammo_core.metrics.measures import Kind
from mammo_core.metrics.multiplicity import adjust_holm
from mammo_core.metrics.parts import UNDEFINED_PART, Measure, Split


@dataclass(frozen=True, eq=False)
class Subgroup:
    """Rows that share a value.

    Attributes:
        by: The column.
        value: What they share; None for rows where it is missing.
        rows: (N,) bool.
    """

    by: str
    value: str | None
    rows: NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """A number of a group, and by how much it differs from all other rows.

    Attributes:
        value: Undefined where the group lacks rows, see `Kind.min_each`.
        difference: The group's less the others'; undefined where either is.
        p: Two-sided, that both are equal; None where undefined.
        p_adjusted: By Holm over all groups.
    """

    value: Estimate
    difference: Estimate
    p: float | None
    p_adjusted: float | None


def list_subgroups(frame: pd.DataFrame) -> list[Subgroup]:
    """The groups by each column of `list_attributes`; missing is a group of its own."""
    return [group for attribute in list_attributes(frame) for group in split_by(attribute)]


def split_by(attribute: Attribute) -> list[Subgroup]:
    """A group a value, in the order of the values."""
    return [
        Subgroup(attribute.name, value, attribute.codes == place)
        for place, value in enumerate(attribute.values)
    ]


def compare_subgroups(
    groups: Sequence[Subgroup],
    kind: Kind,
    scores: NDArray[np.floating],
    is_positive: NDArray[np.bool_],
    patients: NDArray[np.integer],
    threshold: float,
) -> list[Comparison]:
    """Each group's number and its difference to the rest.

    Args:
        groups: Of (N,) rows.
        kind: Which number.
        scores: (N,) of the positive class.
        is_positive: (N,).
        patients: (N,) 0, 1, ...
        threshold: From which score on a row is called positive.
    """
    if not groups:
        return []
    measure = kind.build(scores, is_positive, patients, threshold)
    splits = [_split(measure, group.rows, kind, kind.needs(is_positive)) for group in groups]
    gaps = compare_splits(splits, kind.ends)
    values = estimate_parts([split.group for split in splits], kind.ends)
    adjusted = adjust_holm(np.array([gap.p for gap in gaps]), _name_tests(groups))
    return [
        Comparison(value, gap.difference, none_if_nan(gap.p), none_if_nan(joint))
        for value, gap, joint in zip(values, gaps, adjusted, strict=True)
    ]


def _split(
    measure: Measure, rows: NDArray[np.bool_], kind: Kind, needed: Sequence[NDArray[np.bool_]]
) -> Split:
    """Both parts, undefined where they lack rows."""
    has_enough, rest_has = (
        min(np.count_nonzero(part & of_kind) for of_kind in needed) >= kind.min_each
        for part in (rows, ~rows)
    )
    if has_enough and rest_has:
        return measure.split(rows)
    return Split(measure.measure(rows) if has_enough else UNDEFINED_PART, UNDEFINED_PART, 0.0)


def _name_tests(groups: Sequence[Subgroup]) -> list[int]:
    """The same number for groups that part the rows alike: one may be the other's rest."""
    seen: dict[bytes, int] = {}
    return [seen.setdefault((group.rows ^ group.rows[0]).tobytes(), len(seen)) for group in groups]
