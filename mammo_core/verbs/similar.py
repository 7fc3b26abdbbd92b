"""The verb `similar`."""

from typing import Annotated, Any

import typer


def similar(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    image_id: Annotated[str, typer.Argument(help="The image to which others are alike.")],
    n: Annotated[int, typer.Option(min=1, help="How many.")] = 8,
    same_patient: Annotated[
        bool, typer.Option("--same-patient", help="Images of the same patient, too.")
    ] = False,
) -> dict[str, Any]:
    """List the images that the model takes for most alike; `embed` comes first.

    Example: python -m mammo_core similar demo sample_data S00000_LCC
    """
    from dataclasses import asdict

    from mammo_core.datasets import load_dataset
    from mammo_core.embeddings.neighbors import find_nearest
    from mammo_core.embeddings.storage import are_current, embeddings_path, read_embeddings
    from mammo_core.errors import BadDataset, BadTable
    from mammo_core.model_store import find_model

    stored, data = find_model(model), load_dataset(dataset)
    stored.require_network()
    if image_id not in set(data.index["image_id"]):
        raise BadDataset(
            f"Expected an image of {data.name}, it has none with the id '{image_id}'; its ids "
            "stand in the column image_id of its index"
        )
    path = embeddings_path(stored, data.name)
    if not are_current(path, stored, data.version):
        raise BadTable(
            f"Expected embeddings of {data.name} by {stored.id} as they are now, found none; run "
            f"`python -m mammo_core embed {stored.id} {dataset}` first"
        )
    found = find_nearest(read_embeddings(path), image_id, n, other_patients=not same_patient)
    return {"image_id": image_id, "similar": [asdict(one) for one in found]}
