"""The cases behind the numbers: each image with how right, how sure and how high its score is."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from mammo_core.metrics.operating_points import OUTCOMES, outcome_cells
from mammo_core.predictions import PredictionTable

SMALLEST = 1e-12  # keeps the logarithm of a probability finite


def list_cases(
    images: PredictionTable, units: PredictionTable, *, positive: str, threshold: float
) -> pd.DataFrame:
    """A row an image, judged by the unit (image, breast, exam, patient) that it belongs to.

    Args:
        images: The table at the level of images.
        units: The same table at the level that is judged; itself for images.
        positive: The class whose probability is the score.
        threshold: The score from which a unit is called positive.

    Returns:
        The images' metadata with `true, predicted` (class names), `score`, `correct`,
        `outcome` (TP, FP, FN, TN of positive against the rest, missing without a label),
        `loss` (negative log probability of the true class, NaN without one) and
        `uncertainty` (entropy over its largest possible value, in [0, 1]).
    """
    frame = images.frame.set_index("image_id", drop=False)
    frame = frame.rename_axis(None).drop(columns=[f"p_{name}" for name in images.classes])
    judged = _judge(units, positive, threshold)
    order, rows = _members(units)
    return frame.loc[order].join(judged.iloc[rows].set_axis(pd.Index(order)))


def select_cases(
    cases: pd.DataFrame,
    facets: Mapping[str, Sequence[str]],
    *,
    sort: str = "loss",
    find: str = "",
    among: Collection[str] | None = None,
) -> pd.DataFrame:
    """The cases that every facet keeps, the largest `sort` first, equals by image id.

    Args:
        cases: As `list_cases` returns them.
        facets: For each column the values to keep, written as text; a column that the cases
            lack keeps nothing.
        sort: A numeric column.
        find: Part of the image id, upper or lower case.
        among: The image ids to keep, None for all.
    """
    kept = np.ones(len(cases), dtype=bool)
    for column, values in facets.items():
        kept &= _as_text(cases, column).isin(list(values)).to_numpy()
    if among is not None:
        kept &= cases["image_id"].isin(among).to_numpy()
    if find:
        kept &= cases["image_id"].str.contains(find, case=False, regex=False).to_numpy()
    return cases[kept].sort_values([sort, "image_id"], ascending=[False, True], na_position="last")


def count_facet(cases: pd.DataFrame, facets: Mapping[str, Sequence[str]], column: str) -> pd.Series:
    """How many cases each value of a column has under the other facets, by value."""
    others = {name: values for name, values in facets.items() if name != column}
    kept = select_cases(cases, others)
    counts: pd.Series = _as_text(kept, column).value_counts().sort_index()
    return counts


def _judge(units: PredictionTable, positive: str, threshold: float) -> pd.DataFrame:
    names = np.array([*units.classes, None], dtype=object)  # label -1 is the missing one
    p = units.probabilities
    is_known = units.labels >= 0
    is_positive = units.labels == units.class_index(positive)
    score = p[:, units.class_index(positive)]
    cells = np.where(is_known, outcome_cells(score, is_positive, threshold), len(OUTCOMES))
    outcome = np.array([*OUTCOMES, None], dtype=object)[cells]
    of_truth = p[np.arange(len(p)), units.labels]
    entropy = -(p * np.log(np.maximum(p, SMALLEST))).sum(axis=1) / np.log(p.shape[1])
    return pd.DataFrame(
        {
            "true": names[units.labels],
            "predicted": names[units.predicted],
            "score": score,
            "correct": units.labels == units.predicted,
            "outcome": outcome,
            "loss": np.where(is_known, -np.log(np.maximum(of_truth, SMALLEST)), np.nan),
            "uncertainty": np.clip(entropy, 0, 1),
        }
    )


def _members(units: PredictionTable) -> tuple[np.ndarray, np.ndarray]:
    if units.members is None:
        return units.frame["image_id"].to_numpy(), np.arange(len(units))
    return units.members


def _as_text(cases: pd.DataFrame, column: str) -> pd.Series:
    """A column as text, "unknown" where it is missing."""
    if column not in cases:
        return pd.Series("unknown", index=cases.index)
    return cases[column].astype("string").fillna("unknown")
