"""The answer of the verb `slices`: where a table is worst, and what else is to be told."""

from dataclasses import asdict
from typing import Any

from mammo_core.metrics.cautions import list_cautions
from mammo_core.metrics.paradox import answer_paradoxes
from mammo_core.metrics.selection import EvaluationOptions, select, tell_rows
from mammo_core.metrics.slices import SliceOptions, find_slices
from mammo_core.predictions import PredictionTable
from mammo_core.types import Progress, no_progress


def answer_slices(
    table: PredictionTable,
    options: EvaluationOptions,
    slices: SliceOptions,
    *,
    limit: int = 20,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """The slices of a table as the verb `slices` prints them, and the paradox alarm.

    Args:
        table: As read, at image level.
        options: Which rows; replicates and seed play no part.
        slices: What counts as a slice.
        limit: How many slices to list.
        progress: Told of each attribute and pair of attributes.

    Raises:
        BadConfiguration: For an unknown class.
        BadTable: Where no row is left to judge.
    """
    positive = table.class_index(options.positive)
    rows, warnings = select(table, options)
    search = find_slices(rows, positive, slices, progress)
    return {
        **tell_rows(rows, options, positive),
        **asdict(slices),
        "whole": search.whole.to_json(),
        "attributes": list(search.attributes),
        "compared": search.n_compared,
        "too_small": search.n_small,
        "implied": search.n_implied,
        "worse": sum(one.is_worse for one in search.slices),
        "slices": [one.to_json() for one in search.slices[:limit]],
        "paradox": answer_paradoxes(rows, positive),
        "warnings": [*warnings, *list_cautions(rows, positive)],
    }
