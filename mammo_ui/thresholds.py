"""What any threshold means for the rows of a choice: rates, outcomes and curves, kept per rows."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mammo_ui.chosen_rows import Rows, read_rows, read_scores, rows_of
from mammo_ui.stakes import Stakes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mammo_core.metrics.curves import Curve
    from mammo_core.metrics.threshold_sweep import ThresholdSweep
    from mammo_ui.state import Choice

    Band = tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]

Rates = dict[str, dict[str, float | None]]


@dataclass(frozen=True, eq=False)
class Curves:
    """The curves of some rows with their 95 % bands.

    Attributes:
        roc: None where a class is missing.
        precision_recall: None without positive rows.
        roc_band: (false positive rates, low, high), NaN where undefined.
        precision_band: (recalls, low, high), NaN where undefined.
    """

    roc: "Curve | None"
    precision_recall: "Curve | None"
    roc_band: "Band"
    precision_band: "Band"


def rates_at_threshold(choice: "Choice", prevalence: float | None = None) -> Rates:
    """Sensitivity, specificity, PPV, NPV, recall rate and F1 at the chosen threshold.

    Args:
        choice: Of what, and at which threshold.
        prevalence: The share of positive cases that the rates are reckoned for; None for the
            share in the data.
    """
    rates = sweep_rows(rows_of(choice)).at_threshold(choice.threshold, prevalence)
    return {name: estimate.to_json() for name, estimate in rates.items()}


def choose_points(choice: "Choice", stakes: Stakes) -> dict[str, float | None]:
    """The named operating points of the chosen rows; None where a class is missing."""
    return _points(rows_of(choice), choice.model.threshold, stakes)


def outcomes_at_threshold(choice: "Choice") -> dict[str, int]:
    """How many rows are TP, FP, FN and TN at the chosen threshold."""
    return sweep_rows(rows_of(choice)).outcomes_at(choice.threshold)


def draw_curves(choice: "Choice") -> Curves:
    """ROC and precision over recall of the chosen rows."""
    return _curves(rows_of(choice))


@lru_cache(maxsize=8)
def sweep_rows(rows: Rows) -> "ThresholdSweep":
    """The rows swept by thresholds, with replicates of their patients."""
    from mammo_core.metrics.threshold_sweep import ThresholdSweep

    return ThresholdSweep(*read_scores(rows), read_rows(rows).patients)


@lru_cache(maxsize=16)
def _points(rows: Rows, default: float, stakes: Stakes) -> dict[str, float | None]:
    from mammo_core.metrics.operating_points import choose_thresholds

    scores, is_positive = read_scores(rows)
    return choose_thresholds(
        scores,
        is_positive,
        default,
        cost_ratio=stakes.cost_ratio,
        prevalence=stakes.prevalence,
    )


@lru_cache(maxsize=8)
def _curves(rows: Rows) -> Curves:
    from mammo_core.metrics.curves import precision_recall_curve, roc_curve

    scores, is_positive = read_scores(rows)
    sweep = sweep_rows(rows)
    return Curves(
        roc_curve(scores, is_positive),
        precision_recall_curve(scores, is_positive),
        sweep.roc_band(),
        sweep.precision_band(),
    )
