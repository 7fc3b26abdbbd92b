"""The verb `predict`."""

from typing import Annotated, Any

import typer


def predict(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    split: Annotated[str | None, typer.Option(help="train, val or test; all without it.")] = None,
) -> dict[str, Any]:
    """Write the model's prediction table for a dataset.

    Example: python -m mammo_core predict demo sample_data --split test
    """
    import time

    from mammo_core.datasets import load_dataset
    from mammo_core.model_store import find_model
    from mammo_core.prediction import predict_dataset
    from mammo_core.predictions import read_predictions
    from mammo_core.progress import current_progress

    start = time.monotonic()
    stored, data = find_model(model), load_dataset(dataset)
    path = predict_dataset(stored, data, split=split, progress=current_progress())
    seconds = time.monotonic() - start
    rows = len(read_predictions(path).frame)
    return {
        "rows": rows,
        "seconds": round(seconds, 2),
        "images_per_second": round(rows / seconds, 1),
        "table": str(path),
    }
