"""What calibration needs of the rows of a choice, kept until table or calibrators change."""

from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mammo_core.calibrators.stored import calibration_path
from mammo_ui.chosen_rows import Rows, read_rows, read_scores, read_table, rows_of
from mammo_ui.library import version_of

if TYPE_CHECKING:
    from pathlib import Path

    from mammo_core.calibrators.stored import StoredFit
    from mammo_core.model_store import StoredModel
    from mammo_core.predictions import PredictionTable
    from mammo_ui.state import Choice


def bins_of_equal_mass(choice: "Choice") -> list[dict[str, Any]]:
    """The chosen rows' reliability in bins of equally many, as `evaluate` tells its own bins."""
    return _equal_mass(rows_of(choice))


def read_model_fits(model: "StoredModel") -> dict[str, "StoredFit"]:
    """The model's calibrators by method.

    Raises:
        BadModel: Where their file is damaged.
    """
    return _fits(model.path, _version(model), model.sha256)


def judge_calibrated(choice: "Choice", method: str) -> dict[str, Any]:
    """`calibration` and `reliability` of the chosen rows by one of the model's calibrators."""
    return _calibrated(rows_of(choice), choice.model.path, _version(choice.model), method)


def estimate_change(choice: "Choice", method: str) -> dict[str, Any]:
    """Calibrated less own ECE and Brier score of the chosen rows, by the same draws of patients."""
    return _change(rows_of(choice), choice.model.path, _version(choice.model), method)


def find_images(choice: "Choice", low: float, high: float) -> list[str]:
    """The images behind the chosen rows of a bin: probability in [low, high), 1 with the last."""
    rows = rows_of(choice)
    scores, _ = read_scores(rows)
    inside = (scores >= low) & ((scores < high) | (high >= 1))
    return read_rows(rows).image_ids(inside)


def has_labeled_split(choice: "Choice", split: str) -> bool:
    """Whether the model's table of the chosen dataset holds labeled rows of that split."""
    rows = rows_of(choice)
    frame = read_table(rows.path, rows.version).frame
    return "split" in frame and bool((frame["split"].eq(split) & frame["label"].notna()).any())


def _version(model: "StoredModel") -> int:
    path = calibration_path(model)
    return version_of(path) if path.is_file() else 0


@lru_cache(maxsize=8)
def _fits(folder: "Path", version: int, sha256: str) -> dict[str, "StoredFit"]:
    from mammo_core.calibrators.stored import read_fits
    from mammo_core.model_store import read_model

    return read_fits(read_model(folder)) if version else {}


@lru_cache(maxsize=8)
def _equal_mass(rows: Rows) -> list[dict[str, Any]]:
    from mammo_core.metrics.calibration import reliability_bins

    found = reliability_bins(*read_scores(rows), read_rows(rows).patients, binning="equal_mass")
    return [asdict(one) for one in found]


@lru_cache(maxsize=4)
def _calibrated_rows(rows: Rows, folder: "Path", version: int, method: str) -> "PredictionTable":
    from mammo_core.calibrators.stored import calibrate_predictions, find_fit
    from mammo_core.metrics.selection import EvaluationOptions, select
    from mammo_core.model_store import read_model

    table = read_table(rows.path, rows.version)
    table = calibrate_predictions(table, find_fit(read_model(folder), method))
    options = EvaluationOptions(split=rows.split, level=rows.level, aggregation=rows.aggregation)
    return select(table, options)[0]


@lru_cache(maxsize=16)
def _calibrated(rows: Rows, folder: "Path", version: int, method: str) -> dict[str, Any]:
    from mammo_core.calibrators.fitting import judge

    chosen = _calibrated_rows(rows, folder, version, method)
    return judge(chosen, len(chosen.classes) - 1)


@lru_cache(maxsize=16)
def _change(rows: Rows, folder: "Path", version: int, method: str) -> dict[str, Any]:
    from mammo_core.calibrators import change

    before, after = read_rows(rows), _calibrated_rows(rows, folder, version, method)
    return change.estimate_change(before, after, len(before.classes) - 1)
