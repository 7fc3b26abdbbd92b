"""The verb `architectures`."""

from typing import Any


def architectures() -> dict[str, Any]:
    """List the networks that can be trained, with what each suits.

    Example: python -m mammo_core architectures
    """
    from mammo_core.architectures import ARCHITECTURES

    return {
        "architectures": [
            {
                "name": name,
                "title": facts.title,
                "parameters": facts.parameters,
                "pooling": facts.pooling,
                "imagenet": facts.imagenet is not None,
                "suits": facts.suits,
                "reference": facts.reference,
            }
            for name, facts in ARCHITECTURES.items()
        ]
    }
