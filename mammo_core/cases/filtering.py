"""Which cases are shown, in which order, and how many each further filter would leave."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.cases.columns import Facet, Mask


@dataclass(frozen=True)
class Filters:
    """What is kept of the cases.

    Attributes:
        facets: For each facet the values to keep, at least one.
        find: Part of the image id, upper or lower case; empty for all.
        scores: (lowest, highest) score, both kept; None for all.
        among: The image ids to keep; None for all.
    """

    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    find: str = ""
    scores: tuple[float, float] | None = None
    among: Collection[str] | None = None


@dataclass(frozen=True, eq=False)
class Kept:
    """The cases that each filter keeps.

    Attributes:
        by_facet: (N,) for each facet that filters.
        by_rest: (N,) for each other filter.
    """

    n: int
    by_facet: Mapping[str, Mask]
    by_rest: Sequence[Mask]

    def under_all(self) -> Mask | None:
        """(N,) what all filters keep; None is everything."""
        return _join([*self.by_facet.values(), *self.by_rest])

    def under_others(self, facet: str) -> Mask | None:
        """(N,) what all filters but that facet keep; None is everything."""
        others = [kept for name, kept in self.by_facet.items() if name != facet]
        return _join([*others, *self.by_rest])

    def in_order(self, order: NDArray[np.intp]) -> NDArray[np.intp]:
        """The rows that all filters keep, in the order of `order`."""
        kept = self.under_all()
        return order if kept is None else order[kept[order]]


def keep(
    image_ids: pd.Series,
    scores: NDArray[np.float64],
    columns: Mapping[str, Facet],
    filters: Filters,
) -> Kept:
    """What filters keep of the cases.

    Args:
        image_ids: (N,) texts.
        scores: (N,).
        columns: The facets by name; one that is not there keeps nothing.
        filters: What is asked for.
    """
    nothing = np.zeros(len(scores), dtype=bool)
    by_facet = {
        name: columns[name].having(values) if name in columns else nothing
        for name, values in filters.facets.items()
    }
    rest = []
    if filters.find:
        rest.append(_containing(image_ids, filters.find))
    if filters.scores is not None:
        low, high = filters.scores
        rest.append((scores >= low) & (scores <= high))
    if filters.among is not None:
        rest.append(image_ids.isin(list(filters.among)).to_numpy(dtype=bool))
    return Kept(len(scores), by_facet, rest)


def order_by(values: NDArray[np.floating]) -> NDArray[np.intp]:
    """(N,) rows, the largest value first, equals as they come, NaN last."""
    return np.argsort(-values, kind="stable")


def _containing(image_ids: pd.Series, part: str) -> Mask:
    found = image_ids.str.contains(part, case=False, regex=False)
    return found.to_numpy(dtype=bool)


def _join(masks: Sequence[Mask]) -> Mask | None:
    return reduce(np.logical_and, masks) if masks else None
