"""Groups and slices of the chosen rows with their numbers; kept while rows and threshold stay."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mammo_ui import state
from mammo_ui.chosen_rows import Rows, read_rows, read_scores

if TYPE_CHECKING:
    from mammo_core.metrics.attributes import Attribute
    from mammo_core.metrics.slice_candidates import Value
    from mammo_core.metrics.slices import Search, SliceOptions
    from mammo_core.metrics.subgroups import Comparison, Subgroup

MISSING = "missing"


@dataclass(frozen=True)
class Group:
    """A group of the chosen rows and its number.

    Attributes:
        by: The column.
        value: What its rows share; None for those where it is missing.
        n: How many rows.
        patients: How many patients.
        positives: How many positive rows.
        found: Its number and the difference to the rest.
    """

    by: str
    value: str | None
    n: int
    patients: int
    positives: int
    found: "Comparison"

    @property
    def name(self) -> str:
        """Column and value."""
        return name_values([(self.by, self.value)])


def name_values(values: "Sequence[Value]") -> str:
    """Such as "Density d and View CC", the columns called as on the page Cases."""
    return " and ".join(
        f"{state.facet_title(by)} {MISSING if value is None else state.value_title(by, value)}"
        for by, value in values
    )


def metric_depends_on_threshold(metric: str) -> bool:
    """Whether a metric of `KINDS` moves with the threshold."""
    return metric != "auroc"


def compare_groups(rows: Rows, metric: str, threshold: float) -> tuple[Group, ...]:
    """Every group of the rows with its number, in the order of the columns."""
    return _compare_groups(rows, metric, threshold if metric_depends_on_threshold(metric) else 0.5)


def measure_whole(rows: Rows, metric: str, threshold: float) -> float | None:
    """The number of all rows, None where undefined."""
    value = _measure_whole(rows, metric, threshold if metric_depends_on_threshold(metric) else 0.5)
    return None if math.isnan(value) else value


@lru_cache(maxsize=8)
def find_slices(rows: Rows, options: "SliceOptions") -> "Search":
    """The slices of the rows, the one that is worst for sure first."""
    from mammo_core.metrics import slices

    table = read_rows(rows)
    positive, attributes = len(table.classes) - 1, _read_attributes(rows)
    return slices.find_slices(table, positive, options, attributes=attributes)


def list_alike(rows: Rows) -> dict[str, tuple[str, ...]]:
    """The columns with others that split the rows as they do, which are judged once."""
    from mammo_core.metrics.attributes import find_alike

    found = find_alike({one.name: one.codes for one in _list_all(rows) if len(one.values) > 1})
    return {name: others for name, others in found.items() if others}


def tell_alike(rows: Rows) -> str:
    """Which columns are not drawn since another one has the same groups, empty for none."""
    return " ".join(
        f"The same images as {state.facet_title(name)}: "
        f"{', '.join(map(state.facet_title, others))}."
        for name, others in list_alike(rows).items()
    )


def find_images(rows: Rows, values: "Sequence[Value]") -> list[str]:
    """The images of the rows that share those values."""
    import numpy as np

    attributes = {one.name: one for one in _read_attributes(rows)}
    found = [attributes[by].codes == attributes[by].values.index(value) for by, value in values]
    return read_rows(rows).image_ids(np.logical_and.reduce(found))


@lru_cache(maxsize=4)
def _read_attributes(rows: Rows) -> "tuple[Attribute, ...]":
    """The columns that split the rows as groups, a byte a row each; of those alike the first."""
    folded = {name for others in list_alike(rows).values() for name in others}
    own = (one for one in _list_all(rows) if one.name not in folded)
    return tuple(one for one in own if len(one.values) > 1)


@lru_cache(maxsize=4)
def _list_all(rows: Rows) -> "tuple[Attribute, ...]":
    from mammo_core.metrics.attributes import list_attributes

    return tuple(list_attributes(read_rows(rows).frame))


def _list_groups(rows: Rows) -> "list[Subgroup]":
    from mammo_core.metrics.subgroups import split_by

    return [group for attribute in _read_attributes(rows) for group in split_by(attribute)]


@lru_cache(maxsize=4)
def _count_groups(rows: Rows) -> tuple[tuple[int, int, int], ...]:
    """(rows, patients, positive rows) of each group."""
    import numpy as np

    is_positive, patients = read_scores(rows)[1], read_rows(rows).patients
    return tuple(
        (
            int(group.rows.sum()),
            len(np.unique(patients[group.rows])),
            int((group.rows & is_positive).sum()),
        )
        for group in _list_groups(rows)
    )


@lru_cache(maxsize=16)
def _measure_whole(rows: Rows, metric: str, threshold: float) -> float:
    from mammo_core.metrics.measures import KINDS

    scores, is_positive = read_scores(rows)
    measure = KINDS[metric].build(scores, is_positive, read_rows(rows).patients, threshold)
    return measure.measure(is_positive | ~is_positive).value


@lru_cache(maxsize=16)
def _compare_groups(rows: Rows, metric: str, threshold: float) -> tuple[Group, ...]:
    from mammo_core.metrics.measures import KINDS
    from mammo_core.metrics.subgroups import compare_subgroups

    groups, patients = _list_groups(rows), read_rows(rows).patients
    found = compare_subgroups(groups, KINDS[metric], *read_scores(rows), patients, threshold)
    return tuple(
        Group(group.by, group.value, *counts, one)
        for group, counts, one in zip(groups, _count_groups(rows), found, strict=True)
    )
