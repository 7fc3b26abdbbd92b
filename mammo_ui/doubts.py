"""How unsure the chosen model is of the chosen rows, and what follows; kept until rows change."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mammo_core.model_store import predictions_path
from mammo_core.uncertainty import MEASURES, PASS_MEASURES, PASS_METHODS
from mammo_ui import library
from mammo_ui.chosen_rows import Rows, read_rows, read_table, rows_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mammo_core.metrics.bootstrap import Draws
    from mammo_core.metrics.referral_sweep import ErrorsLeft, ReferralSweep
    from mammo_core.metrics.risk_coverage import JudgedRows
    from mammo_core.uncertainty.stored_passes import PassFacts
    from mammo_core.validation_rows import ValidationRows
    from mammo_ui.state import Choice

ENSEMBLE = "ensemble"
REPLICATES = 1000
FEWER, MANY = 200, 20_000
"""Replicates from so many rows on, whose intervals need no more."""


class Doubt(NamedTuple):
    """A measure of uncertainty.

    Attributes:
        measure: A key of `MEASURES`, of `PASS_MEASURES` where there are several passes.
        method: A key of `PASS_METHODS`, `ENSEMBLE`, or empty for the probabilities alone.
        files: The tables that it comes from, each with its version; of an ensemble its members'.
    """

    measure: str
    method: str = ""
    files: tuple[tuple[Path, int], ...] = ()

    @property
    def title(self) -> str:
        """For a list to choose from."""
        if not self.method:
            return MEASURES[self.measure].title
        of = "Models together" if self.method == ENSEMBLE else PASS_METHODS[self.method].title
        return f"{PASS_MEASURES[self.measure].title}, {of[0].lower()}{of[1:]}"

    @property
    def says(self) -> str:
        """What is high where it is high."""
        family = PASS_MEASURES if self.method else MEASURES
        return family[self.measure].says


def list_doubts(choice: "Choice", members: Sequence[str] = ()) -> list[Doubt]:
    """The measures that can be had at once: of the probabilities, of kept passes, of an ensemble.

    Args:
        choice: Of what.
        members: The models that are asked beside the chosen one.
    """
    from mammo_core.uncertainty.stored_passes import passes_path

    sources = {
        method: (passes_path(choice.model, choice.dataset, method),)
        for method in find_passes(choice)
    }
    if members:
        models = [choice.model, *map(library.find_model, members)]
        sources[ENSEMBLE] = tuple(predictions_path(one, choice.dataset) for one in models)
    return [Doubt(measure) for measure in MEASURES] + [
        Doubt(measure, method, tuple((path, library.version_of(path)) for path in paths))
        for method, paths in sources.items()
        for measure in PASS_MEASURES
    ]


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

    return measure_units(read_rows(rows), doubt.measure, _read_passes(doubt))


def _read_passes(doubt: Doubt) -> "pd.DataFrame | None":
    """A row an image with the measures of several passes; None for the probabilities alone."""
    from mammo_core.uncertainty.ensembles import COLUMNS, join_members
    from mammo_core.uncertainty.stored_passes import read_passes

    if not doubt.method:
        return None
    if doubt.method != ENSEMBLE:
        return read_passes(doubt.files[0][0])
    joined = join_members([read_table(*file) for file in doubt.files], overlap=True)
    return joined.rename(columns={ours: name for name, ours in COLUMNS.items()})


@lru_cache(maxsize=2)
def _sweep(rows: Rows, doubt: Doubt, threshold: float) -> "ReferralSweep":
    from mammo_core.metrics.referral_sweep import ReferralSweep

    return ReferralSweep(_judge(rows, doubt, threshold), errors=_errors(rows, doubt))


@lru_cache(maxsize=8)
def _errors(rows: Rows, doubt: Doubt) -> "ErrorsLeft":
    from mammo_core.metrics.referral_sweep import ErrorsLeft

    judged = _judge(rows, doubt, threshold=0.5)  # which plays no part
    return ErrorsLeft(judged, draws=_draw(rows))


@lru_cache(maxsize=1)
def _draw(rows: Rows) -> "Draws":
    """The patients, drawn once for all measures and thresholds."""
    from mammo_core.metrics.bootstrap import Draws

    units = read_rows(rows)
    return Draws(units.n_patients, replicates=count_replicates(len(units)))


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
