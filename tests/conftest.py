"""Small things that many tests start from."""

import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest


class LinearClassifier:
    """Logits that are linear in the image, so that every attribution has a closed form."""

    classes = ("normal", "malignant")

    def __init__(self, weights):
        self.weights = np.asarray(weights, dtype=np.float32)
        self.input_shape = self.weights.shape[:3]

    def logits(self, images):
        z = np.tensordot(images, self.weights, axes=3).astype(np.float32)
        return np.stack([-z / 2, z / 2], axis=1)

    def predict(self, images):
        z = self.logits(images)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def gradient(self, images, target):
        index = np.broadcast_to(
            [self.classes.index(t) if isinstance(t, str) else t for t in np.atleast_1d(target)],
            len(images),
        )
        sign = np.where(index == 1, 0.5, -0.5).astype(np.float32)
        return sign[:, None, None, None] * self.weights[None]


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
