"""The verb `embed`."""

from typing import Annotated, Any

import typer


def embed(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    split: Annotated[str | None, typer.Option(help="train, val or test; all without it.")] = None,
) -> dict[str, Any]:
    """Keep what the model sees in each image, for the map of cases and for similar ones.

    A vector an image: what the model's last layer decides from. Two maps of them, by principal
    components and by t-SNE (of at most 5,000 images), are laid out once.

    Example: python -m mammo_core embed demo sample_data
    """
    import time

    from mammo_core.datasets import load_dataset
    from mammo_core.embeddings.making import embed_dataset
    from mammo_core.embeddings.neighbors import vectors_of
    from mammo_core.embeddings.storage import read_embeddings
    from mammo_core.model_store import find_model
    from mammo_core.progress import current_progress

    start = time.monotonic()
    stored, data = find_model(model), load_dataset(dataset)
    path = embed_dataset(stored, data, split=split, progress=current_progress())
    frame = read_embeddings(path)
    return {
        "rows": len(frame),
        "dimensions": vectors_of(frame).shape[1],
        "seconds": round(time.monotonic() - start, 2),
        "table": str(path),
    }
