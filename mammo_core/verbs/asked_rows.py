"""Whose rows a verb is asked about: a model's on a dataset, or those of a prediction table."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from mammo_core.predictions import PredictionTable

ENDINGS = (".csv", ".tsv", ".txt", ".parquet")


@dataclass(frozen=True)
class ModelRows:
    """A model's predictions of a dataset, made first where none are up to date.

    Attributes:
        model: Its folder or id.
        dataset: Its folder or name.
    """

    model: str
    dataset: str

    def read(self, split: str) -> "PredictionTable":
        """The rows; it may count as a look at the model's own test set."""
        from mammo_core.metrics.stored import read_model_predictions

        return read_model_predictions(self.model, self.dataset, split)

    @property
    def threshold(self) -> float:
        """From which the model calls."""
        from mammo_core.model_store import find_model

        return find_model(self.model).threshold


@dataclass(frozen=True)
class TableRows:
    """The rows of a prediction table, which knows no threshold.

    Attributes:
        file: CSV or Parquet.
    """

    threshold: ClassVar[float] = 0.5
    file: Path

    def read(self, split: str = "all") -> "PredictionTable":
        """All rows, whatever the split: what is asked of them selects it."""
        from mammo_core.predictions import read_predictions

        return read_predictions(self.file)


def find_rows(
    model: str | None,
    dataset: str | None,
    predictions: Path | None,
    *,
    of_models: Mapping[str, object] | None = None,
) -> ModelRows | TableRows:
    """What is asked about; a table's bare path is a table.

    Args:
        model: The verb's first word.
        dataset: Its second one.
        predictions: Of the option.
        of_models: The values of the options that only a model has, by their names.

    Raises:
        BadConfiguration: Unless it is either a model and a dataset or a table.
    """
    from mammo_core.errors import BadConfiguration

    model, predictions = take_table(model, dataset, predictions)
    if model and dataset and not predictions:
        return ModelRows(model, dataset)
    given = [name for name, value in (of_models or {}).items() if value]
    if predictions and not model and not dataset and not given:
        return TableRows(predictions)
    only = f", and {', '.join(given)} with a model only" if predictions and given else ""
    raise BadConfiguration(
        f"Expected either a model and a dataset or --predictions FILE; give one of them{only}"
    )


def is_table(name: str) -> bool:
    """Whether a word names the file of a table, there on the disk."""
    return Path(name).suffix.lower() in ENDINGS and Path(name).is_file()


def take_table(
    model: str | None, dataset: str | None, predictions: Path | None
) -> tuple[str | None, Path | None]:
    """The model and the table that are asked about: a table's bare path is no model.

    Args:
        model: The verb's first word.
        dataset: Its second one; a table needs none, and beside one nothing is changed.
        predictions: Of the option.
    """
    if model is not None and dataset is None and predictions is None and is_table(model):
        return None, Path(model)
    return model, predictions
