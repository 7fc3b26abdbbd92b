"""Fitting a calibrator on validation rows, and saying honestly what it did."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.calibrators import CALIBRATORS
from mammo_core.calibrators.calibrator import Calibrator
from mammo_core.calibrators.change import CHANGES, estimate_change
from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.metrics.bootstrap import resample
from mammo_core.metrics.cautions import FEW_PATIENTS
from mammo_core.metrics.estimate import UNDEFINED
from mammo_core.metrics.sections.calibration import Calibration
from mammo_core.metrics.sections.question import Estimates, Question
from mammo_core.predictions import PredictionTable
from mammo_core.wording import count, tell_nearest

MIN_PATIENTS = 5
"""With fewer on either side nothing is fitted."""
FEW_ROWS = 1000
"""Under which isotonic regression is said to follow chance (Niculescu-Mizil and Caruana 2005)."""
FOLDS = 5
JUDGED = ("ece", "brier", "slope", "intercept", "mean_excess")


@dataclass(frozen=True)
class Fit:
    """A calibrator with what it was fitted on and what it did there.

    Attributes:
        method: Its name in `CALIBRATORS`.
        calibrator: The fitted one.
        positive: The class asked about.
        n: Rows.
        patients: Their patients.
        before: `JUDGED` estimates of these rows as the model gave them.
        after: The same once calibrated, each row by a fit without its patient's fold.
        change: After less before of ECE and Brier score, by the same draws of patients.
        warnings: What to know of it, in sentences.
    """

    method: str
    calibrator: Calibrator
    positive: str
    n: int
    patients: int
    before: dict[str, Any]
    after: dict[str, Any]
    change: dict[str, Any]
    warnings: tuple[str, ...]


def find_calibrator(method: str) -> type[Calibrator]:
    """The calibrator of that name.

    Raises:
        BadConfiguration: Where there is none; lists those there are.
    """
    if method not in CALIBRATORS:
        raise BadConfiguration(
            f"Expected a calibrator among {', '.join(CALIBRATORS)}, got '{method}'"
            f"{tell_nearest(method, CALIBRATORS)}"
        )
    return CALIBRATORS[method]


def fit_calibrator(
    table: PredictionTable,
    method: str,
    *,
    positive: str | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
) -> Fit:
    """The calibrator of a table's rows, with its figures before and after.

    Args:
        table: The validation rows, an image each, every label known.
        method: A name in `CALIBRATORS`.
        positive: The class asked about; None is the last.
        bootstrap: Replicates for the intervals.
        seed: Of the replicates, and of the folds.

    Raises:
        BadConfiguration: For an unknown method or class.
        BadTable: Where there are too few patients of one kind, or nothing fits.
    """
    kind, place = find_calibrator(method), table.class_index(positive)
    _check_patients(table, place)
    calibrator = kind.fit(table.probabilities, table.labels, place)
    crossed = _cross_fit(table, kind, place, seed)
    draws = {"bootstrap": bootstrap, "seed": seed}
    unknown = UNDEFINED.to_json()
    return Fit(
        method,
        calibrator,
        table.classes[place],
        len(table),
        table.n_patients,
        _judged(judge(table, place, **draws)),
        _judged(judge(crossed, place, **draws)) if crossed else dict.fromkeys(JUDGED, unknown),
        estimate_change(table, crossed, place, **draws)
        if crossed
        else dict.fromkeys(CHANGES, unknown),
        tuple(_list_warnings(table, place, method)),
    )


def apply_calibrator(table: PredictionTable, calibrator: Calibrator) -> PredictionTable:
    """The table with calibrated probabilities; its SHA-256 stays that of its file."""
    calibrated = calibrator.apply(table.probabilities)
    columns = {f"p_{name}": calibrated[:, i] for i, name in enumerate(table.classes)}
    return replace(table, frame=table.frame.assign(**columns))


def judge(
    table: PredictionTable, positive: int, *, bootstrap: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """`calibration` and `reliability` of a table's rows, as `evaluate` answers them."""
    section = Calibration(Question(table, positive))
    drawn = resample(
        section.statistics, n_patients=table.n_patients, replicates=bootstrap, seed=seed
    )
    return section.answer(Estimates(drawn, bootstrap))


def _judged(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer["calibration"][name] for name in JUDGED}


def _count_patients(table: PredictionTable, positive: int) -> tuple[int, int]:
    """(with a positive row, with another row)."""
    is_positive = table.labels == positive
    with_one, with_other = (np.unique(table.patients[of]) for of in (is_positive, ~is_positive))
    return len(with_one), len(with_other)


def _check_patients(table: PredictionTable, positive: int) -> None:
    with_one, with_other = _count_patients(table, positive)
    name = table.classes[positive]
    if min(with_one, with_other) < MIN_PATIENTS:
        raise BadTable(
            f"Expected at least {MIN_PATIENTS} patients with a '{name}' image and as many with "
            f"another to fit a calibrator on, found {with_one} and {with_other}; take a larger "
            "split"
        )


def _list_warnings(table: PredictionTable, positive: int, method: str) -> list[str]:
    n, name = _count_patients(table, positive)[0], table.classes[positive]
    few = (
        f"Only {count(n, 'patient')} have a '{name}' image: with fewer than {FEW_PATIENTS} the "
        "fitted numbers may follow chance"
    )
    steps = (
        f"Isotonic regression was fitted on {count(len(table), 'image')}: under {FEW_ROWS} it "
        "follows chance more than the model"
    )
    found = {few: n < FEW_PATIENTS, steps: method == "isotonic" and len(table) < FEW_ROWS}
    return [text for text, holds in found.items() if holds]


def _cross_fit(
    table: PredictionTable, kind: type[Calibrator], positive: int, seed: int
) -> PredictionTable | None:
    """The table with each row calibrated by a fit without its fold; None where a fold fits not."""
    folds = _deal_patients(table, positive, seed)[table.patients]
    crossed = np.empty_like(table.probabilities)
    try:
        for fold in range(FOLDS):
            inside = folds == fold
            p, labels = table.probabilities[~inside], table.labels[~inside]
            crossed[inside] = kind.fit(p, labels, positive).apply(table.probabilities[inside])
    except BadTable:
        return None
    columns = {f"p_{name}": crossed[:, i] for i, name in enumerate(table.classes)}
    return replace(table, frame=table.frame.assign(**columns))


def _deal_patients(table: PredictionTable, positive: int, seed: int) -> NDArray[np.intp]:
    """(patients,) the fold of each, those with a positive row dealt evenly."""
    has_positive = np.bincount(table.patients, weights=table.labels == positive) > 0
    order = np.random.default_rng(seed).permutation(table.n_patients)
    order = order[np.argsort(has_positive[order], kind="stable")]
    folds = np.empty(table.n_patients, dtype=np.intp)
    folds[order] = np.arange(table.n_patients) % FOLDS
    return folds


def carry_threshold(
    table: PredictionTable, calibrator: Calibrator, positive: int, threshold: float
) -> float:
    """The threshold that calls as many rows, once calibrated, as `threshold` called before.

    It lies halfway between two rows; where calibration ties these, it calls both.
    """
    before = table.probabilities[:, positive]
    after = np.sort(calibrator.apply(table.probabilities)[:, positive])[::-1]
    n = int(np.count_nonzero(before >= threshold))
    ends = np.concatenate([[1.0], after, [0.0]])
    return float((ends[n] + ends[n + 1]) / 2)
