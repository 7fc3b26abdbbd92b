"""Settings as frozen dataclasses: read from mappings or `key=value` words, checked once."""

import dataclasses
import hashlib
import json
import types
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mammo_core.errors import BadConfiguration
from mammo_core.wording import tell_nearest

Settings = TypeVar("Settings")


def read_settings(kind: type[Settings], values: Mapping[str, Any]) -> Settings:
    """An instance of the frozen dataclass `kind` from a mapping of names to values or texts.

    Texts are read by the field's type; a (rows, columns) pair is written "320x192".

    Raises:
        BadConfiguration: For an unknown key (lists the known ones) or a value of another type.
    """
    hints = get_type_hints(kind)
    known = [field.name for field in dataclasses.fields(kind) if field.init]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            every = f"known are: {', '.join(known)}" if known else "there are none here"
            raise BadConfiguration(f"Unknown setting '{key}'; {every}{tell_nearest(key, known)}")
    return kind(**{key: _convert(key, value, hints[key]) for key, value in values.items()})


def parse_assignments(words: Iterable[str]) -> dict[str, str]:
    """{"epochs": "3"} from ["epochs=3"].

    Raises:
        BadConfiguration: Where a word has no equals sign.
    """
    pairs = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise BadConfiguration(f"Expected key=value, got '{word}'")
        pairs[key.strip()] = value.strip()
    return pairs


def parse_size(text: str) -> tuple[int, int]:
    """(rows, columns) from "640x512".

    Raises:
        BadConfiguration: Where the text has another form or a side is below 1.
    """
    sides = text.lower().split("x")
    if len(sides) != 2 or not all(side.strip().isdigit() and int(side) > 0 for side in sides):
        raise BadConfiguration(f"Expected a size as ROWSxCOLUMNS, such as 320x192, got '{text}'")
    return int(sides[0]), int(sides[1])


def to_text(value: Any) -> str:
    """A setting's value as `key=value` words hold it: a pair as 320x192."""
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def to_mapping(settings: Any) -> dict[str, Any]:
    """The settings as JSON would hold them (pairs become lists)."""
    mapping: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(settings), allow_nan=False))
    return mapping


def fingerprint(settings: Any) -> str:
    """Twelve hex digits that change whenever a setting (or the kind of settings) does."""
    content = settings if isinstance(settings, Mapping) else to_mapping(settings)
    text = json.dumps([type(settings).__name__, content], sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _convert(key: str, value: Any, hint: Any) -> Any:
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None or (isinstance(value, str) and value.lower() in ("none", "")):
            return None
        return _convert_union(
            key, value, [option for option in options if option is not type(None)]
        )
    if origin is Literal:
        if value not in options:
            near = tell_nearest(str(value), map(str, options))
            raise BadConfiguration(f"Setting '{key}' must be one of {options}, got '{value}'{near}")
        return value
    if origin is tuple:
        return _convert_pair(key, value, options)
    return _convert_scalar(key, value, hint)


def _convert_union(key: str, value: Any, options: list[Any]) -> Any:
    """A word of one of the options where it is such a word, else by the first of them."""
    words = [
        word for option in options if get_origin(option) is Literal for word in get_args(option)
    ]
    if value in words:
        return value
    try:
        return _convert(key, value, options[0])
    except BadConfiguration as error:
        also = f"; it may also be {', '.join(words)}" if words else ""
        raise BadConfiguration(f"{error}{also}") from None


def _convert_pair(key: str, value: Any, options: tuple[Any, ...]) -> tuple[Any, ...]:
    if isinstance(value, str):
        value = value.lower().split("x") if "x" in value.lower() else value.split(",")
    if not isinstance(value, list | tuple):
        value = [value]
    if Ellipsis in options:
        options = (options[0],) * len(value)
    if len(value) != len(options):
        raise BadConfiguration(
            f"Setting '{key}' needs {len(options)} values, such as 320x192, got {value}"
        )
    return tuple(_convert(key, item, option) for item, option in zip(value, options, strict=True))


def _convert_scalar(key: str, value: Any, hint: Any) -> Any:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        if hint is bool:
            return value if isinstance(value, bool) else words[str(value).lower()]
        if isinstance(value, bool) and hint is not str:
            raise ValueError
        if hint is int and not isinstance(value, str) and value != int(value):
            raise ValueError
        return hint(value)
    except (KeyError, OverflowError, TypeError, ValueError):
        raise BadConfiguration(
            f"Setting '{key}' must be of type {getattr(hint, '__name__', hint)}, got '{value}'"
        ) from None
