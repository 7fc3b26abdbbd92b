"""What calibration needs of the rows of a choice, kept until table or calibrators change."""

from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from mammo_core.calibrators import CALIBRATION
from mammo_ui.chosen_rows import Rows, read_rows, read_scores, read_table, rows_of
from mammo_ui.library import version_of

if TYPE_CHECKING:
    from pathlib import Path

    from mammo_core.calibrators.stored import StoredFit
    from mammo_core.metrics.threshold_sweep import ThresholdSweep
    from mammo_core.model_store import StoredModel
    from mammo_core.predictions import PredictionTable
    from mammo_ui.state import Choice


class CalibratedRows(NamedTuple):
    """Rows of a prediction table by one of its model's calibrators.

    Attributes:
        rows: As the model gave them.
        folder: The model's.
        version: Of the file of its calibrators.
        method: Of the calibrator.
    """

    rows: Rows
    folder: "Path"
    version: int
    method: str


def bins_of_equal_mass(choice: "Choice") -> list[dict[str, Any]]:
    """The chosen rows' reliability in bins of equally many, as `evaluate` tells its own bins."""
    return _equal_mass(rows_of(choice))


def read_model_fits(model: "StoredModel") -> dict[str, "StoredFit"]:
    """The model's calibrators by method.

    Raises:
        BadModel: Where their file is damaged.
    """
    return _fits(model.path, _version(model), model.sha256)


def calibrated_rows_of(choice: "Choice", method: str) -> CalibratedRows:
    """The chosen rows by one of the model's calibrators."""
    return CalibratedRows(rows_of(choice), choice.model.path, _version(choice.model), method)


def find_images(choice: "Choice", low: float, high: float) -> list[str]:
    """The images behind the chosen rows of a bin: probability in [low, high), 1 with the last."""
    rows = rows_of(choice)
    scores, _ = read_scores(rows)
    inside = (scores >= low) & ((scores < high) | (high >= 1))
    return read_rows(rows).image_ids(inside)


def has_labeled_split(choice: "Choice", split: str) -> bool:
    """Whether the model's table of the chosen dataset holds labeled rows of that split."""
    rows = rows_of(choice)
    return split in _labeled_splits(rows.path, rows.version)


def _version(model: "StoredModel") -> int:
    path = model.path / CALIBRATION
    return version_of(path) if path.is_file() else 0


@lru_cache(maxsize=8)
def _labeled_splits(path: "Path", version: int) -> frozenset[str]:
    frame = read_table(path, version).frame
    if "split" not in frame:
        return frozenset()
    return frozenset(frame.loc[frame["label"].notna(), "split"].dropna().unique())


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
def read_calibrated(calibrated: CalibratedRows) -> "PredictionTable":
    """The rows with calibrated probabilities.

    Raises:
        MammoError: Where the model has no such calibrator, or no row is left.
    """
    from mammo_core.calibrators.stored import calibrate_predictions, find_fit
    from mammo_core.metrics.selection import EvaluationOptions, select
    from mammo_core.model_store import read_model

    rows = calibrated.rows
    fit = find_fit(read_model(calibrated.folder), calibrated.method)
    table = calibrate_predictions(read_table(rows.path, rows.version), fit)
    options = EvaluationOptions(split=rows.split, level=rows.level, aggregation=rows.aggregation)
    return select(table, options)[0]


@lru_cache(maxsize=16)
def judge_calibrated(calibrated: CalibratedRows) -> dict[str, Any]:
    """Their `calibration` and `reliability`, as `evaluate` tells them."""
    from mammo_core.calibrators.fitting import judge

    table = read_calibrated(calibrated)
    return judge(table, len(table.classes) - 1)


@lru_cache(maxsize=16)
def estimate_change(calibrated: CalibratedRows) -> dict[str, Any]:
    """Calibrated less own ECE and Brier score of the rows, by the same draws of patients."""
    from mammo_core.calibrators import change

    before = read_rows(calibrated.rows)
    return change.estimate_change(before, read_calibrated(calibrated), len(before.classes) - 1)


@lru_cache(maxsize=8)
def sweep_calibrated(calibrated: CalibratedRows) -> "ThresholdSweep":
    """The calibrated rows swept by thresholds, with the replicates of the page's own sweep."""
    from mammo_core.metrics.threshold_sweep import ThresholdSweep

    table = read_calibrated(calibrated)
    positive = len(table.classes) - 1
    return ThresholdSweep(
        table.probabilities[:, positive], table.labels == positive, table.patients
    )
