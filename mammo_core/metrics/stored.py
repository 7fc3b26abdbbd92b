"""Evaluations kept in the model's folder, so that pages show intervals without a bootstrap."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.errors import MammoError
from mammo_core.metrics.answer_shape import is_whole
from mammo_core.metrics.evaluation import evaluate_options
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.metrics.shared_patients import tell_shared_patients
from mammo_core.paths import read_json, write_json
from mammo_core.predictions import (
    PredictionTable,
    read_predictions,
    read_provenance,
)
from mammo_core.seen_images import tell_seen
from mammo_core.test_looks import note_look
from mammo_core.threshold_units import tell_other_unit
from mammo_core.two_views import tell_counted_twice

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.metrics.comparison import Contender
    from mammo_core.model_store import StoredModel

VERSION = 3  # raise it when a stored number is added or changes its meaning
ASIDE = ("interval", "prevalence", "cost_ratio", "thresholds_from")
"""Options whose answers, unless asked as the pages do, stand in a file of their own."""


def evaluation_path(
    model_folder: Path, dataset_name: str, options: EvaluationOptions, calibrated: str = ""
) -> Path:
    """Where an evaluation of a model on a dataset is kept; those asked otherwise apart."""
    asked = (options.split, options.level, options.aggregation, calibrated, _tell_aside(options))
    return model_folder / "evaluations" / ".".join(filter(None, (dataset_name, *asked, "json")))


def _tell_aside(options: EvaluationOptions) -> str:
    """A short name for what is asked otherwise than pages do, empty where nothing is."""
    plain = EvaluationOptions()
    asked = {name: getattr(options, name) for name in ASIDE}
    others = {name: value for name, value in asked.items() if value != getattr(plain, name)}
    return hashlib.sha256(repr(others).encode()).hexdigest()[:8] if others else ""


def store_evaluation(
    model_folder: Path,
    dataset_name: str,
    table: PredictionTable,
    options: EvaluationOptions,
    answer: dict[str, Any],
    calibrated: str = "",
) -> None:
    """Keep an answer with what it was computed from."""
    content = _key(table, options) | {"answer": answer}
    write_json(evaluation_path(model_folder, dataset_name, options, calibrated), content)


def load_evaluation(
    model_folder: Path,
    dataset_name: str,
    table: PredictionTable,
    options: EvaluationOptions,
    calibrated: str = "",
) -> dict[str, Any] | None:
    """The kept answer; None unless it was computed from this very table with these options.

    One that is damaged counts as none, and is computed again.
    """
    try:
        content = read_json(evaluation_path(model_folder, dataset_name, options, calibrated))
    except MammoError:
        return None
    key = _key(table, options)
    if not isinstance(content, dict) or {name: content.get(name) for name in key} != key:
        return None
    answer: dict[str, Any] | None = content.get("answer")
    return answer if is_whole(answer) else None


def evaluate_model(
    model: str,
    dataset: str,
    options: EvaluationOptions,
    *,
    calibrated: str = "",
    threshold: float | None = None,
) -> dict[str, Any]:
    """The numbers of a model on a dataset, predicted first where no table is up to date.

    `test_looks` counts the looks at this test set, this one with them, where it is of the model's
    own data; else it is None.

    Args:
        model: Its folder or id.
        dataset: Its folder or name.
        options: What is asked; its threshold is not heeded.
        calibrated: The method of one of the model's calibrators, whose probabilities are judged
            then, with the threshold that it carried over; empty for the model's own.
        threshold: Of the operating point `default`, whose numbers are not kept then; None for the
            model's own.

    Raises:
        BadConfiguration: Where the model has no such calibrator.
        BadDataset: Where the split that thresholds are chosen on has no image.
    """
    from mammo_core.calibrators.stored import calibrate_predictions, find_fit
    from mammo_core.datasets import load_dataset
    from mammo_core.model_store import find_model

    stored, data = find_model(model), load_dataset(dataset)
    fit = find_fit(stored, calibrated) if calibrated else None
    table = _current_predictions(stored, data, _split_to_predict(data, options))
    table = calibrate_predictions(table, fit) if fit else table
    own = replace(options, threshold=(fit or stored).threshold)
    if threshold is None or threshold == own.threshold:
        answer = _kept_or_made(stored, data.name, table, own, calibrated)
        of_units = tell_other_unit(stored, options.level, options.aggregation)
    else:
        answer, of_units = evaluate_options(table, replace(own, threshold=threshold)), None
    looks = note_look(stored, data, options.split, "evaluate")
    told = (*answer["warnings"], *_tell_of(stored, data, options), of_units)
    warnings = list(dict.fromkeys(filter(None, told)))
    answer |= {"warnings": warnings, "test_looks": looks and looks.to_json()}
    return answer | fit.tell(data.name, options.split, warnings) if fit else answer


def _split_to_predict(dataset: "Dataset", options: EvaluationOptions) -> str:
    """The judged split; all of them where thresholds come from another one that has images."""
    if options.chosen_on == options.split:
        return options.split
    dataset.select(options.chosen_on)
    return "all"


def _kept_or_made(
    model: "StoredModel",
    dataset: str,
    table: PredictionTable,
    options: EvaluationOptions,
    calibrated: str,
) -> dict[str, Any]:
    """The answer, from now on kept with the model and told on its card.

    A folder that cannot be written costs time, not the numbers: a warning tells of it.
    """
    from mammo_core.model_card import write_card

    kept = load_evaluation(model.path, dataset, table, options, calibrated)
    if kept is not None:
        return kept
    answer = evaluate_options(table, options)
    try:
        store_evaluation(model.path, dataset, table, options, answer, calibrated)
        write_card(model)
    except MammoError as error:
        told = f"{error}; the numbers were not kept and are computed again next time"
        return answer | {"warnings": [*answer["warnings"], told]}
    return answer


def read_contenders(models: Sequence[str], dataset: str, split: str) -> "list[Contender]":
    """Models with their predictions of a dataset's split and their stored thresholds."""
    from mammo_core.metrics.comparison import Contender
    from mammo_core.model_store import find_model

    return [
        Contender(
            name,
            read_model_predictions(name, dataset, split, "compare"),
            threshold=find_model(name).threshold,
        )
        for name in models
    ]


