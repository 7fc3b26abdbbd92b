"""Verb `formats`: the layouts that `index` understands."""

from typing import Any


def formats() -> dict[str, Any]:
    """List the dataset layouts, what each expects, its label schemes and licence note.

    Example: python -m mammo_core formats
    """
    from mammo_core.datasets import LAYOUTS

    return {
        "formats": [
            {
                "name": layout.name,
                "title": layout.title,
                "expects": layout.expects,
                "licence": layout.licence,
                "labels": list(layout.schemes),
            }
            for layout in LAYOUTS.values()
        ]
    }
