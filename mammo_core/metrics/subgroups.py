"""For whom a model works: groups of rows by density, age, scanner, side, view and source."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.metrics.auroc import estimate_auroc
from mammo_core.metrics.estimate import UNDEFINED, Estimate

COLUMNS = ("density", "age", "manufacturer", "laterality", "view", "source", "birads")
MIN_EACH = 5  # fewer positive or negative rows give no AUROC worth a number
MAX_GROUPS = 40  # of one column, the largest first


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


def list_subgroups(frame: pd.DataFrame) -> list[Subgroup]:
    """The groups by each column of `COLUMNS` that has any value; missing is a group of its own."""
    groups = []
    for name in COLUMNS:
        if name in frame and frame[name].notna().any():
            values = to_decades(frame[name]) if name == "age" else frame[name]
            groups += _split_by(name, values)
    return groups


def to_decades(ages: pd.Series) -> pd.Series:
    """Texts such as "40-49"; missing stays missing."""
    decades = (ages // 10 * 10).astype("Int64")
    return decades.astype("string") + "-" + (decades + 9).astype("string")


def estimate_subgroup_auroc(
    scores: NDArray[np.floating], is_positive: NDArray[np.bool_], patients: NDArray[np.integer]
) -> Estimate:
    """AUROC with its clustered interval, undefined under 5 positive or 5 negative rows."""
    n_positive = np.count_nonzero(is_positive)
    if min(n_positive, len(scores) - n_positive) < MIN_EACH:
        return UNDEFINED
    return estimate_auroc(scores, is_positive, patients)


def _split_by(name: str, values: pd.Series) -> list[Subgroup]:
    codes, uniques = pd.factorize(values, sort=True)
    sizes = np.bincount(codes[codes >= 0], minlength=len(uniques))
    shown = np.sort(np.argsort(-sizes, kind="stable")[:MAX_GROUPS])
    groups = [Subgroup(name, str(uniques[code]), codes == code) for code in shown]
    return groups + ([Subgroup(name, None, codes < 0)] if (codes < 0).any() else [])
