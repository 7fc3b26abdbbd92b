"""How unsure the chosen model is of the chosen rows, and what follows; kept until rows change."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mammo_core.uncertainty import MEASURES, PASS_MEASURES, PASS_METHODS
from mammo_ui import library
from mammo_ui.chosen_rows import Rows, read_rows, read_table, rows_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mammo_core.metrics.referral_sweep import ErrorsLeft, ReferralSweep
    from mammo_core.metrics.risk_coverage import JudgedRows
    from mammo_core.uncertainty.stored_passes import PassFacts
    from mammo_core.uncertainty.validation_rows import ValidationRows
    from mammo_ui.state import Choice

REPLICATES = 1000
FEWER, MANY = 200, 20_000
"""Replicates from so many rows on, whose intervals need no more."""


class Doubt(NamedTuple):
    """A measure of uncertainty.

    Attributes:
        measure: A key of `MEASURES`, of `PASS_MEASURES` where there is a table of passes.
        method: A key of `PASS_METHODS`, empty for the probabilities alone.
        path: Of the table of passes; None for the probabilities alone.
        version: Of that file.
    """

    measure: str
    method: str = ""
    path: Path | None = None
    version: int = 0

    @property
    def title(self) -> str:
        """For a list to choose from."""
        if not self.method:
            return MEASURES[self.measure].title
        of = PASS_METHODS[self.method].title
        return f"{PASS_MEASURES[self.measure].title}, {of[0].lower()}{of[1:]}"

    @property
    def says(self) -> str:
        """What is high where it is high."""
        family = PASS_MEASURES if self.method else MEASURES
        return family[self.measure].says


def list_doubts(choice: "Choice") -> list[Doubt]:
    """The measures that can be had at once: of the probabilities, then of the kept passes."""
    from mammo_core.uncertainty.stored_passes import passes_path

    doubts = [Doubt(measure) for measure in MEASURES]
    for method in find_passes(choice):
        path = passes_path(choice.model, choice.dataset, method)
        version = library.version_of(path)
        doubts += [Doubt(measure, method, path, version) for measure in PASS_MEASURES]
    return doubts


def find_passes(choice: "Choice") -> "dict[str, PassFacts]":
    """What there is of several passes by the chosen model over the chosen split, by method."""
    from mammo_core.uncertainty import stored_passes

    version = library.read_card(choice.dataset).version
    found = stored_passes.find_passes(choice.model, choice.dataset, version)
    return {name: one for name, one in found.items() if one.split in ("all", choice.split)}


def sweep_referrals(choice: "Choice", doubt: Doubt) -> "ReferralSweep":
    """Any share of referred rows at the chosen threshold."""
    return _sweep(rows_of(choice), doubt, choice.threshold)


def find_referred(choice: "Choice", doubt: Doubt, limit: float) -> list[str]:
    """The images of the rows above a limit."""
    rows = rows_of(choice)
    return read_rows(rows).image_ids(_measure(rows, doubt) > limit)


def find_validation(choice: "Choice") -> "ValidationRows | None":
    """Predictions of validation cases by the chosen model; None where there are none."""
    from mammo_core.uncertainty.validation_rows import find_validation

    rows = rows_of(choice)
    return find_validation(choice.model, read_table(rows.path, rows.version))


def answer_conformal(choice: "Choice", coverage: float) -> dict[str, Any] | None:
    """What conformal sets cover, as the verb says it; None without validation cases."""
    return _conformal(rows_of(choice), coverage, choice.model.path, choice.model.sha256)


@lru_cache(maxsize=8)
def _measure(rows: Rows, doubt: Doubt) -> "NDArray[np.float64]":
    from mammo_core.uncertainty.referral_answer import measure_units
    from mammo_core.uncertainty.stored_passes import read_passes

    passes = None if doubt.path is None else read_passes(doubt.path)
    return measure_units(read_rows(rows), doubt.measure, passes)


@lru_cache(maxsize=8)
def _sweep(rows: Rows, doubt: Doubt, threshold: float) -> "ReferralSweep":
    from mammo_core.metrics.referral_sweep import ReferralSweep

    judged = _judge(rows, doubt, threshold)
    return ReferralSweep(
        judged, replicates=count_replicates(len(judged)), errors=_errors(rows, doubt)
    )


@lru_cache(maxsize=8)
def _errors(rows: Rows, doubt: Doubt) -> "ErrorsLeft":
    from mammo_core.metrics.referral_sweep import ErrorsLeft

    judged = _judge(rows, doubt, threshold=0.5)  # which plays no part
    return ErrorsLeft(judged, replicates=count_replicates(len(judged)))


def _judge(rows: Rows, doubt: Doubt, threshold: float) -> "JudgedRows":
    from mammo_core.uncertainty.referral_answer import judge_rows

    units = read_rows(rows)
    return judge_rows(units, _measure(rows, doubt), len(units.classes) - 1, threshold)


@lru_cache(maxsize=8)
def _conformal(rows: Rows, coverage: float, model: Path, sha256: str) -> dict[str, Any] | None:
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.model_store import read_model
    from mammo_core.uncertainty.conformal_answer import ConformalOptions, answer_table
    from mammo_core.uncertainty.validation_rows import find_validation

    table = read_table(rows.path, rows.version)
    found = find_validation(read_model(model), table)
    if found is None:
        return None
    options = EvaluationOptions(
        split=rows.split,
        level=rows.level,
        aggregation=rows.aggregation,
        bootstrap=count_replicates(len(table)),
    )
    return answer_table(table, found, ConformalOptions(coverage=coverage, rows=options))


def count_replicates(n: int) -> int:
    """How many resamples the page draws of so many rows."""
    return FEWER if n >= MANY else REPLICATES
