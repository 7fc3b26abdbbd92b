"""The names of all architectures for `parametrize`, the large ones marked slow."""

import pytest

from mammo_core.architectures import ARCHITECTURES

EVERY_ARCHITECTURE = [
    pytest.param(name, marks=pytest.mark.slow) if facts.parameters > 900_000 else name
    for name, facts in ARCHITECTURES.items()
]
