"""Turning a finished training into a model folder with its card."""

import platform
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mammo_core import __version__
from mammo_core.architectures import build_architecture
from mammo_core.config import to_mapping
from mammo_core.hard_examples import rank_losses, write_losses
from mammo_core.history import count_epochs
from mammo_core.metrics.operating_points import choose_youden, list_candidates
from mammo_core.model_card import write_card
from mammo_core.model_store import file_sha256, read_model
from mammo_core.paths import write_json, writing
from mammo_core.training.checkpoint import RunState, delete_state
from mammo_core.training.configuration import list_settings
from mammo_core.training.counts import count_images
from mammo_core.training.data import TrainingData
from mammo_core.training.kept_validation import keep_validation
from mammo_core.training.plan import Plan
from mammo_core.training.validation import Columns, predict_positions, score_probabilities
from mammo_core.types import Progress, no_progress


def write_model(
    out: Path,
    model: keras.Model,
    plan: Plan,
    data: TrainingData,
    state: RunState,
    image_ids: Sequence[str],
    progress: Progress = no_progress,
) -> None:
    """Write the network and what it says of its images, then the card: with it a model is whole.

    Args:
        out: The model's folder.
        model: With its best weights.
        plan: What it was made of.
        data: What it learnt from.
        state: How it came about.
        image_ids: The id of each position in the pixel cache.
        progress: Told while the losses are computed.
    """
    val = predict_positions(model, data, data.val)
    write_losses(out, _rank_all(model, plan, data, val, image_ids, progress))
    _save_network(out / "model.keras", model, plan, data)
    sha256 = file_sha256(out / "model.keras")
    val_ids = [image_ids[position] for position in data.val]
    kept = keep_validation(out, plan.dataset, val_ids, val, sha256)
    card = {
        "architecture": plan.config.architecture,
        "classes": list(data.classes),
        "input_shape": list(plan.input_shape),
        **({"views": list(plan.config.views)} if plan.config.views else {}),
        "preprocessing": to_mapping(plan.preprocess),
        "threshold": _choose_threshold(val, data),
        "training": _training_facts(model, plan, score_probabilities(val, data), state)
        | {"validation": kept},
        "dataset": _dataset_facts(plan, data),
        "seed": plan.config.seed,
        "versions": _versions(),
        "sha256": sha256,
    }
    write_json(out / "model.json", card)
    finish_folder(out)


def finish_folder(out: Path) -> None:
    """What a whole model's folder still lacks, or no longer needs, wherever its making ended."""
    if not (out / "card.md").exists():
        write_card(read_model(out))
    delete_state(out)


def _rank_all(
    model: keras.Model,
    plan: Plan,
    data: TrainingData,
    val: NDArray[np.float32],
    image_ids: Sequence[str],
    progress: Progress,
) -> list[dict[str, Any]]:
    """The losses of all training and validation images, the highest first."""
    train = predict_positions(model, data, data.train, progress, "Finding the highest losses")
    index = plan.dataset.index.set_index("image_id")
    names = [name for name in ("patient_id", "source", "manufacturer") if name in index]
    known: dict[Any, Any] = (
        index[names].astype(object).where(index[names].notna(), None).to_dict("index")
    )
    facts: list[dict[str, Any]] = [
        {
            "image_id": image_ids[position],
            "split": split,
            "label": data.classes[data.labels[position]],
            **known.get(image_ids[position], {}),
        }
        for split, positions in (("train", data.train), ("val", data.val))
        for position in positions
    ]
    return rank_losses(facts, data.classes, np.concatenate([train, val]))


def _save_network(path: Path, model: keras.Model, plan: Plan, data: TrainingData) -> None:
    """The weights without the optimizer, in an uncompiled model."""
    config = plan.config
    plain = build_architecture(
        config.architecture, plan.input_shape, data.n_classes, config.dropout, config.pooling
    )
    plain.set_weights(model.get_weights())
    with writing(path) as temporary:
        saved = temporary.with_suffix(".keras")  # Keras insists on the ending
        try:
            plain.save(saved)
            saved.replace(temporary)
        finally:
            saved.unlink(missing_ok=True)


def _choose_threshold(val: NDArray[np.float32], data: TrainingData) -> float:
    """Youden's threshold of the last class on the validation images, 0.5 where undefined."""
    is_positive = data.labels[data.val] == data.n_classes - 1
    threshold = choose_youden(list_candidates(val[:, -1], is_positive))
    return 0.5 if threshold is None else float(threshold)


def _training_facts(
    model: keras.Model, plan: Plan, scores: Columns, state: RunState
) -> dict[str, Any]:
    return {
        "configuration": list_settings(plan.config),
        **count_epochs(state.rows),
        "best_epoch": state.best_epoch,
        "seconds": round(sum(row["seconds"] for row in state.rows), 1),
        "parameters": model.count_params(),
        **({"begun_with": state.begun_with} if state.begun_with else {}),
        "val": {name.removeprefix("val_"): value for name, value in scores.items()},
        "created": time.strftime("%Y-%m-%d"),
        **({"note": plan.config.note} if plan.config.note else {}),
    }


def _dataset_facts(plan: Plan, data: TrainingData) -> dict[str, Any]:
    decisions = plan.dataset.card.get("decisions")
    return {
        "name": plan.dataset.name,
        "fingerprint": plan.dataset.fingerprint,
        **({"decisions": decisions} if decisions else {}),
        "synthetic": plan.dataset.is_synthetic,
        "images": count_images(data),
    }


def _versions() -> dict[str, str]:
    packages = ("tensorflow", "keras", "numpy")
    own = {"python": platform.python_version(), "mammo_core": __version__}
    return own | {package: version(package) for package in packages}
