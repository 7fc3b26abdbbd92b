"""Whose rows a verb is asked about: a model's on a dataset, or those of a prediction table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

if TYPE_CHECKING:
    from mammo_core.predictions import PredictionTable

ENDINGS = (".csv", ".tsv", ".txt", ".parquet")
Table = Annotated[Path | None, typer.Option(help="A prediction table instead: CSV or Parquet.")]
Rename = Annotated[
    list[str] | None,
    typer.Option(
        metavar="THEIRS=OURS", help="A column of the table that has another name; repeatable."
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(
        help="Names, mildest first: a,b,c; where the table counts classes, or has the "
        "probability of the second of two alone."
    ),
]
"""What verbs that take a table ask about it."""


@dataclass(frozen=True)
class ModelRows:
    """A model's predictions of a dataset, made first where none are up to date.

    Attributes:
        model: Its folder or id.
        dataset: Its folder or name.
    """

    model: str
    dataset: str

    def read(self, split: str, verb: str) -> "PredictionTable":
        """The rows; it may count as a look of the verb at the model's own test set."""
        from mammo_core.metrics.stored import read_model_predictions

        return read_model_predictions(self.model, self.dataset, split, verb)

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
        rename, classes: How it names things, as the options say it.
    """

    threshold: ClassVar[float] = 0.5
    file: Path
    rename: Sequence[str] = ()
    classes: str = ""

    def read(self, split: str = "all", verb: str = "") -> "PredictionTable":
        """All rows, whatever the split and the verb: what is asked of them selects it."""
        return self.read_beside(self.file)

    def read_beside(self, file: Path) -> "PredictionTable":
        """All rows of another file that names things alike."""
        from mammo_core.table_models.spelled_tables import read_spelled
        from mammo_core.table_models.spelling import read_spelling

        return read_spelled(file, read_spelling(self.rename, self.classes))


def find_rows(
    model: str | None,
    dataset: str | None,
    predictions: Path | None,
    rename: Sequence[str] | None = None,
    classes: str | None = None,
    *,
    of_models: Mapping[str, object] | None = None,
) -> ModelRows | TableRows:
    """What is asked about; a table's bare path is a table.

    Args:
        model: The verb's first word.
        dataset: Its second one.
        predictions: Of the option.
        rename: Of the option, which only a table has.
        classes: Of the option, which only a table has.
        of_models: The values of the options that only a model has, by their names.

    Raises:
        BadConfiguration: Unless it is either a model and a dataset or a table.
    """
    from mammo_core.errors import BadConfiguration

    model, predictions = take_table(model, dataset, predictions)
    if model and dataset and not predictions:
        refuse_spelling(rename, classes)
        return ModelRows(model, dataset)
    given = [name for name, value in (of_models or {}).items() if value]
    if predictions and not model and not dataset and not given:
        return TableRows(predictions, tuple(rename or ()), classes or "")
    only = f", and {', '.join(given)} with a model only" if predictions and given else ""
    raise BadConfiguration(
        f"Expected either a model and a dataset or --predictions FILE; give one of them{only}"
    )


def refuse_spelling(rename: Sequence[str] | None, classes: str | None) -> None:
    """Refuse the options of tables where models are asked about."""
    from mammo_core.errors import BadConfiguration

    if rename or classes:
        raise BadConfiguration("Expected --rename and --classes beside a prediction table only")


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
