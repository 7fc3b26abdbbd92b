"""The verb `suggest`."""

from typing import Annotated, Any

import typer


def suggest(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
) -> dict[str, Any]:
    """Suggest the settings to begin a training with, with the reason for each.

    Example: python -m mammo_core suggest .mammo/datasets/mias
    """
    from mammo_core.config import to_text
    from mammo_core.datasets import load_dataset
    from mammo_core.training.advice import suggest_settings

    suggestion = suggest_settings(load_dataset(dataset))
    return {
        "settings": {key: to_text(value) for key, value in suggestion.values.items()},
        "reasons": suggestion.reasons,
        "obstacles": list(suggestion.obstacles),
        "warnings": list(suggestion.warnings),
    }
