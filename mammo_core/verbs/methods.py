"""The verb `methods`."""

from typing import Annotated, Any

import typer


def methods(
    model: Annotated[
        str | None,
        typer.Option(help="A model's folder or id, to list its layers and who cannot explain it."),
    ] = None,
) -> dict[str, Any]:
    """List the explanation methods: what they are, what they cost and what they need.

    Example: python -m mammo_core methods --model demo
    """
    from mammo_core.attribution import METHODS

    told = {"methods": [_describe(name, method) for name, method in METHODS.items()]}
    return told if model is None else told | _list_layers(model)


def _describe(name: str, method: Any) -> dict[str, Any]:
    from mammo_core.config import to_mapping
    from mammo_core.library_maps import LIBRARY_METHODS

    return {
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


def _list_layers(name: str) -> dict[str, Any]:
    """The layers that give a map, the one looked into where none is named, and who refuses."""
    from mammo_core.model_store import find_model
    from mammo_core.tensorflow_start import start_tensorflow

    stored = find_model(name)
    start_tensorflow()
    from mammo_core.attribution.deep_shap import tell_refusal
    from mammo_core.keras_classifier import load_classifier

    classifier = load_classifier(stored)
    layers = [{"name": path, "convolution": path in classifier.layers} for path in classifier.maps]
    reason = tell_refusal(classifier)
    refused = {} if reason is None else {"deep_shap": reason}
    return {"layers": layers, "default_layer": classifier.layer, "refused": refused}
