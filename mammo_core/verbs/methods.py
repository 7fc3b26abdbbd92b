"""The verb `methods`."""

from typing import Any


def methods() -> dict[str, Any]:
    """List the explanation methods: what they are, what they cost and what they need.

    Example: python -m mammo_core methods
    """
    from mammo_core.attribution import METHODS
    from mammo_core.config import to_mapping
    from mammo_core.library_maps import LIBRARY_METHODS

    return {
        "methods": [
            {
                "name": name,
                "title": method.title,
                "reference": method.reference,
                "signed": method.signed,
                "passes": method.passes,
                "cost": method.cost,
                "control": method.is_control,
                "class_blind": method.is_class_blind,
                "access": method.access,
                "takes_layer": method.access == "layer",
                "cross_check": name in LIBRARY_METHODS,
                "settings": to_mapping(method()),
            }
            for name, method in METHODS.items()
        ]
    }
