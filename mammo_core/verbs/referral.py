"""The verb `referral`."""

from typing import Annotated, Any

import typer

from mammo_core.verbs.asked_rows import Classes, Rename, Table, TableRows, find_rows
from mammo_core.verbs.evaluate import AGGREGATION, LEVEL, POSITIVE, SPLIT


def referral(
    model: Annotated[str | None, typer.Argument(help="A model's folder or id.")] = None,
    dataset: Annotated[str | None, typer.Argument(help="A dataset's folder or name.")] = None,
    predictions: Table = None,
    rename: Rename = None,
    classes: Classes = None,
    measure: Annotated[
        str, typer.Option(help="entropy, margin or least_confidence; std, mutual_information.")
    ] = "entropy",
    method: Annotated[
        str | None, typer.Option(help="Of several passes: tta or mc_dropout; see `uncertainty`.")
    ] = None,
    share: Annotated[
        list[float] | None, typer.Option(help="A share to refer; several may be named.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Of calling; the model's own without it.")
    ] = None,
    split: Annotated[str, typer.Option(help=SPLIT)] = "test",
    level: Annotated[str, typer.Option(help=LEVEL)] = "image",
    aggregation: Annotated[str, typer.Option(help=AGGREGATION)] = "mean",
    positive: Annotated[str | None, typer.Option(help=POSITIVE)] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Replicates for intervals.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the replicates.")] = 0,
) -> dict[str, Any]:
    """Say what is left of the errors when the least sure cases go to a radiologist.

    error_rate is the share of cases whose most probable class is wrong, whatever the threshold;
    that of `slices` counts the wrong side of the threshold.

    Example: python -m mammo_core referral demo sample_data --share 0.1 --share 0.3
    """
    from mammo_core.metrics.risk_coverage import REFERRAL_RATES
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.uncertainty.referral_answer import answer_model, answer_referral
    from mammo_core.uncertainty.validation_rows import find_validation

    rows = find_rows(model, dataset, predictions, rename, classes, of_models={"--method": method})
    options = EvaluationOptions(
        split=split,
        level=level,
        aggregation=aggregation,
        positive=positive,
        bootstrap=bootstrap,
        seed=seed,
        threshold=rows.threshold if threshold is None else threshold,
    )
    shares = tuple(share or REFERRAL_RATES)
    if isinstance(rows, TableRows):
        table = rows.read()
        found = find_validation(None, table)
        return answer_referral(table, options, measure=measure, shares=shares, validation=found)
    return answer_model(
        rows.model,
        rows.dataset,
        options,
        measure=measure,
        method=method,
        shares=shares,
    )
