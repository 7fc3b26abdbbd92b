"""Settings are read by their types and refused by name."""

from dataclasses import dataclass
from typing import Literal

import pytest

from mammo_core.config import (
    fingerprint,
    parse_assignments,
    parse_size,
    read_settings,
    to_mapping,
)
from mammo_core.errors import BadConfiguration


@dataclass(frozen=True, kw_only=True)
class Settings:
    size: tuple[int, int] = (4, 3)
    rate: float = 0.1
    epochs: int = 2
    how: Literal["a", "b"] = "a"
    name: str | None = None
    is_fast: bool = False


def test_texts_become_values_of_the_fields_types():
    words = ["size=320x192", "rate=1e-3", "epochs=7", "how=b", "name=none", "is_fast=true"]
    read = read_settings(Settings, parse_assignments(words))
    assert read == Settings(size=(320, 192), rate=1e-3, epochs=7, how="b", is_fast=True)


def test_settings_survive_their_own_mapping():
    settings = Settings(size=(5, 6), name="x")
    assert read_settings(Settings, to_mapping(settings)) == settings


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("no_such=1", "known are: size, rate"),
        ("epochs=many", "'epochs'"),
        ("epochs=2.5", "'epochs'"),
        ("size=12", "'size'"),
        ("size=axb", "'size'"),
        ("how=c", "'how'"),
        ("is_fast=perhaps", "'is_fast'"),
        ("epochs", "key=value"),
    ],
)
def test_a_bad_setting_is_refused_by_name(word, says):
    with pytest.raises(BadConfiguration, match=says.replace("(", r"\(")):
        read_settings(Settings, parse_assignments([word]))


@pytest.mark.parametrize(
    ("key", "value"),
    [("epochs", float("inf")), ("epochs", True), ("rate", True), ("size", 320), ("size", True)],
)
def test_a_value_of_another_type_is_refused_by_name(key, value):
    with pytest.raises(BadConfiguration, match=key):
        read_settings(Settings, {key: value})


@pytest.mark.parametrize("text", ["640", "0x5", "-3x5", "3x", "axb", "1x2x3"])
def test_a_size_needs_two_positive_sides(text):
    with pytest.raises(BadConfiguration, match="ROWSxCOLUMNS"):
        parse_size(text)


def test_any_other_setting_is_another_fingerprint():
    prints = {
        fingerprint(Settings()),
        fingerprint(Settings(rate=0.2)),
        fingerprint(Settings(name="x")),
    }
    assert len(prints) == 3
    assert fingerprint(Settings()) == fingerprint(Settings(rate=0.1))