def tell_of_models(models: Sequence[str], dataset: str, options: EvaluationOptions) -> list[str]:
    """Why the models' figures on that split, counted so, are not to be taken as they stand."""
    from mammo_core.datasets import load_dataset
    from mammo_core.model_store import find_model

    data = load_dataset(dataset)
    told = chain.from_iterable(_tell_of(find_model(model), data, options) for model in models)
    return list(dict.fromkeys(told))


def read_model_predictions(model: str, dataset: str, split: str, where: str) -> PredictionTable:
    """A model's predictions of a dataset's split, predicted first where none are up to date.

    It counts as a look where the split holds the model's own test set.

    Args:
        model: Its folder or id.
        dataset: Its folder or name.
        split: "train", "val", "test" or "all".
        where: The verb that shows what they come to.
    """
    from mammo_core.datasets import load_dataset
    from mammo_core.model_store import find_model

    stored, data = find_model(model), load_dataset(dataset)
    table = _current_predictions(stored, data, split)
    note_look(stored, data, split, where)
    return table


def _tell_of(model: "StoredModel", dataset: "Dataset", options: EvaluationOptions) -> list[str]:
    """Why its figures on that split, counted so, are not to be taken as they stand."""
    seen = tell_seen(model, dataset, options.split)
    shared = tell_shared_patients(dataset.index, options.split)
    return [*filter(None, (seen, tell_counted_twice(model, options.level))), *shared]


def _current_predictions(model: "StoredModel", dataset: "Dataset", split: str) -> PredictionTable:
    from mammo_core.model_store import predictions_path

    path = predictions_path(model, dataset.name)
    made_from = read_provenance(path)
    if made_from is None or not made_from.is_of(model.sha256, dataset.version):
        _predict(model, dataset, None if split == "all" else split)
    elif made_from.split not in (split, "all"):
        _predict(model, dataset, None)  # another split's rows are in the table and stay in it
    return read_predictions(path)


def _predict(model: "StoredModel", dataset: "Dataset", split: str | None) -> None:
    from mammo_core.prediction import predict_dataset
    from mammo_core.progress import current_progress

    predict_dataset(model, dataset, split=split, progress=current_progress())


def _key(table: PredictionTable, options: EvaluationOptions) -> dict[str, Any]:
    positive = table.classes[table.class_index(options.positive)]
    return {
        "version": VERSION,
        "table_sha256": table.sha256,
        "options": asdict(replace(options, positive=positive)),
    }
