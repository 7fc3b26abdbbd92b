"""Which rows of a prediction table a question is about: split, known labels, level."""

import math
from dataclasses import dataclass, replace
from typing import Any

from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.metrics.aggregation import AGGREGATIONS, LEVELS, aggregate
from mammo_core.metrics.intervals import INTERVALS
from mammo_core.metrics.operating_points import COST_RATIO
from mammo_core.metrics.prevalence import check_prevalence
from mammo_core.metrics.shared_patients import tell_shared_patients
from mammo_core.predictions import PredictionTable


@dataclass(frozen=True, kw_only=True)
class EvaluationOptions:
    """What is asked of a prediction table.

    Attributes:
        split: "train", "val", "test", any other name in the table, or "all".
        level: What counts as one row: "image", "breast", "exam" or "patient".
        aggregation: How images join to a larger unit: "mean", "max" or "noisy_or".
        positive: The class that operating points and calibration are about; None is the last.
        bootstrap: Number of replicates; with 0 only AUROC has intervals.
        seed: Of the replicates.
        threshold: Of the `default` operating point.
        interval: How replicates become intervals: "percentile" or "bca".
        prevalence: Share of positive cases where the model is to be used; PPV, NPV and recall rate
            are told at it too, and the threshold of least cost is chosen for it. None: only at
            the table's own.
        cost_ratio: How many false recalls a missed positive costs, above 0.
        thresholds_from: The split that thresholds are chosen on; None: the judged one itself.
    """

    split: str = "test"
    level: str = "image"
    aggregation: str = "mean"
    positive: str | None = None
    bootstrap: int = 1000
    seed: int = 0
    threshold: float = 0.5
    interval: str = "percentile"
    prevalence: float | None = None
    cost_ratio: float = COST_RATIO
    thresholds_from: str | None = None

    def __post_init__(self) -> None:
        for name, value, known in (
            ("level", self.level, LEVELS),
            ("aggregation", self.aggregation, AGGREGATIONS),
            ("interval", self.interval, INTERVALS),
        ):
            if value not in known:
                raise BadConfiguration(
                    f"Expected {name} to be one of {', '.join(known)}, got '{value}'"
                )
        if self.bootstrap < 0 or self.seed < 0:
            raise BadConfiguration(
                f"Expected bootstrap and seed of at least 0, got {self.bootstrap} and {self.seed}"
            )
        if self.prevalence is not None:
            check_prevalence(self.prevalence)
        if not 0 < self.cost_ratio < math.inf:
            raise BadConfiguration(
                "Expected a cost ratio above 0, the false recalls that a missed positive costs, "
                f"got {self.cost_ratio:g}"
            )

    @property
    def chosen_on(self) -> str:
        """The split that thresholds are chosen on."""
        return self.thresholds_from or self.split


def select(table: PredictionTable, options: EvaluationOptions) -> tuple[PredictionTable, list[str]]:
    """The rows that the options are about at their level, and what a reader must know of them.

    Raises:
        BadTable: Where no row is left, or the level needs a column that is missing.
    """
    shared = tell_shared_patients(table.frame, options.split)
    table, warnings = select_split(table, options.split)
    labeled, more = _select_labeled(table)
    return aggregate(labeled, options.level, options.aggregation), [
        *warnings,
        *more,
        *shared,
        *_warn_of_sides(labeled, options.level),
    ]


def select_for_thresholds(
    table: PredictionTable, options: EvaluationOptions
) -> PredictionTable | None:
    """The rows that thresholds are chosen on, at the options' level; None: the judged ones.

    Raises:
        BadTable: Where that split has no labeled row, or shares rows with the judged one.
    """
    if options.chosen_on == options.split:
        return None
    if "split" not in table.frame or "all" in (options.chosen_on, options.split):
        raise BadTable(
            f"Expected two splits, one to choose thresholds on and one to judge, got "
            f"'{options.chosen_on}' and '{options.split}'"
            + ("" if "split" in table.frame else " of a table without a column 'split'")
        )
    try:
        return select(table, replace(options, split=options.chosen_on))[0]
    except BadTable as error:
        raise BadTable(f"Cannot choose thresholds on '{options.chosen_on}': {error}") from error


def select_split(table: PredictionTable, split: str) -> tuple[PredictionTable, list[str]]:
    """The rows of a split; all of them for "all" or from a table that knows no splits.

    Raises:
        BadTable: Where the split has no row; names those that have.
    """
    if split == "all":
        return table, []
    if "split" not in table.frame:
        return table, ["The table has no column 'split': all its rows were used"]
    in_split = (table.frame["split"] == split).fillna(False).to_numpy(dtype=bool)
    if not in_split.any():
        splits = ", ".join(sorted(table.frame["split"].dropna().unique())) or "no names at all"
        raise BadTable(
            f"Expected at least one row in the split '{split}', the column 'split' holds {splits}"
        )
    return (table if in_split.all() else table.take(in_split)), []


def _select_labeled(table: PredictionTable) -> tuple[PredictionTable, list[str]]:
    known = table.labels >= 0
    if known.all():
        return table, []
    if not known.any():
        raise BadTable(
            "Expected a label in at least one row of the split, all are missing: predictions "
            "without labels can be looked at, but not evaluated; index with labels and predict anew"
        )
    n = int((~known).sum())
    return table.take(known), [f"{n} images without a label were left out"]


def _warn_of_sides(table: PredictionTable, level: str) -> list[str]:
    if level != "breast":
        return []
    n = int(table.frame["laterality"].isna().sum())
    text = f"{n} images without a laterality: those of one exam were taken for one breast"
    return [text] if n else []


def tell_rows(rows: PredictionTable, options: EvaluationOptions, positive: int) -> dict[str, Any]:
    """What an answer says first: how many rows of whom, what a row is, which class is positive.

    Args:
        rows: Selected by the options.
        options: `split`, `level` and `aggregation` count.
        positive: Index of the class.
    """
    return {
        "n": len(rows),
        "patients": rows.n_patients,
        "split": options.split,
        "level": options.level,
        "aggregation": options.aggregation,
        "positive": rows.classes[positive],
    }
