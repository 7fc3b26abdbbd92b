"""The verb `plausibility`."""

from typing import Annotated, Any

import typer


def plausibility(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    dataset: Annotated[str, typer.Argument(help="A dataset with labels: its folder or name.")],
) -> dict[str, Any]:
    """Say whether a model's answers can be right at all: class order, input values, certainty.

    Example: python -m mammo_core plausibility theirs mias
    """
    from dataclasses import asdict

    from mammo_core.datasets import load_dataset
    from mammo_core.model_card import write_card
    from mammo_core.model_store import find_model
    from mammo_core.plausibility import check_plausibility
    from mammo_core.progress import current_progress

    stored = find_model(model)
    answer = check_plausibility(stored, load_dataset(dataset), progress=current_progress())
    write_card(stored)
    return asdict(answer)
