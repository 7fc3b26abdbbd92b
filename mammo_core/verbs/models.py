"""The verb `models`."""

from typing import Any


def models() -> dict[str, Any]:
    """List the models there are.

    Example: python -m mammo_core models
    """
    from mammo_core.model_store import list_models

    return {
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
        ]
    }
