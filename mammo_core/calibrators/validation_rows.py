"""Where the rows lie on which a model's calibrator may be fitted."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mammo_core.errors import BadModel, MammoError
from mammo_core.metrics.selection import EvaluationOptions, select
from mammo_core.metrics.shared_patients import tell_shared_patients
from mammo_core.predictions import PredictionTable
from mammo_core.run_comparison import VALIDATION
from mammo_core.validation_rows import ValidationRows, find_kept_rows

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
        BadTable: Where no row has a label.
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
    return ValidationRows(_labeled(table, split), origin, data.name, split, shared)


def _labeled(table: PredictionTable, split: str) -> PredictionTable:
    return select(table, EvaluationOptions(split=split))[0]
