"""Each image of a table judged by the unit that it belongs to."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.cases.columns import Codes, from_places
from mammo_core.metrics.operating_points import OUTCOMES, outcome_cells
from mammo_core.predictions import PredictionTable

SMALLEST = 1e-12  # keeps the logarithm of a probability finite
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cases:
    """The images of a table, each with what is said of its unit; made by `judge_cases`.

    Attributes:
        frame: The images' ids and metadata, a row an image.
        true: The units' labels.
        predicted: Their most probable classes.
        correct: (N,) whether both are the same.
        score: (N,) probability of the positive class, in [0, 1].
        loss: (N,) negative log probability of the true class, NaN without a label.
        uncertainty: (N,) entropy over its largest possible value, in [0, 1].
        is_known: (N,) whether there is a label.
        is_positive: (N,) whether it is the positive class.
        unit: (N,) the row of the units' table that an image belongs to.
    """

    frame: pd.DataFrame
    true: Codes
    predicted: Codes
    correct: NDArray[np.bool_]
    score: Numbers
    loss: Numbers
    uncertainty: Numbers
    is_known: NDArray[np.bool_]
    is_positive: NDArray[np.bool_]
    unit: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def image_ids(self) -> pd.Series:
        """(N,) the images' ids."""
        return self.frame["image_id"]

    def outcomes(self, threshold: float) -> Codes:
        """TP, FP, FN or TN of positive against the rest, unknown without a label."""
        return self._outcomes_at(slice(None), threshold)

    def _outcomes_at(self, places: NDArray[np.intp] | slice, threshold: float) -> Codes:
        cells = outcome_cells(self.score[places], self.is_positive[places], threshold)
        return from_places(np.where(self.is_known[places], cells, -1), OUTCOMES)

    def table(self, places: NDArray[np.intp], threshold: float) -> pd.DataFrame:
        """Some cases with what is said of them, cheap for a million: texts are categories.

        Args:
            places: (n,) rows in the order wanted.
            threshold: The score from which a unit is called positive.

        Returns:
            The metadata, then `true, predicted, outcome` (missing where unknown), `score, correct,
            loss` and `uncertainty`.
        """
        judged = self._texts(places, threshold)
        texts = {name: codes.categories() for name, codes in judged.items()}
        return self.frame.iloc[places].assign(**texts, **self._numbers(places))

    def rows(self, places: NDArray[np.intp], threshold: float) -> list[dict[str, Any]]:
        """The same as a mapping a case, None for what is missing; cheap for a few."""
        own = {str(name): _list_known(column.iloc[places]) for name, column in self.frame.items()}
        texts = {name: codes.known() for name, codes in self._texts(places, threshold).items()}
        numbers = {name: _list_known(pd.Series(x)) for name, x in self._numbers(places).items()}
        columns = own | texts | numbers
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def _texts(self, places: NDArray[np.intp], threshold: float) -> dict[str, Codes]:
        outcomes = self._outcomes_at(places, threshold)
        return {
            "true": self.true.take(places),
            "predicted": self.predicted.take(places),
            "outcome": outcomes,
        }

    def _numbers(self, places: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
        names = ("score", "correct", "loss", "uncertainty")
        return {name: getattr(self, name)[places] for name in names}

    def places_of(self, image_ids: Collection[str]) -> NDArray[np.intp]:
        """The rows of these images, ascending; images that are not there are left out."""
        return np.flatnonzero(self.image_ids.isin(list(image_ids)))


def judge_cases(images: PredictionTable, units: PredictionTable, *, positive: str) -> Cases:
    """The images of a table, judged by the unit (image, breast, exam, patient) they belong to.

    Args:
        images: The table at the level of images.
        units: `aggregate` of it to the level that is judged; itself for images.
        positive: The class whose probability is the score.
    """
    of_unit = np.arange(len(units)) if units.members is None else units.members[1]
    if len(of_unit) != len(images):
        raise ValueError(f"Expected units of {len(images)} images, got units of {len(of_unit)}")
    judged = _judge(units, positive)
    own: dict[str, Any] = {name: values[of_unit] for name, values in judged.items()}
    texts = {name: from_places(own[name], units.classes) for name in ("true", "predicted")}
    return Cases(_metadata(images), unit=of_unit, **own | texts)


def _list_known(column: pd.Series) -> list[Any]:
    """The values as Python has them, None for those that are missing."""
    missing = column.isna().to_numpy()
    return [None if gone else value for value, gone in zip(column.tolist(), missing, strict=True)]


def _metadata(images: PredictionTable) -> pd.DataFrame:
    return images.frame.drop(columns=[f"p_{name}" for name in images.classes])


def _judge(units: PredictionTable, positive: str) -> dict[str, NDArray[Any]]:
    p, positive_class = units.probabilities, units.class_index(positive)
    is_known = units.labels >= 0
    of_truth = p[np.arange(len(p)), units.labels]
    entropy = -(p * np.log(np.maximum(p, SMALLEST))).sum(axis=1) / np.log(p.shape[1])
    return {
        "true": units.labels,
        "predicted": units.predicted,
        "correct": units.labels == units.predicted,
        "score": p[:, positive_class],
        "loss": np.where(is_known, -np.log(np.maximum(of_truth, SMALLEST)), np.nan),
        "uncertainty": np.clip(entropy, 0, 1),
        "is_known": is_known,
        "is_positive": units.labels == positive_class,
    }
