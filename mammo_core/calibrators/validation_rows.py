"""Where the rows lie on which a model's calibrator may be fitted."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mammo_core.errors import BadModel, BadTable, MammoError
from mammo_core.metrics.selection import EvaluationOptions, select
from mammo_core.metrics.shared_patients import tell_shared_patients
from mammo_core.predictions import PredictionTable
from mammo_core.run_comparison import VALIDATION
from mammo_core.validation_rows import ValidationRows, find_kept_rows

OF_TABLES = (
    "bring the table with a column 'split' that says val of the validation rows: by adopt-table, "
    "or as it is by calibrate --predictions FILE --out CALIBRATED.parquet"
)
"""What to do for a model that is only a table."""

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel


def read_kept_rows(model: "StoredModel") -> ValidationRows:
    """The predictions of its validation images that the model's training kept.

    Raises:
        BadModel: Where there are none, or another network made them.
    """
    kept = find_kept_rows(model)
    if kept is None:
        raise BadModel(_tell_none(model))
    return replace(kept, table=_labeled(kept.table, "all"))


def _tell_none(model: "StoredModel") -> str:
    path = model.path / VALIDATION
    if model.is_table:
        return f"{model.id} is a table of predictions and was never trained here; {OF_TABLES}"
    if path.is_file():
        return f"{path} was made by another network than {model.file}; name a dataset"
    return (
        f"{model.id} kept no validation predictions; name a dataset with validation images: "
        f"python -m mammo_core calibrate {model.id} DATASET"
    )


def read_dataset_rows(model: "StoredModel", dataset: str, split: str) -> ValidationRows:
    """The model's predictions of a dataset's split, predicted first where none are up to date.

    Raises:
        MammoError: Where the split is the model's own test set.
        BadTable: Where the split has no row, or none a label; says where others are.
    """
    from mammo_core.datasets import load_dataset
    from mammo_core.metrics.stored import read_model_predictions
    from mammo_core.test_looks import is_own_test

    data = load_dataset(dataset)
    if is_own_test(model, data, split):
        raise MammoError(
            f"Expected a split other than the test set of {model.id}'s own data, got '{split}': a "
            "calibrator fitted there leaves nothing to judge it by; take val"
        )
    table = read_model_predictions(str(model.path), dataset, split, "calibrate")
    shared = tuple(tell_shared_patients(data.index, split))
    origin = f"the split '{split}' of {data.name}"
    return ValidationRows(_labeled_of(model, table, split), origin, data.name, split, shared)


def _labeled_of(model: "StoredModel", table: PredictionTable, split: str) -> PredictionTable:
    try:
        return _labeled(table, split)
    except BadTable as error:
        raise BadTable(f"{error}; {_tell_others(model)}") from error


def _tell_others(model: "StoredModel") -> str:
    """Where else there are rows to fit on."""
    if model.is_table:
        return OF_TABLES
    if find_kept_rows(model):
        return (
            "leave out the dataset to fit on the validation images that the training kept: "
            f"python -m mammo_core calibrate {model.id}"
        )
    return "name a dataset with labeled validation images"


def _labeled(table: PredictionTable, split: str) -> PredictionTable:
    return select(table, EvaluationOptions(split=split))[0]
