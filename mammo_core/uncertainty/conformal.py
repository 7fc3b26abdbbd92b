"""Conformal prediction sets: the classes left open, so that the true one is among them as promised.

What is exchangeable are patients, not images: those of one patient resemble each other. So each
calibration patient counts once, however many images there are, and the promise is about a random
image of a new patient.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration, BadTable

if TYPE_CHECKING:
    from mammo_core.predictions import PredictionTable

Array = NDArray[np.float64]
Thresholds = Callable[["PredictionTable", float], Array]
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class ConformalMethod:
    """A way to choose which classes are left open.

    Attributes:
        title: Its name in the literature.
        promises: What holds, in a sentence.
        reference: Author, year and DOI or arXiv.
        find_thresholds: From calibration rows and alpha to (K,) thresholds of one minus the
            probability: a class is in the set where it is at most that. Infinite where too few
            patients are there to exclude the class from any set.
    """

    title: str
    promises: str
    reference: str
    find_thresholds: Thresholds


def find_marginal_thresholds(calibration: "PredictionTable", alpha: float) -> Array:
    """(K,) the same threshold for all classes."""
    scores = score_truth(calibration)
    one = find_threshold(scores, calibration.patients, alpha)
    return np.full(len(calibration.classes), one)


def find_class_thresholds(calibration: "PredictionTable", alpha: float) -> Array:
    """(K,) a threshold for each class, from the calibration rows that have it."""
    scores, labels, patients = score_truth(calibration), calibration.labels, calibration.patients
    return np.array(
        [
            find_threshold(scores[labels == k], patients[labels == k], alpha)
            for k in range(len(calibration.classes))
        ]
    )


CONFORMAL: dict[str, ConformalMethod] = {
    "lac": ConformalMethod(
        title="One threshold for all",
        promises="Over all cases the true class is in the set as often as asked; a rare class may "
        "pay for a frequent one.",
        reference="Sadinle et al. 2019, doi:10.1080/01621459.2017.1395341",
        find_thresholds=find_marginal_thresholds,
    ),
    "class_conditional": ConformalMethod(
        title="A threshold for each class",
        promises="In each class the true one is in the set as often as asked; sets are larger.",
        reference="Vovk 2012, arXiv:1209.2673",
        find_thresholds=find_class_thresholds,
    ),
}


def score_truth(table: "PredictionTable") -> Array:
    """(N,) one minus the probability of each row's true class."""
    p = to_simplex(table.probabilities)
    scores: Array = 1 - p[np.arange(len(p)), table.labels]
    return scores


def find_threshold(scores: Array, patients: NDArray[np.integer], alpha: float) -> float:
    """The smallest score up to which 1 - alpha lies, each patient weighing 1 / (n + 1).

    The weight of a patient is shared among his rows, and that of the patient to come is put at
    infinity. Where each patient has one row it is the usual order statistic of rank
    ceil((n + 1) (1 - alpha)).

    Args:
        scores: (M,) of the rows that calibrate; none for a class that no row has.
        patients: (M,) any numbers that tell them apart.
        alpha: One minus the coverage that is asked for.

    Source: Lee, Barber and Willett 2023, arXiv:2306.06342.
    """
    if not len(scores):
        return np.inf
    _, patient, n_rows = np.unique(patients, return_inverse=True, return_counts=True)
    order = np.argsort(scores, kind="stable")
    weights = 1 / n_rows[patient[order]] / (len(n_rows) + 1)
    enough = np.flatnonzero(np.cumsum(weights) >= 1 - alpha - ROUNDING)
    return float(scores[order][enough[0]]) if len(enough) else np.inf


def predict_sets(
    calibration: "PredictionTable", table: "PredictionTable", *, method: str, alpha: float
) -> NDArray[np.bool_]:
    """(N, K) which classes are in the set of each row of `table`; built by MAPIE.

    Args:
        calibration: Rows that no training has seen, every label known.
        table: Rows that get sets, of the same classes at the same level.
        method: A key of `CONFORMAL`.
        alpha: One minus the coverage that is asked for.

    Raises:
        BadTable: Where the tables have other classes, or there are too few calibration rows.
        BadConfiguration: For an unknown method or an alpha that leaves nothing to promise.
    """
    from mammo_core.uncertainty.mapie_sets import GivenThresholds, build_sets

    check_question(calibration, table, method, alpha)
    return build_sets(
        to_simplex(calibration.probabilities),
        calibration.labels,
        to_simplex(table.probabilities),
        score=GivenThresholds(CONFORMAL[method].find_thresholds(calibration, alpha)),
        alpha=alpha,
    )


def check_question(
    calibration: "PredictionTable", table: "PredictionTable", method: str, alpha: float
) -> None:
    """Refuse what cannot be answered; raises as `predict_sets`."""
    if method not in CONFORMAL:
        raise BadConfiguration(f"Expected a method of {', '.join(CONFORMAL)}, got '{method}'")
    if not 0 < alpha < 1:
        raise BadConfiguration(f"Expected a coverage between 0 and 1, got {1 - alpha:g}")
    if calibration.classes != table.classes:
        raise BadTable(
            f"Expected the classes {', '.join(table.classes)} in the rows that calibrate, got "
            f"{', '.join(calibration.classes)}"
        )
    least = int(np.ceil(max(1 / alpha, 1 / (1 - alpha)) - ROUNDING))
    if len(calibration) < least:
        raise BadTable(
            f"Expected at least {least} rows to calibrate a coverage of {1 - alpha:g} on, got "
            f"{len(calibration)}; ask for less or calibrate on more"
        )


def to_simplex(probabilities: Array) -> Array:
    """(N, K) rows that sum to 1 exactly, where a table's may miss it by a thousandth."""
    clipped = np.clip(probabilities, 0, 1)
    scaled: Array = clipped / clipped.sum(axis=1, keepdims=True)
    return scaled


def count_patients(calibration: "PredictionTable") -> dict[str, int]:
    """How many patients have a row of each class."""
    return {
        name: len(np.unique(calibration.patients[calibration.labels == k]))
        for k, name in enumerate(calibration.classes)
    }


def tell_sets(sets: NDArray[np.bool_], classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """A row a set that occurs, the most frequent first: its classes, how many rows have it."""
    found, counts = np.unique(sets, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [
        {
            "classes": [name for name, is_in in zip(classes, found[i], strict=True) if is_in],
            "n": int(counts[i]),
            "share": float(counts[i] / len(sets)),
        }
        for i in order
    ]
