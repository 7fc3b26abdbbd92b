"""What a sweep may vary, between which values, and how a range is written."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from mammo_core.config import read_settings
from mammo_core.errors import BadConfiguration
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.wording import tell_nearest

Value = str | float | int


@dataclass(frozen=True)
class Between:
    """Every number from low to high.

    Attributes:
        low, high: Both ends are allowed.
        log: Whether equal ratios, not equal differences, are equally likely.
        whole: Whether only whole numbers count.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values that must be allowed for all to be."""
        return (self.low, self.high)

    def to_mapping(self) -> dict[str, Any]:
        """As study.json holds it."""
        return {"low": self.low, "high": self.high, "log": self.log}

    def __str__(self) -> str:
        """As --range takes it."""
        return f"{self.low:g}..{self.high:g}" + (":log" if self.log else "")


@dataclass(frozen=True)
class Choice:
    """One of some values, written as --set takes them."""

    values: tuple[str, ...]

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values that must be allowed for all to be."""
        return self.values

    def to_mapping(self) -> dict[str, Any]:
        """As study.json holds it."""
        return {"values": list(self.values)}

    def __str__(self) -> str:
        """As --range takes it."""
        return ",".join(self.values)


Range = Between | Choice

NEVER_VARIED = ("seed", "note")
"""Settings that make no model better."""

RANGES: dict[str, Range] = {
    "architecture": Choice(("compact_cnn", "vgg_small", "resnet_small")),
    "image_size": Choice(("256x160", "320x192", "448x272")),
    "learning_rate": Between(1e-4, 1e-2, log=True),
    "weight_decay": Between(1e-5, 1e-2, log=True),
    "dropout": Between(0.0, 0.5),
    "label_smoothing": Between(0.0, 0.2),
    "augmentation": Choice(("none", "light", "standard", "strong")),
    "imbalance": Choice(("none", "class_weights", "effective_number", "balanced_sampling")),
}
"""What a sweep varies unless it is told otherwise."""


def choose_ranges(words: Iterable[str], fixed: Mapping[str, Any]) -> dict[str, Range]:
    """What a sweep varies: `RANGES` without what is fixed, or exactly what the words name.

    Args:
        words: As --range takes them: "dropout=0..0.4", "learning_rate=1e-4..1e-2:log",
            "architecture=a,b", or a key of `RANGES` alone.
        fixed: The settings that have one value.

    Raises:
        BadConfiguration: For a word that is no range, an unknown key, a value that the training
            does not allow, or nothing left to vary.
    """
    named = dict(read_range(word) for word in words)
    twice = sorted(set(named) & set(fixed))
    if twice:
        raise BadConfiguration(f"Setting '{twice[0]}' has both a value and a range; give one")
    ranges = named or {key: value for key, value in RANGES.items() if key not in fixed}
    if not ranges:
        raise BadConfiguration("Expected at least one setting to vary; give one by --range")
    for key, range_ in ranges.items():
        check_range(key, range_, fixed)
    return ranges


def read_range(word: str) -> tuple[str, Range]:
    """(key, range) from "dropout=0..0.4", "architecture=a,b" or "dropout".

    Raises:
        BadConfiguration: Where it is no range of a setting of the training.
    """
    key, equals, text = (part.strip() for part in word.partition("="))
    hints = get_type_hints(TrainingConfiguration)
    if key not in hints or key in NEVER_VARIED:
        known = [name for name in hints if name not in NEVER_VARIED]
        near = tell_nearest(key, known)
        raise BadConfiguration(f"Cannot vary '{key}'; a sweep can vary: {', '.join(known)}{near}")
    if not equals and key in RANGES:
        return key, RANGES[key]
    if not text:
        raise BadConfiguration(f"Range '{key}' needs values, such as {key}=LOW..HIGH or A,B")
    if ".." in text:
        return key, _read_between(key, text, whole=hints[key] is int)
    return key, Choice(tuple(dict.fromkeys(filter(None, map(str.strip, text.split(","))))))


def check_range(key: str, range_: Range, fixed: Mapping[str, Any]) -> None:
    """Refuse a range with a value that the training does not allow beside the fixed ones.

    Raises:
        BadConfiguration: Naming the setting and what is allowed.
    """
    for value in range_.ends:
        try:
            read_settings(TrainingConfiguration, {**fixed, key: value})
        except BadConfiguration as error:
            raise BadConfiguration(f"Range '{key}={range_}' does not work: {error}") from error


def _read_between(key: str, text: str, *, whole: bool) -> Between:
    numbers, colon, scale = text.partition(":")
    low_text, _, high_text = numbers.partition("..")
    try:
        low, high = (int(part) if whole else float(part) for part in (low_text, high_text))
    except ValueError:
        low = high = math.nan
    is_log = scale.strip() == "log"
    if not low < high or not math.isfinite(high - low) or bool(colon) != is_log:
        raise BadConfiguration(
            f"Range '{key}={text}' must be LOW..HIGH or LOW..HIGH:log, with "
            f"{'whole numbers' if whole else 'numbers'}, the lower one first"
        )
    if is_log and low <= 0:
        raise BadConfiguration(f"Range '{key}={text}' is logarithmic and must begin above 0")
    return Between(low, high, is_log, whole)
