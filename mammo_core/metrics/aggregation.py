"""From images to breasts, exams and patients: a table whose rows are larger units."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.predictions import PredictionTable

LEVELS: dict[str, tuple[str, ...]] = {
    "image": ("image_id",),
    "breast": ("patient_id", "exam_id", "laterality"),
    "exam": ("patient_id", "exam_id"),
    "patient": ("patient_id",),
}
Array = NDArray[np.float64]
Units = NDArray[np.intp]


def aggregate_mean(exceedances: Array, units: Units) -> Array:
    """(U, K) mean over the rows of each unit."""
    sums = [np.bincount(units, weights=column) for column in exceedances.T]
    return np.stack(sums, axis=1) / np.bincount(units)[:, None]


def aggregate_max(exceedances: Array, units: Units) -> Array:
    """(U, K) maximum over the rows of each unit."""
    order = np.argsort(units, kind="stable")
    starts = np.searchsorted(units[order], np.arange(units.max() + 1))
    return np.maximum.reduceat(exceedances[order], starts, axis=0)


def aggregate_noisy_or(exceedances: Array, units: Units) -> Array:
    """(U, K) one minus the product of what is left of 1: any one row suffices."""
    with np.errstate(divide="ignore"):  # a certain row leaves nothing: log 0
        left = np.log1p(-np.clip(exceedances, 0, 1))
    sums = [np.bincount(units, weights=column) for column in left.T]
    return 1 - np.exp(np.stack(sums, axis=1))


AGGREGATIONS: dict[str, Callable[[Array, Units], Array]] = {
    "mean": aggregate_mean,
    "max": aggregate_max,
    "noisy_or": aggregate_noisy_or,
}


def aggregate(table: PredictionTable, level: str, aggregation: str = "mean") -> PredictionTable:
    """The table at a level: labels are the worst image's, metadata what all images agree on.

    What is aggregated are the probabilities of being at least as bad as each class, and the
    classes' probabilities are their differences. So they still sum to 1, the mean is the mean of
    each class, and the worst class's probability is the aggregation of its own.

    Args:
        table: At image level, every label known.
        level: One of `LEVELS`.
        aggregation: One of `AGGREGATIONS`; at image level it changes nothing.

    Raises:
        BadConfiguration: For an unknown level or aggregation.
        BadTable: Where a column is missing that tells the units apart.
    """
    _check_name("level", level, LEVELS)
    _check_name("aggregation", aggregation, AGGREGATIONS)
    if level == "image":
        return table
    units, first = _number_units(table.frame, level)
    frame = _agreed_metadata(table.frame, units, first)
    frame["label"] = np.array(table.classes)[_worst(table.labels, units)]
    for name, column in zip(table.classes, _aggregated(table, units, aggregation).T, strict=True):
        frame[f"p_{name}"] = column
    frame["n_images"] = np.bincount(units)
    images = table.frame["image_id"].array  # Arrow's texts: a tenth of as many Python objects
    return PredictionTable(frame, table.classes, table.sha256, level, (images, units))


def _check_name(what: str, name: str, known: Mapping[str, object]) -> None:
    if name not in known:
        raise BadConfiguration(f"Expected {what} to be one of {', '.join(known)}, got '{name}'")


def _number_units(frame: pd.DataFrame, level: str) -> tuple[Units, Units]:
    """(N,) number of each row's unit, in order of first rows, and (U,) the place of those."""
    codes = np.zeros(len(frame), dtype=np.int64)
    for name in LEVELS[level]:
        if name == "laterality" and name not in frame:
            raise BadTable(f"Level '{level}' needs a column '{name}', the table has none")
        if name in frame:  # a table without exams has one exam a patient
            values, uniques = pd.factorize(frame[name])
            codes = codes * (len(uniques) + 1) + values + 1
            codes = pd.factorize(codes)[0]
    return codes.astype(np.intp), np.unique(codes, return_index=True)[1]


def _aggregated(table: PredictionTable, units: Units, aggregation: str) -> Array:
    """(U, K) probabilities of the units."""
    exceedances = np.cumsum(table.probabilities[:, :0:-1], axis=1)[:, ::-1]
    joined = np.clip(AGGREGATIONS[aggregation](exceedances, units), 0, 1)
    ones, zeros = np.ones((len(joined), 1)), np.zeros((len(joined), 1))
    return np.maximum(-np.diff(np.hstack([ones, joined, zeros]), axis=1), 0)


def _worst(labels: NDArray[np.intp], units: Units) -> NDArray[np.intp]:
    worst = np.zeros(units.max() + 1, dtype=np.intp)
    np.maximum.at(worst, units, labels)
    return worst


def _agreed_metadata(frame: pd.DataFrame, units: Units, first: Units) -> pd.DataFrame:
    """(U) rows with the values that all rows of a unit share, missing where they differ."""
    own = [
        name
        for name in frame.columns
        if name not in ("image_id", "label") and not name.startswith("p_")
    ]
    agreed = frame.iloc[first][own].reset_index(drop=True)
    agreed.insert(0, "image_id", frame["image_id"].iloc[first].reset_index(drop=True))
    for name in own:
        codes = pd.factorize(frame[name])[0]
        is_disputed = np.zeros(len(first), dtype=bool)
        is_disputed[units[codes != codes[first][units]]] = True
        agreed.loc[is_disputed, name] = np.nan
    return agreed
