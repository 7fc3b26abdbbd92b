"""The verb `reading`."""

from pathlib import Path
from typing import Annotated, Any

import typer


def reading(
    reading_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Of a reading; lists all without it.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A CSV file for every verdict.")] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Replicates for intervals.")] = 1000,
) -> dict[str, Any]:
    """List the blinded readings, or say how a reader and the model agree.

    Cases are read on the page Blinded reading.

    Example: python -m mammo_core reading
    """
    from mammo_core.reviews.readings import open_readings

    readings = open_readings()
    if reading_id is None:
        return {"readings": [_tell(readings, one) for one in readings.list()]}
    return _judge(readings, reading_id, out, bootstrap)


def _tell(readings: Any, one: Any) -> dict[str, Any]:
    return {
        "id": one.id,
        "reader": one.reader,
        "model": one.model,
        "dataset": one.dataset,
        "split": one.split,
        "cases": len(one.image_ids),
        "judged": len(readings.verdicts(one)),
        "begun": one.begun,
    }


def _judge(readings: Any, reading_id: str, out: Path | None, bootstrap: int) -> dict[str, Any]:
    from mammo_core.csv_text import to_csv
    from mammo_core.metrics.selection import EvaluationOptions, select
    from mammo_core.metrics.stored import read_model_predictions
    from mammo_core.paths import write_text
    from mammo_core.reviews.reading_result import judge_reading, tabulate_reading

    one = readings.require(reading_id)
    verdicts = readings.verdicts(one)
    table = read_model_predictions(one.model, one.dataset, one.split, "reading")
    table = select(table, EvaluationOptions(split=one.split))[0]
    result = judge_reading(table, verdicts, replicates=bootstrap)
    if out is not None:
        write_text(out, to_csv(tabulate_reading(table, verdicts)))
    return {**_tell(readings, one), **result, "table": None if out is None else str(out.resolve())}
