"""Calibrators beside their model: fitted on validation predictions, kept as plain numbers."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.calibrators import CALIBRATION, CALIBRATORS
from mammo_core.calibrators.calibrator import Calibrator
from mammo_core.calibrators.fitting import (
    FOLDS,
    Fit,
    apply_calibrator,
    carry_threshold,
    fit_calibrator,
)
from mammo_core.config import read_settings
from mammo_core.errors import BadConfiguration, BadModel, MammoError
from mammo_core.paths import read_json, write_json
from mammo_core.predictions import PredictionTable

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel
    from mammo_core.validation_rows import ValidationRows


@dataclass(frozen=True)
class StoredFit:
    """A calibrator of a model's very network.

    Attributes:
        method: Its name in `CALIBRATORS`.
        calibrator: The fitted one.
        dataset: On whose rows it was fitted.
        split: Of that dataset.
        threshold: Calls as many of those rows, once calibrated, as the model's own did before.
        facts: All that is kept of it, as `calibrate_model` answers.
    """

    method: str
    calibrator: Calibrator
    dataset: str
    split: str
    threshold: float
    facts: dict[str, Any]

    def tell(self, dataset: str, split: str, warnings: Sequence[str] = ()) -> dict[str, Any]:
        """What an evaluation of calibrated rows says of the calibrator.

        Args:
            dataset: Whose rows are judged.
            split: Of the dataset.
            warnings: Of the evaluation; those of the fit come after them.
        """
        keys = ("fitted", "positive", "dataset", "split", "n", "patients")
        own = [*self.facts.get("warnings", ()), self.tell_seen(dataset, split)]
        return {
            "calibrated": {"method": self.method, **{key: self.facts.get(key) for key in keys}},
            "warnings": [*warnings, *filter(None, own)],
        }

    def tell_seen(self, dataset: str, split: str) -> str | None:
        """That these rows are those it was fitted on; None where they are others."""
        if dataset != self.dataset or (split != self.split and "all" not in (split, self.split)):
            return None
        return (
            f"The calibrator was fitted on images of {dataset} ({self.split}) that are judged "
            "here: its figures flatter"
        )


def calibration_path(model: "StoredModel") -> Path:
    """Where a model's calibrators lie."""
    return model.path / CALIBRATION


def calibrate_model(
    model: "StoredModel",
    rows: "ValidationRows",
    method: str,
    *,
    positive: str | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Fit a calibrator on a model's validation rows and keep it, in place of the last of its kind.

    The model's card tells of it from now on.

    Returns:
        What is kept of it, and in which file.

    Raises:
        BadConfiguration: For an unknown method or class.
        BadTable: Where nothing can be fitted on these rows.
    """
    from mammo_core.model_card import write_card

    fit = fit_calibrator(rows.table, method, positive=positive, bootstrap=bootstrap, seed=seed)
    place = rows.table.class_index(positive)
    threshold = carry_threshold(rows.table, fit.calibrator, place, model.threshold)
    found = describe_fit(fit)
    facts = {
        **found,
        "warnings": [*found["warnings"], *_warn_of_split(rows), *rows.warnings],
        "dataset": rows.dataset,
        "split": rows.split,
        "table_sha256": rows.table.sha256,
        "threshold": threshold,
    }
    kept = {**_read_facts(model), method: facts}
    write_json(calibration_path(model), {"model_sha256": model.sha256, "fits": kept})
    write_card(model)
    return {"model": model.id, "file": str(calibration_path(model)), **facts}


def _warn_of_split(rows: "ValidationRows") -> list[str]:
    if rows.split not in ("test", "all"):
        return []
    return [f"It was fitted on test images ({rows.dataset}, {rows.split}): judge it by others only"]


def describe_fit(fit: Fit) -> dict[str, Any]:
    """A fit as JSON holds it."""
    return {
        "method": fit.method,
        "fitted": asdict(fit.calibrator),  # type: ignore[call-overload]
        "positive": fit.positive,
        "n": fit.n,
        "patients": fit.patients,
        "before": fit.before,
        "after": fit.after,
        "change": fit.change,
        "folds": FOLDS,
        "warnings": list(fit.warnings),
    }


def read_fits(model: "StoredModel") -> dict[str, StoredFit]:
    """The model's calibrators in the order of `CALIBRATORS`; those of another network are none.

    Raises:
        BadModel: Where the file is damaged.
    """
    fits = {method: _read_fit(model, method, facts) for method, facts in _read_facts(model).items()}
    return {method: fits[method] for method in CALIBRATORS if method in fits}


def find_fit(model: "StoredModel", method: str) -> StoredFit:
    """The model's calibrator of that method.

    Raises:
        BadConfiguration: Where it has none; says how to make it.
        BadModel: Where its file is damaged.
    """
    fits = read_fits(model)
    if method not in fits:
        known = ", ".join(fits) or "none"
        raise BadConfiguration(
            f"Expected a calibrator that was fitted for {model.id} ({known}), got '{method}'; fit "
            f"it by: python -m mammo_core calibrate {model.id} --method {next(iter(CALIBRATORS))}"
        )
    return fits[method]


def calibrate_predictions(table: PredictionTable, fit: StoredFit) -> PredictionTable:
    """The table with calibrated probabilities, and a digest of table and calibrator together."""
    content = json.dumps([table.sha256, fit.method, asdict(fit.calibrator)])  # type: ignore[call-overload]
    digest = hashlib.sha256(content.encode()).hexdigest()
    return replace(apply_calibrator(table, fit.calibrator), sha256=digest)


def _read_facts(model: "StoredModel") -> dict[str, Any]:
    """The content by method, empty where there is none of this network."""
    path = calibration_path(model)
    if not path.is_file():
        return {}
    try:
        content = read_json(path)
        is_current = content["model_sha256"] == model.sha256
        return dict(content["fits"]) if is_current else {}
    except (MammoError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error


def _read_fit(model: "StoredModel", method: str, facts: Mapping[str, Any]) -> StoredFit:
    try:
        calibrator = read_settings(CALIBRATORS[method], facts["fitted"])
        place = getattr(calibrator, "positive", 0)
        if not 0 <= place < len(model.classes):
            raise BadConfiguration(f"Expected the place of a class, got {place}")
        threshold = float(facts["threshold"])
        if not 0 <= threshold <= 1:
            raise BadConfiguration(f"Expected a threshold from 0 to 1, got {threshold}")
        return StoredFit(
            method,
            calibrator,
            str(facts["dataset"]),
            str(facts["split"]),
            threshold,
            dict(facts),
        )
    except (BadConfiguration, KeyError, TypeError, ValueError) as error:
        raise _damaged(calibration_path(model)) from error


def _damaged(path: Path) -> BadModel:
    return BadModel(f"Cannot use {path}: it is damaged; delete it and calibrate again")
