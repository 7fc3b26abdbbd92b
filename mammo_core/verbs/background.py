"""The verb `background`."""

from typing import Annotated, Any

import typer


def background(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    count: Annotated[int, typer.Option(help="Images to keep, 1 to 200.")] = 20,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "train",
    label: Annotated[
        str | None, typer.Option(help="Of one class only, normal for instance; else of all.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same images.")] = 0,
) -> dict[str, Any]:
    """Keep images with a model as what expected gradients and SHAP compare others with.

    The model's folder then holds pixels of these patients: do not share it further than them.

    Example: python -m mammo_core background demo sample_data --split test --label normal
    """
    from mammo_core.background import FILE, draw_background
    from mammo_core.datasets import load_dataset
    from mammo_core.model_store import find_model
    from mammo_core.progress import current_progress

    stored, data = find_model(model), load_dataset(dataset)
    drawn = draw_background(
        stored,
        data,
        count=count,
        split=split,
        label=label,
        seed=seed,
        progress=current_progress(),
    )
    return {"images": len(drawn), "image_ids": drawn, "file": str(stored.path / FILE)}
