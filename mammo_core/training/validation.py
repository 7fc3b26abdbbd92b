"""How an epoch is judged: on the validation images, as the model will be used (inference mode)."""

from collections.abc import Sequence
from typing import Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.auroc import compute_auroc
from mammo_core.metrics.classification import compute_macro_f1
from mammo_core.training.data import TrainingData
from mammo_core.types import Progress, no_progress


class Inputs(Protocol):
    """Where a model's inputs come from: images, or features that stand for them."""

    def images(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, ...) inputs for positions of the pixel cache."""


Columns = dict[str, float]
"""What the history shows of an epoch's validation, by column name."""


def score_images(model: keras.Model, data: TrainingData) -> Columns:
    """How a model does on the validation images now."""
    return score_probabilities(predict_positions(model, data, data.val), data)


def score_probabilities(probabilities: NDArray[np.float32], data: TrainingData) -> Columns:
    """Loss, AUROC of the last class against the rest and each class's recall.

    Where one of the two sides is absent the AUROC is undefined and has no column.

    Args:
        probabilities: (n, K) of the validation images.
        data: Of the training.
    """
    labels = data.labels[data.val]
    predicted = probabilities.argmax(axis=1)
    loss = float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-7)).mean())
    auroc = compute_auroc(probabilities[:, -1], labels == data.n_classes - 1)
    recalls = _recalls(predicted, labels, data.classes)
    columns = {"val_macro_f1": _macro_f1(predicted, labels, data.n_classes), **recalls}
    measured = {} if np.isnan(auroc) else {"val_auroc": float(auroc)}
    return {"val_loss": loss, **measured, **columns}


def score_predictions(
    seen: Sequence[tuple[NDArray[np.float32], NDArray[np.generic]]],
) -> dict[str, float]:
    """`train_auroc` of the last class against the rest, from an epoch's own predictions.

    They were made while the weights changed, with dropout, on augmented images, so that it lies
    below what the same images would score afterwards. Empty where predictions are not of whole
    images or one of the two sides is absent.

    Args:
        seen: For each batch (n, K) probabilities with (n,) classes or (n, K) shares of them;
            anything else has no such figure.
    """
    if not seen or seen[0][0].ndim != 2:
        return {}
    scores = np.concatenate([predictions[:, -1] for predictions, _ in seen])
    is_last = np.concatenate([_is_last(labels, p.shape[1]) for p, labels in seen])
    auroc = compute_auroc(scores, is_last)
    return {} if np.isnan(auroc) else {"train_auroc": float(auroc)}


def _is_last(labels: NDArray[np.generic], n_classes: int) -> NDArray[np.bool_]:
    """Whether the last class is the label, or its largest share."""
    classes = labels if labels.ndim == 1 else labels.argmax(axis=1)
    return np.asarray(classes == n_classes - 1)


def predict_positions(
    model: keras.Model,
    inputs: Inputs,
    positions: NDArray[np.int64],
    progress: Progress = no_progress,
    doing: str = "Predicting",
) -> NDArray[np.float32]:
    """(n, K) probabilities in inference mode, 32 images at a time."""
    parts = []
    for start in range(0, len(positions), 32):
        progress(start, len(positions), doing)
        batch = inputs.images(positions[start : start + 32])
        parts.append(np.asarray(model.predict_on_batch(batch)))
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
