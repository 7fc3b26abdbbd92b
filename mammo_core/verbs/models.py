"""The verb `models`."""

from typing import Annotated, Any

import typer


def models(
    default: Annotated[
        str | None, typer.Option(metavar="NAME", help="Let the app open with this model.")
    ] = None,
) -> dict[str, Any]:
    """List the models there are, and say with which one the app opens.

    Example: python -m mammo_core models --default demo
    """
    from mammo_core.model_store import default_model, list_models, make_default

    chosen = make_default(default) if default is not None else default_model()
    return {
        "default": None if chosen is None else chosen.id,
        "models": [
            {
                "id": model.id,
                "architecture": model.card["architecture"],
                "classes": list(model.classes),
                "input_shape": list(model.input_shape),
                "dataset": model.card["dataset"]["name"],
                "path": str(model.path),
            }
            for model in list_models()
        ],
    }
