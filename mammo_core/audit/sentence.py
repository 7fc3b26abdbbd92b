"""Which explanations of a model to believe and which not, in one sentence."""

from collections.abc import Mapping
from typing import Any

from mammo_core.attribution import METHODS
from mammo_core.wording import count

NOBODY = "none is to be believed outright"


def tell_methods(verdicts: Mapping[str, Mapping[str, Any]], *, is_doubted: bool = False) -> str:
    """The sentence: methods to believe and not to believe by name, those between as a number.

    Args:
        verdicts: {method: its verdict}, as a summary has them.
        is_doubted: Whether the model itself is: then whom to believe of its explanations shows
            truly what it should not look at.
    """
    believed, between, doubted = (
        list_titles(verdicts, level) for level in ("believe", "caution", "doubt")
    )
    shown = ", which show what it looks at and no disease" if is_doubted else ""
    first = f"believe {', '.join(believed)}{shown}" if believed else NOBODY
    told = [first]
    told += [f"take {count(len(between), 'method')} with caution"] if between else []
    told += [f"do not believe {', '.join(doubted)}"] if doubted else []
    return f"Of its explanations: {'; '.join(told)}."


def list_titles(verdicts: Mapping[str, Mapping[str, Any]], level: str) -> list[str]:
    """The titles of the methods whose verdict is of that level."""
    return [METHODS[name].title for name, one in verdicts.items() if one["level"] == level]
