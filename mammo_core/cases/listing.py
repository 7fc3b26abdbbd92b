"""The cases of a model in the order that is asked for, as a table."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.cases.filtering import order_by
from mammo_core.cases.judgment import Cases, judge_cases
from mammo_core.datasets import Dataset
from mammo_core.errors import BadConfiguration
from mammo_core.metrics.selection import EvaluationOptions, select
from mammo_core.model_store import StoredModel
from mammo_core.predictions import PredictionTable
from mammo_core.types import Progress

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """What cases come from.

    Attributes:
        model: Who judged them.
        dataset: Whose images they are.
        progress: Told while something is measured.
    """

    model: StoredModel
    dataset: Dataset
    progress: Progress


def measure_lesions(cases: Cases, source: Source) -> Numbers:
    """(N,) area of each image's marked lesions in mm², NaN where it is unknown."""
    from mammo_core.datasets.lesion_sizes import read_lesion_sizes

    sizes = read_lesion_sizes(source.dataset, progress=source.progress)
    return np.array([sizes.get(name, np.nan) for name in cases.image_ids], dtype=np.float64)


def measure_explanations(cases: Cases, source: Source) -> Numbers:
    """(N,) how far each image's kept explanations are apart; see `explanation_disagreement`."""
    from mammo_core.cases.explanation_disagreement import explanation_disagreement, find_kept_maps

    kept = find_kept_maps(source.model.sha256)
    return explanation_disagreement(cases.image_ids, kept, progress=source.progress)


ORDERS: dict[str, Callable[[Cases, Source], Numbers]] = {
    "loss": lambda cases, _: cases.loss,
    "uncertainty": lambda cases, _: cases.uncertainty,
    "score": lambda cases, _: cases.score,
    "lesion_size": measure_lesions,
    "explanations": measure_explanations,
}
"""What cases are sorted by, the largest first and the undefined ones last."""


def list_cases(
    table: PredictionTable, options: EvaluationOptions, source: Source, order: str = "loss"
) -> pd.DataFrame:
    """A row an image as `Cases.table` has it, with the column that it is sorted by.

    Args:
        table: All predictions of the model for the dataset.
        options: Which rows, judged at which level and from which threshold.
        source: Where what is no prediction is read.
        order: A key of `ORDERS`.

    Raises:
        BadConfiguration: For an unknown order.
        BadTable: Where no row is left.
    """
    if order not in ORDERS:
        raise BadConfiguration(f"Expected an order of {', '.join(ORDERS)}, got '{order}'")
    units = select(table, options)[0]
    images = select(table, _of_images(options))[0]
    cases = judge_cases(images, units, positive=options.positive or images.classes[-1])
    values = ORDERS[order](cases, source)
    places = order_by(values)
    return cases.table(places, options.threshold).assign(**{order: values[places]})


def _of_images(options: EvaluationOptions) -> EvaluationOptions:
    return EvaluationOptions(split=options.split, positive=options.positive)
