"""How an epoch is judged: on the validation images, as the model will be used (inference mode)."""

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.auroc import compute_auroc
from mammo_core.metrics.classification import compute_macro_f1
from mammo_core.training.data import TrainingData


@dataclass(frozen=True)
class Scores:
    """An epoch's validation.

    Attributes:
        columns: What the history shows, by column name.
        score: Decides which epoch is the best; higher is better.
    """

    columns: dict[str, float]
    score: float


def score_images(model: keras.Model, data: TrainingData) -> Scores:
    """Loss, AUROC of the last class against the rest and each class's recall.

    Where one of the two sides is absent the AUROC is undefined, and minus the loss decides.
    """
    probabilities = predict_positions(model, data, data.val)
    labels = data.labels[data.val]
    predicted = probabilities.argmax(axis=1)
    loss = float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-7)).mean())
    auroc = compute_auroc(probabilities[:, -1], labels == data.n_classes - 1)
    recalls = _recalls(predicted, labels, data.classes)
    columns = {"val_macro_f1": _macro_f1(predicted, labels, data.n_classes), **recalls}
    if np.isnan(auroc):
        return Scores({"val_loss": loss, **columns}, -loss)
    return Scores({"val_loss": loss, "val_auroc": float(auroc), **columns}, float(auroc))


def predict_positions(
    model: keras.Model, data: TrainingData, positions: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(n, K) probabilities in inference mode, 32 images at a time."""
    parts = [
        np.asarray(model.predict_on_batch(data.images(positions[start : start + 32])))
        for start in range(0, len(positions), 32)
    ]
    return np.concatenate(parts)


def _macro_f1(predicted: NDArray[np.int64], labels: NDArray[np.int64], n_classes: int) -> float:
    cells = np.bincount(labels * n_classes + predicted, minlength=n_classes**2)
    return float(compute_macro_f1(cells.reshape(n_classes, n_classes).astype(float)))


def _recalls(
    predicted: NDArray[np.int64], labels: NDArray[np.int64], classes: tuple[str, ...]
) -> dict[str, float]:
    """The share of each class that was called rightly, for the classes present."""
    return {
        f"val_recall_{name}": float((predicted[labels == k] == k).mean())
        for k, name in enumerate(classes)
        if (labels == k).any()
    }
