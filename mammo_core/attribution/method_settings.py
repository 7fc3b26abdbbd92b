"""Methods with other settings than their own, written METHOD.SETTING=VALUE."""

import math
from collections.abc import Iterable, Mapping

from mammo_core.attribution.base import Attribution
from mammo_core.config import parse_assignments, read_settings
from mammo_core.errors import BadConfiguration

MethodSettings = Mapping[str, Mapping[str, str]]
"""By method, then by setting."""
MOST = 100_000
"""Of samples, masks or whatever else a setting counts: more fills the memory before it is asked."""


def parse_method_settings(words: Iterable[str]) -> dict[str, dict[str, str]]:
    """{"smooth_grad": {"noise": "0.2"}} from ["smooth_grad.noise=0.2"].

    Raises:
        BadConfiguration: For a word of another form.
    """
    settings: dict[str, dict[str, str]] = {}
    for key, value in parse_assignments(words).items():
        method, dot, name = key.partition(".")
        if not dot:
            raise BadConfiguration(
                f"Expected METHOD.SETTING=VALUE, such as smooth_grad.noise=0.2, got '{key}={value}'"
            )
        settings.setdefault(method, {})[name] = value
    return settings


def configure(kind: type[Attribution], name: str, settings: MethodSettings) -> Attribution:
    """The method with its settings, the default ones where others are not given.

    Raises:
        BadConfiguration: For an unknown setting (tells the known ones) or a value that it cannot
            have.
    """
    try:
        method = read_settings(kind, settings.get(name, {}))
        for setting, value in vars(method).items():
            _check_number(setting, value)
    except (BadConfiguration, ValueError) as error:
        raise BadConfiguration(f"{name}: {error}") from None
    return method


def _check_number(setting: str, value: object) -> None:
    """What holds for the numbers of every method."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{setting} must be a finite number, got {value}")
    if isinstance(value, int) and setting == "seed" and value < 0:
        raise ValueError(f"Expected a seed of 0 or more, got {value}")
    if isinstance(value, int) and setting != "seed" and value > MOST:
        raise ValueError(f"Expected {setting} of at most {MOST:,}, got {value:,}")


def refuse_unused(settings: MethodSettings, names: Iterable[str]) -> None:
    """See that every setting is of a method that was asked for.

    Raises:
        BadConfiguration: For the first that is not.
    """
    asked = list(names)
    for method in settings:
        if method not in asked:
            raise BadConfiguration(
                f"Settings were given for '{method}', which was not asked for; "
                f"asked for are {', '.join(asked)}"
            )
