"""The rows that a choice is about: of which table, split and level; read once, kept until changed.

Tables are kept up to a number of rows (see `kept_tables`). Whatever is computed from them is kept
under their `Rows` with functools' `lru_cache`: small values that name a file's version, never the
table itself.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mammo_core.errors import MammoError
from mammo_core.model_store import predictions_path
from mammo_ui.kept_tables import kept_by_rows
from mammo_ui.library import version_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mammo_core.predictions import PredictionTable
    from mammo_ui.state import Choice


MOST_ROWS = 2_500_000
"""Of all tables that are kept at once: some 0.2 GB a million, so that the process stays small."""


class Rows(NamedTuple):
    """Rows of a prediction table at a level.

    Attributes:
        path: Of the table.
        version: Of its file; see `library.version_of`.
        split: "train", "val", "test" or "all".
        level: "image", "breast", "exam" or "patient".
        aggregation: "mean", "max" or "noisy_or".
    """

    path: Path
    version: int
    split: str
    level: str = "image"
    aggregation: str = "mean"

    @property
    def images(self) -> "Rows":
        """The same rows as single images."""
        return self._replace(level="image", aggregation="mean")

    def of_split(self, split: str) -> "Rows":
        """The rows of another split of the same table."""
        return self._replace(split=split)


def table_path(choice: "Choice") -> Path:
    """Where the predictions of a choice lie.

    Raises:
        MammoError: Where no model or no dataset is chosen.
    """
    if choice.model is None or choice.dataset is None:
        raise MammoError("Choose a model and a dataset in the sidebar first")
    return predictions_path(choice.model, choice.dataset)


def rows_of(choice: "Choice") -> Rows:
    """The rows that a choice is about."""
    path = table_path(choice)
    return Rows(path, version_of(path), choice.split, choice.level, choice.aggregation)


@kept_by_rows(MOST_ROWS)
def read_table(path: Path, version: int) -> "PredictionTable":
    """The whole table, all splits, a row an image."""
    from mammo_core.predictions import read_predictions

    return read_predictions(path)


@kept_by_rows(MOST_ROWS)
def read_rows(rows: Rows) -> "PredictionTable":
    """The labeled rows of a split at a level.

    Raises:
        BadTable: Where none is left.
    """
    from mammo_core.metrics.selection import EvaluationOptions, select

    options = EvaluationOptions(split=rows.split, level=rows.level, aggregation=rows.aggregation)
    return select(read_table(rows.path, rows.version), options)[0]


def read_scores(rows: Rows) -> "tuple[NDArray[np.float64], NDArray[np.bool_]]":
    """(N,) probabilities of the positive class and whether it is the true one."""
    units = read_rows(rows)
    positive = len(units.classes) - 1
    return units.probabilities[:, positive], units.labels == positive
