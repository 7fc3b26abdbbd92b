"""The verb `cases`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mammo_core.verbs.evaluate import AGGREGATION, LEVEL, POSITIVE, SPLIT

ORDER = (
    "By what, the largest first: loss, uncertainty, score, lesion_size, or explanations (how far "
    "the kept maps of an image are apart)."
)
OUT = "Write all of them to this CSV file, with what was said of each."
UNEXPLAINED = "No image is known: explain two or more methods for an image first, by `explain`."
SHOWN = ("image_id", "true", "predicted", "outcome", "score", "loss", "uncertainty")


def cases(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    sort: Annotated[str, typer.Option(help=ORDER)] = "loss",
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 20,
    out: Annotated[Path | None, typer.Option(help=OUT)] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Of calling; the model's own without it.")
    ] = None,
    split: Annotated[str, typer.Option(help=SPLIT)] = "test",
    level: Annotated[str, typer.Option(help=LEVEL)] = "image",
    aggregation: Annotated[str, typer.Option(help=AGGREGATION)] = "mean",
    positive: Annotated[str | None, typer.Option(help=POSITIVE)] = None,
) -> dict[str, Any]:
    """List the images of a dataset, those first that deserve a look.

    `known` says of how many images the order is defined; the others come last.

    Example: python -m mammo_core cases demo sample_data --sort explanations --limit 5
    """
    from mammo_core.cases.listing import Source, list_cases
    from mammo_core.datasets import load_dataset
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.metrics.stored import read_model_predictions
    from mammo_core.model_store import find_model
    from mammo_core.progress import current_progress

    stored, data = find_model(model), load_dataset(dataset)
    options = EvaluationOptions(
        split=split,
        level=level,
        aggregation=aggregation,
        positive=positive,
        threshold=stored.threshold if threshold is None else threshold,
    )
    table = read_model_predictions(model, dataset, split, "cases")
    found = list_cases(table, options, Source(stored, data, current_progress()), sort)
    names = list(dict.fromkeys([*SHOWN, sort]))
    rows = found[names].head(limit).astype(object)
    answer = {
        "n": len(found),
        "sorted_by": sort,
        "known": int(found[sort].notna().sum()),
        "cases": rows.where(rows.notna(), None).to_dict("records"),
    }
    if sort == "explanations" and not answer["known"]:
        answer["note"] = UNEXPLAINED
    if out is not None:
        _write(out, found, data.name)
        answer |= {"written": len(found), "file": str(out)}
    return answer


def _write(out: Path, found: Any, dataset: str) -> None:
    from mammo_core.cases.export import write_cases
    from mammo_core.paths import write_text
    from mammo_core.reviews.reviews import open_reviews

    write_text(out, write_cases(found, open_reviews().read_all(dataset)))
