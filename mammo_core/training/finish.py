"""Turning a finished training into a model folder with its card."""

import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mammo_core import __version__
from mammo_core.architectures import build_architecture
from mammo_core.config import to_mapping
from mammo_core.metrics.operating_points import choose_youden, list_candidates
from mammo_core.model_card import write_card
from mammo_core.model_store import file_sha256, read_model
from mammo_core.paths import write_json, writing
from mammo_core.training.checkpoint import RunState, delete_state
from mammo_core.training.data import TrainingData
from mammo_core.training.plan import Plan
from mammo_core.training.validation import predict_positions, score_images


def write_model(
    out: Path, model: keras.Model, plan: Plan, data: TrainingData, state: RunState
) -> None:
    """Write the network, then its card: a folder with a card is a whole model."""
    _save_network(out / "model.keras", model, plan, data)
    card = {
        "architecture": plan.config.architecture,
        "classes": list(data.classes),
        "input_shape": list(plan.input_shape),
        "preprocessing": to_mapping(plan.preprocess),
        "threshold": _choose_threshold(model, data),
        "training": _training_facts(model, plan, data, state),
        "dataset": _dataset_facts(plan, data),
        "seed": plan.config.seed,
        "versions": _versions(),
        "sha256": file_sha256(out / "model.keras"),
    }
    write_json(out / "model.json", card)
    write_card(read_model(out))
    delete_state(out)


def _save_network(path: Path, model: keras.Model, plan: Plan, data: TrainingData) -> None:
    """The weights without the optimizer, in an uncompiled model."""
    config = plan.config
    plain = build_architecture(
        config.architecture, plan.input_shape, data.n_classes, config.dropout, config.pooling
    )
    plain.set_weights(model.get_weights())
    with writing(path) as temporary:
        saved = temporary.with_suffix(".keras")  # Keras insists on the ending
        plain.save(saved)
        saved.replace(temporary)


def _choose_threshold(model: keras.Model, data: TrainingData) -> float:
    """Youden's threshold of the last class on the validation images, 0.5 where undefined."""
    probabilities = predict_positions(model, data, data.val)[:, -1]
    is_positive = data.labels[data.val] == data.n_classes - 1
    threshold = choose_youden(list_candidates(probabilities, is_positive))
    return 0.5 if threshold is None else float(threshold)


def _training_facts(
    model: keras.Model, plan: Plan, data: TrainingData, state: RunState
) -> dict[str, Any]:
    val = score_images(model, data).columns
    return {
        "configuration": to_mapping(plan.config),
        "epochs": sum(row["stage"] == "images" for row in state.rows),
        "patch_epochs": sum(row["stage"] == "patches" for row in state.rows),
        "best_epoch": state.best_epoch,
        "seconds": round(sum(row["seconds"] for row in state.rows), 1),
        "parameters": model.count_params(),
        "val": {name.removeprefix("val_"): value for name, value in val.items()},
        "created": time.strftime("%Y-%m-%d"),
    }


def _dataset_facts(plan: Plan, data: TrainingData) -> dict[str, Any]:
    counts = {
        split: np.bincount(data.labels[positions], minlength=data.n_classes)
        for split, positions in (("train", data.train), ("val", data.val))
    }
    decisions = plan.dataset.card.get("decisions")
    return {
        "name": plan.dataset.name,
        "fingerprint": plan.dataset.fingerprint,
        **({"decisions": decisions} if decisions else {}),
        "synthetic": plan.dataset.is_synthetic,
        "images": {
            split: dict(zip(data.classes, map(int, count), strict=True))
            for split, count in counts.items()
        },
    }


def _versions() -> dict[str, str]:
    packages = ("tensorflow", "keras", "numpy")
    own = {"python": platform.python_version(), "mammo_core": __version__}
    return own | {package: version(package) for package in packages}
