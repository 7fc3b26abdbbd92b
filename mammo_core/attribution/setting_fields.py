"""The settings of a method as a form can ask for them, told by its fields and its docstring."""

import inspect
import re
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from mammo_core.attribution.base import Attribution

ELSEWHERE = ("layer",)
"""Chosen for all methods at once."""


@dataclass(frozen=True)
class SettingField:
    """A setting of a method.

    Attributes:
        name: Of the field.
        kind: Of a number, `int` or `float`; `bool`; `str` where it is one of the words alone.
        words: What else it may be, in the order of its type.
        default: What it is where nothing else is asked for.
        about: What it means, in a sentence.
    """

    name: str
    kind: type
    words: tuple[str, ...]
    default: Any
    about: str


def list_settings(method: type[Attribution]) -> tuple[SettingField, ...]:
    """The settings of a method in their order, without the layer that it looks into."""
    hints, about = get_type_hints(method), _read_attributes(inspect.getdoc(method) or "")
    return tuple(
        SettingField(
            one.name,
            *_read_type(hints[one.name]),
            default=one.default,
            about=about.get(one.name, ""),
        )
        for one in fields(method)
        if one.name not in ELSEWHERE
    )


def _read_type(hint: Any) -> tuple[type, tuple[str, ...]]:
    """(its kind, its words) of a plain type, of words, or of one or the other."""
    parts = [hint] if get_origin(hint) is Literal or not get_args(hint) else get_args(hint)
    words = tuple(word for one in parts if get_origin(one) is Literal for word in get_args(one))
    plain = [one for one in parts if get_origin(one) is not Literal]
    return (plain[0] if plain else str), words


def _read_attributes(docstring: str) -> dict[str, str]:
    """What the part "Attributes" of a cleaned docstring says of each name."""
    _, _, part = docstring.partition("Attributes:\n")
    told = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", part, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in told}
