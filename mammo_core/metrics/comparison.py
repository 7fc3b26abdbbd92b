"""Two or more models on the same images: paired tests, differences, and who is right where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from mammo_core.errors import BadConfiguration
from mammo_core.metrics.agreement import measure_agreement
from mammo_core.metrics.cautions import list_cautions
from mammo_core.metrics.differences import Difference, measure_differences
from mammo_core.metrics.estimate import none_if_nan
from mammo_core.metrics.multiplicity import adjust_holm
from mammo_core.metrics.paired_sweeps import AT_SPECIFICITY, PairedSweeps
from mammo_core.metrics.paired_tests import compare_accuracies, compare_aurocs, delong, mcnemar
from mammo_core.metrics.pairing import Pair, pair_tables
from mammo_core.metrics.reclassification import NET_CAVEAT, count_calls, tell_right
from mammo_core.metrics.selection import EvaluationOptions, select, select_split, tell_rows
from mammo_core.predictions import PredictionTable

__all__ = ["Contender", "compare", "compare_contenders", "delong", "mcnemar"]

MOST_IDS = 10
"""Of the images that only one model has right; `comparison_rows` has all."""


@dataclass(frozen=True, eq=False)
class Contender:
    """A model that is compared.

    Attributes:
        name: Of the model or its table.
        table: At image level.
        threshold: The score from which it calls a row positive.
    """

    name: str
    table: PredictionTable
    threshold: float = 0.5


def compare(
    a: PredictionTable,
    b: PredictionTable,
    options: EvaluationOptions,
    *,
    overlap: bool = False,
    thresholds: Sequence[float] = (0.5, 0.5),
) -> dict[str, Any]:
    """What distinguishes two models on the same images, as the verb `compare` prints it.

    The interval of the difference of AUROCs joins those of both, all others are the percentile
    bootstrap's. McNemar's test takes rows as independent, so that above patient level its p is too
    small; `mcnemar` says so.

    Args:
        a: A table at image level.
        b: Another of the same classes, its rows in any order.
        options: Split, level and so on; `threshold` plays no part.
        overlap: Whether images that only one table holds are left out instead of refused.
        thresholds: The score from which A and B call a row positive.

    Raises:
        BadTable: Where images, classes, labels or patients differ.
    """
    (a, b), warnings = select_tables([a, b], options, overlap=overlap)
    pair = Pair(a, b, a.class_index(options.positive))
    return {
        **tell_rows(pair.a, options, pair.positive),
        **compare_pair(pair, options, thresholds),
        "warnings": [*warnings, *list_cautions(a, pair.positive)],
    }


def compare_contenders(
    contenders: Sequence[Contender], options: EvaluationOptions, *, overlap: bool = False
) -> dict[str, Any]:
    """As `compare` for two models, as `compare_with_first` for more.

    Raises:
        BadConfiguration: For a single model.
        BadTable: Where images, classes, labels or patients differ.
    """
    if len(contenders) < 2:
        raise BadConfiguration("Expected two or more models or tables to compare, got one")
    if len(contenders) > 2:
        return compare_with_first(contenders, options, overlap=overlap)
    a, b = contenders
    thresholds = (a.threshold, b.threshold)
    return compare(a.table, b.table, options, overlap=overlap, thresholds=thresholds)


def compare_with_first(
    contenders: Sequence[Contender], options: EvaluationOptions, *, overlap: bool = False
) -> dict[str, Any]:
    """The first model against each of the others; p is adjusted for their number.

    Args:
        contenders: Three or more.
        options: As in `compare`.
        overlap: Whether images that not all tables hold are left out instead of refused.

    Returns:
        What holds for all, `reference` and `against`: an entry a model, as `compare` answers,
        with `name`, `delong_p_holm` and `mcnemar_p_holm`.

    Raises:
        BadTable: Where images, classes, labels or patients differ.
    """
    tables, warnings = select_tables([one.table for one in contenders], options, overlap=overlap)
    positive = tables[0].class_index(options.positive)
    pairs = [Pair(tables[0], other, positive) for other in tables[1:]]
    answers = [
        {"name": one.name, **compare_pair(pair, options, (contenders[0].threshold, one.threshold))}
        for one, pair in zip(contenders[1:], pairs, strict=True)
    ]
    return {
        **tell_rows(tables[0], options, positive),
        "reference": contenders[0].name,
        "against": _adjust(answers),
        "warnings": [*warnings, *list_cautions(tables[0], positive)],
    }


def select_tables(
    tables: Sequence[PredictionTable], options: EvaluationOptions, *, overlap: bool = False
) -> tuple[list[PredictionTable], list[str]]:
    """The tables' rows of the same units in the same order, and what is to be known of them.

    Raises:
        BadTable: Where images, classes, labels or patients differ, or no row is left.
    """
    paired = pair_tables(tables, options.split, overlap=overlap)
    of_split = chain.from_iterable(select_split(table, options.split)[1] for table in tables)
    whole = replace(options, split="all")
    selected = [select(table, whole) for table in paired]
    return [table for table, _ in selected], list(dict.fromkeys([*of_split, *selected[0][1]]))


def compare_pair(
    pair: Pair, options: EvaluationOptions, thresholds: Sequence[float]
) -> dict[str, Any]:
    """All that `compare` answers but what the rows are.

    Args:
        pair: Both models' rows.
        options: `bootstrap`, `seed` and `level` count.
        thresholds: The score from which A and B call a row positive.
    """
    drawn = {"replicates": options.bootstrap, "seed": options.seed}
    sweeps = PairedSweeps(pair, **drawn)
    aurocs, fixed = compare_aurocs(pair), measure_differences(pair, **drawn)
    agreement = measure_agreement(pair, **drawn)
    differences = join_differences(aurocs, fixed, sweeps, thresholds)
    return {
        **aurocs,
        "accuracy_difference": fixed["accuracy"].difference.to_json(),
        **compare_accuracies(pair, options.level),
        "thresholds": dict(zip("ab", thresholds, strict=True)),
        "differences": differences,
        "reclassification": reclassify(pair, sweeps, thresholds),
        "agreement": {name: one.to_json() for name, one in agreement.items()},
        **_list_images(pair),
    }


def join_differences(
    aurocs: Mapping[str, Any],
    fixed: Mapping[str, Difference],
    sweeps: PairedSweeps,
    thresholds: Sequence[float],
) -> dict[str, dict[str, Any]]:
    """All differences by the name of the measure, each {"a", "b", "difference"}.

    Args:
        aurocs: Of `compare_aurocs`.
        fixed: Of `measure_differences`.
        sweeps: For what depends on thresholds.
        thresholds: A's and B's.
    """
    auroc = {"a": aurocs["auroc_a"], "b": aurocs["auroc_b"], "difference": aurocs["difference"]}
    rates = {
        AT_SPECIFICITY: sweeps.at_specificity,
        **sweeps.differences_at(thresholds),
    }
    return {"auroc": auroc} | {name: one.to_json() for name, one in {**fixed, **rates}.items()}


def reclassify(pair: Pair, sweeps: PairedSweeps, thresholds: Sequence[float]) -> dict[str, Any]:
    """Who is called by whom among `positives` and `negatives`, and the `net` of a change to B."""
    net = sweeps.net_reclassification(thresholds)
    return {
        **count_calls(pair, thresholds),
        "net": {name: one.to_json() for name, one in net.items()},
        "caveat": NET_CAVEAT,
    }


def _list_images(pair: Pair) -> dict[str, Any]:
    """`only_a_right` and `only_b_right`: how many rows and images, and the first images' ids."""
    right = tell_right(pair)
    found = {}
    for name in ("only_a", "only_b"):
        images = sorted(pair.a.image_ids(right[name]))
        found[f"{name}_right"] = {
            "n": int(right[name].sum()),
            "images": len(images),
            "image_ids": images[:MOST_IDS],
        }
    return found


def _adjust(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers with each p adjusted by Holm for the number of comparisons."""
    for key in ("delong_p", "mcnemar_p"):
        p = np.array([np.nan if one[key] is None else one[key] for one in answers])
        for one, adjusted in zip(answers, adjust_holm(p), strict=True):
            one[f"{key}_holm"] = none_if_nan(adjusted)
    return answers
