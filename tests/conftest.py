"""Small things that many tests start from."""

import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
from linear_classifier import LinearClassifier


@pytest.fixture
def linear_classifier():
    return LinearClassifier(np.random.default_rng(0).normal(size=(12, 10, 1)))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty MAMMO_HOME of this test's own."""
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="session")
def real_data():
    """The folder of real mammograms; skips the test where MAMMO_REAL_DATA is not set."""
    folder = os.environ.get("MAMMO_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("MAMMO_REAL_DATA names no folder of real mammograms")
    return Path(folder).resolve()
