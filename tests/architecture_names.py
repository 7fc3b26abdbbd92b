"""The names of all architectures for `parametrize`, marked by how dear it is to build them."""

import pytest

from mammo_core.architectures import ARCHITECTURES

SLOW, LARGE = 900_000, 2_000_000
"""Weights from which a network is tested apart, and from which only on demand."""


def mark(name, parameters):
    marks = [pytest.mark.large] if parameters > LARGE else [pytest.mark.slow]
    return pytest.param(name, marks=marks) if parameters > SLOW else name


EVERY_ARCHITECTURE = [mark(name, facts.parameters) for name, facts in ARCHITECTURES.items()]


TRAINABLE_ARCHITECTURES = [
    pytest.param(name, marks=pytest.mark.large) if facts.parameters > LARGE else name
    for name, facts in ARCHITECTURES.items()
    if not facts.views
]
"""Those that can learn from patches."""
