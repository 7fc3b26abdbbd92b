"""Which rows of a prediction table a question is about: split, known labels, level."""

from dataclasses import dataclass

from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.metrics.aggregation import AGGREGATIONS, LEVELS, aggregate
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
    """

    split: str = "test"
    level: str = "image"
    aggregation: str = "mean"
    positive: str | None = None
    bootstrap: int = 1000
    seed: int = 0
    threshold: float = 0.5

    def __post_init__(self) -> None:
        for name, value, known in (
            ("level", self.level, LEVELS),
            ("aggregation", self.aggregation, AGGREGATIONS),
        ):
            if value not in known:
                raise BadConfiguration(
                    f"Expected {name} to be one of {', '.join(known)}, got '{value}'"
                )
        if self.bootstrap < 0 or self.seed < 0:
            raise BadConfiguration(
                f"Expected bootstrap and seed of at least 0, got {self.bootstrap} and {self.seed}"
            )


def select(table: PredictionTable, options: EvaluationOptions) -> tuple[PredictionTable, list[str]]:
    """The rows that the options are about at their level, and what a reader must know of them.

    Raises:
        BadTable: Where no row is left, or the level needs a column that is missing.
    """
    table, warnings = select_split(table, options.split)
    labeled, more = _select_labeled(table)
    return aggregate(labeled, options.level, options.aggregation), [
        *warnings,
        *more,
        *_warn_of_sides(labeled, options.level),
    ]


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
