"""Which image each of the compared models has right, as a table."""

from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from mammo_core.csv_text import quote_texts
from mammo_core.metrics.comparison import Contender, select_tables
from mammo_core.metrics.outcomes import is_correct
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.paths import writing
from mammo_core.predictions import PredictionTable


def list_rows(
    contenders: Sequence[Contender], options: EvaluationOptions, *, overlap: bool = False
) -> pd.DataFrame:
    """A row an image, judged by the unit that it belongs to.

    Returns:
        `image_id, label` and for the models a, b, ... in turn `predicted_a` (the most probable
        class), `right_a`, `score_a` (of the positive class) and `called_a` (at its threshold).

    Args:
        contenders: The models, 26 at most.
        options: As in `compare`.
        overlap: See there.

    Raises:
        BadTable: Where images, classes, labels or patients differ.
    """
    tables, _ = select_tables([one.table for one in contenders], options, overlap=overlap)
    first = tables[0]
    positive = first.class_index(options.positive)
    classes = np.array(first.classes, dtype=object)
    images, place = _list_images(first)
    columns = {"image_id": images, "label": classes[first.labels][place]}
    for letter, one, table in zip(ascii_lowercase, contenders, tables, strict=False):
        scores = table.probabilities[place, positive]
        columns |= {
            f"predicted_{letter}": classes[table.predicted][place],
            f"right_{letter}": is_correct(table)[place],
            f"score_{letter}": scores,
            f"called_{letter}": scores >= one.threshold,
        }
    return pd.DataFrame(columns).sort_values("image_id")


def _list_images(table: PredictionTable) -> tuple[ExtensionArray, NDArray[np.intp]]:
    """(image ids, row of each)."""
    if table.members is not None:
        return table.members
    return table.frame["image_id"].array, np.arange(len(table))


def write_rows(path: Path, rows: pd.DataFrame) -> None:
    """Write the rows as CSV, whole or not at all, with texts that no spreadsheet calculates.

    Raises:
        MammoError: Where the file cannot be written.
    """
    with writing(path) as temporary:
        quote_texts(rows).to_csv(temporary, index=False)
