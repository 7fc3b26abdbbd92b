"""The verb `uncertainty`."""

from typing import Annotated, Any

import typer


def uncertainty(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    method: Annotated[
        str, typer.Option(help="tta (test-time augmentation) or mc_dropout.")
    ] = "tta",
    passes: Annotated[int, typer.Option(help="How often each image is asked about.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="What chance makes of the passes.")] = 0,
    split: Annotated[str | None, typer.Option(help="train, val or test; all without it.")] = None,
) -> dict[str, Any]:
    """Ask a model several times about each image and keep how much its answers differ.

    Test-time augmentation changes the image a little each time, Monte Carlo dropout the network;
    the latter needs a model that was trained with dropout.

    Example: python -m mammo_core uncertainty demo sample_data --method tta --passes 20
    """
    import time

    from mammo_core.datasets import load_dataset
    from mammo_core.model_store import find_model
    from mammo_core.progress import current_progress
    from mammo_core.uncertainty import PASS_MEASURES
    from mammo_core.uncertainty.stored_passes import measure_dataset, read_passes

    start = time.monotonic()
    stored, data = find_model(model), load_dataset(dataset)
    path = measure_dataset(
        stored,
        data,
        method,
        passes=passes,
        seed=seed,
        split=split,
        progress=current_progress(),
    )
    seconds = time.monotonic() - start
    table = read_passes(path)
    return {
        "rows": len(table),
        "method": method,
        "passes": passes,
        "means": {name: float(table[name].mean()) for name in PASS_MEASURES},
        "seconds": round(seconds, 2),
        "passes_per_second": round(len(table) * passes / seconds, 1),
        "table": str(path),
    }
