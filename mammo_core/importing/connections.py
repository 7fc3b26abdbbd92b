"""How a file counts the calls of a layer, brought to today's way of counting."""

from collections.abc import Iterable, Iterator
from typing import Any

Reference = list[Any]
"""[layer's name, which of its calls, which of its outputs, ...] as older files write it."""


def renumber_calls(layers: Iterable[dict[str, Any]], ends: dict[str, Any]) -> None:
    """Count each layer's calls from 0, in place.

    Keras 2 counts how a nested model was made as its call 0, so that its first use is call 1.
    """
    layers = list(layers)
    n_calls = {layer["name"]: max(1, len(layer["inbound_nodes"])) for layer in layers}
    used = [ends, *(layer["inbound_nodes"] for layer in layers)]
    references = [
        reference
        for place in used
        for reference in _find_references(place)
        if reference[0] in n_calls
    ]
    surplus: dict[str, int] = {}
    for name, call, *_ in references:
        surplus[name] = max(surplus.get(name, 0), call - n_calls[name] + 1)
    for reference in references:
        reference[1] = max(0, reference[1] - surplus[reference[0]])


def _find_references(value: Any) -> Iterator[Reference]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _find_references(item)
    elif isinstance(value, list):
        if _is_reference(value):
            yield value
        for item in value:
            yield from _find_references(item)


def _is_reference(value: list[Any]) -> bool:
    return len(value) >= 3 and isinstance(value[0], str) and all(type(n) is int for n in value[1:3])
