"""Prediction tables brought to the same images in the same order, so that they can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.errors import BadTable
from mammo_core.metrics.outcomes import is_correct
from mammo_core.metrics.selection import select_split
from mammo_core.predictions import PredictionTable

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
AGREED = ("label", "patient_id")
"""What all tables must say alike of an image."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two models' tables with the same rows in the same order, every label known.

    Attributes:
        a: One model's.
        b: The other's.
        positive: Index of the class whose probability is the score.
    """

    a: PredictionTable
    b: PredictionTable
    positive: int

    def __len__(self) -> int:
        return len(self.a)

    @cached_property
    def scores(self) -> tuple[Array, Array]:
        """The positive class's (N,) probabilities of both models."""
        a, b = (table.probabilities[:, self.positive] for table in (self.a, self.b))
        return a, b

    @cached_property
    def is_positive(self) -> Mask:
        """(N,) whether the positive class is the true one."""
        return self.a.labels == self.positive

    @cached_property
    def is_right(self) -> tuple[Mask, Mask]:
        """(N,) whether each model's most probable class is the true one."""
        return is_correct(self.a), is_correct(self.b)

    @cached_property
    def is_same(self) -> bool:
        """Whether both models give every row the same probabilities."""
        return np.array_equal(self.a.probabilities, self.b.probabilities)

    @property
    def patients(self) -> NDArray[np.intp]:
        """(N,) number of each row's patient."""
        return self.a.patients


def pair_tables(
    tables: Sequence[PredictionTable], split: str, *, overlap: bool = False
) -> list[PredictionTable]:
    """The tables' rows of a split, of the same images in the order of the first table.

    Args:
        tables: Two or more at image level, of the same classes.
        split: As in `EvaluationOptions`.
        overlap: Whether images that not all tables hold are left out instead of refused.

    Raises:
        BadTable: Where images, classes, labels or patients differ.
    """
    _check_classes(tables)
    tables = [select_split(table, split)[0] for table in tables]
    shared = find_shared(tables)
    _check_images(tables, len(shared), overlap=overlap)
    first, *others = (_take_images(table, shared) for table in tables)
    for other in others:
        for column in AGREED:
            _check_agreement(first, other, column)
    return [first, *others]


def find_shared(tables: Sequence[PredictionTable]) -> pd.Index:
    """The images that all tables hold, in the order of the first."""
    first, *others = (table.frame["image_id"] for table in tables)
    if all(first.equals(other) for other in others):
        return pd.Index(first)
    images = (pd.Index(table.frame["image_id"]) for table in tables)
    return reduce(lambda kept, others: kept[others.get_indexer(kept) >= 0], images)


def _check_classes(tables: Sequence[PredictionTable]) -> None:
    named = list(dict.fromkeys(", ".join(table.classes) for table in tables))
    if len(named) > 1:
        raise BadTable(f"Expected tables of the same classes, got {' and '.join(named)}")


def _check_images(tables: Sequence[PredictionTable], n_shared: int, *, overlap: bool) -> None:
    if n_shared and (overlap or n_shared == max(map(len, tables))):
        return
    numbers = [str(len(table)) for table in tables]
    *most, last = numbers
    remedy = "; --overlap compares those" if n_shared else ""
    every = "both" if len(tables) == 2 else "all"
    raise BadTable(
        f"Expected tables of the same images, got {', '.join(most)} and {last} images, "
        f"{n_shared} of them in {every}{remedy}"
    )


def _take_images(table: PredictionTable, images: pd.Index) -> PredictionTable:
    own = pd.Index(table.frame["image_id"])
    return table if own.equals(images) else table.take(own.get_indexer(images))


def _check_agreement(a: PredictionTable, b: PredictionTable, column: str) -> None:
    ours, theirs = (t.frame[column].fillna("") for t in (a, b))
    differs = ours.ne(theirs).to_numpy()
    if differs.any():
        name = a.frame["image_id"].to_numpy()[differs][0]
        raise BadTable(
            f"Expected both tables to give image '{name}' the same {column}; "
            f"{int(differs.sum())} images differ"
        )
