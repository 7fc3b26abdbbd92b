"""Two models on the rows of a choice: what they differ in; kept until either table changes."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from mammo_ui import compare_charts
from mammo_ui.chosen_rows import Rows, read_table, rows_of

if TYPE_CHECKING:
    from mammo_core.metrics.curves import Curve
    from mammo_core.metrics.differences import Difference
    from mammo_core.metrics.paired_sweeps import PairedSweeps
    from mammo_core.metrics.pairing import Pair
    from mammo_core.predictions import PredictionTable
    from mammo_ui.charts import Row
    from mammo_ui.state import Choice

Thresholds = tuple[float, float]
"""The scores from which A and B call a case."""


class PairRows(NamedTuple):
    """The rows of two models that are compared.

    Attributes:
        a: Of the sidebar's model.
        b: Of the other one, of the same split, level and rule.
        overlap: Whether images that only one of them holds are left out.
    """

    a: Rows
    b: Rows
    overlap: bool = False


class Shared(NamedTuple):
    """How many images of the split each model has predictions of, and how many both have."""

    a: int
    b: int
    both: int

    @property
    def are_same(self) -> bool:
        """Whether both have the same images."""
        return self.a == self.b == self.both


def pair_rows(choice: "Choice", other: "Choice", *, overlap: bool = False) -> PairRows:
    """The rows of two choices that differ in the model alone."""
    return PairRows(rows_of(choice), rows_of(other), overlap)


@lru_cache(maxsize=64)
def count_shared(rows: PairRows) -> Shared:
    """How many images each has, and how many both.

    Raises:
        BadTable: Where one has none in the split.
    """
    from mammo_core.metrics.pairing import find_shared
    from mammo_core.metrics.selection import select_split

    a, b = (select_split(table, rows.a.split)[0] for table in _read_tables(rows))
    return Shared(len(a), len(b), len(find_shared([a, b])))


@lru_cache(maxsize=2)
def read_pair(rows: PairRows) -> "Pair":
    """Both models' rows in the same order, at their level.

    Raises:
        BadTable: Where classes, labels, patients or images differ.
    """
    return _build_pair(rows)


@lru_cache(maxsize=4)
def run_tests(rows: PairRows) -> dict[str, Any]:
    """What needs no bootstrap: AUROCs with DeLong's test, McNemar's test, cautions."""
    from mammo_core.metrics.cautions import list_cautions
    from mammo_core.metrics.paired_tests import compare_accuracies, compare_aurocs

    pair = read_pair(rows)
    return {
        "n": len(pair),
        "patients": pair.a.n_patients,
        "level": pair.a.level,
        "positive": pair.a.classes[pair.positive],
        **compare_aurocs(pair),
        **compare_accuracies(pair, pair.a.level),
        "warnings": list_cautions(pair.a, pair.positive),
    }


@lru_cache(maxsize=64)
def run_delong(rows: PairRows) -> dict[str, Any]:
    """AUROCs with DeLong's test alone; the pair itself is not kept.

    Raises:
        BadTable: As `read_pair`.
    """
    from mammo_core.metrics.paired_tests import compare_aurocs

    pair = _build_pair(rows)
    return {"n": len(pair), **compare_aurocs(pair)}


@lru_cache(maxsize=16)
def measure_at(rows: PairRows, thresholds: Thresholds) -> dict[str, Any]:
    """`differences` and `reclassification`, as the verb `compare` answers them.

    The first call for a pair draws the patients; another threshold costs next to nothing.
    """
    from mammo_core.metrics.comparison import join_differences, reclassify

    sweeps = _sweeps(rows)
    return {
        "differences": join_differences(run_tests(rows), _differences(rows), sweeps, thresholds),
        "reclassification": reclassify(read_pair(rows), sweeps, thresholds),
    }


@lru_cache(maxsize=4)
def measure_agreement(rows: PairRows) -> dict[str, dict[str, float | None]]:
    """Whether both say the same, as the verb `compare` answers it."""
    from mammo_core.metrics import agreement

    found = agreement.measure_agreement(read_pair(rows))
    return {name: estimate.to_json() for name, estimate in found.items()}


@lru_cache(maxsize=4)
def draw_rocs(rows: PairRows) -> "Sequence[Curve | None]":
    """The ROC curves of both; None where a class is missing."""
    from mammo_core.metrics.curves import roc_curve

    pair = read_pair(rows)
    return [roc_curve(scores, pair.is_positive, 250) for scores in pair.scores]


@lru_cache(maxsize=4)
def sample_scores(rows: PairRows) -> "list[Row]":
    """The cases that are drawn by both scores; see `compare_charts.sample_scores`."""
    return compare_charts.sample_scores(read_pair(rows))


@lru_cache(maxsize=4)
def _differences(rows: PairRows) -> "dict[str, Difference]":
    from mammo_core.metrics.differences import measure_differences

    return measure_differences(read_pair(rows))


@lru_cache(maxsize=2)
def _sweeps(rows: PairRows) -> "PairedSweeps":
    from mammo_core.metrics.paired_sweeps import PairedSweeps

    return PairedSweeps(read_pair(rows))


def _build_pair(rows: PairRows) -> "Pair":
    from mammo_core.metrics.comparison import select_tables
    from mammo_core.metrics.pairing import Pair
    from mammo_core.metrics.selection import EvaluationOptions

    of_a = rows.a
    options = EvaluationOptions(
        split=of_a.split, level=of_a.level, aggregation=of_a.aggregation, bootstrap=0
    )
    (a, b), _ = select_tables(_read_tables(rows), options, overlap=rows.overlap)
    return Pair(a, b, len(a.classes) - 1)


def _read_tables(rows: PairRows) -> "list[PredictionTable]":
    return [read_table(of_model.path, of_model.version) for of_model in (rows.a, rows.b)]
