"""Training the parts of an experiment one after the other, each going on where it was stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import MammoError
from mammo_core.experiments.part import Part
from mammo_core.experiments.record import Experiment
from mammo_core.model_store import read_model
from mammo_core.seen_images import tell_begun
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.types import Progress, no_progress

if TYPE_CHECKING:
    import pandas as pd

    from mammo_core.pixels import PixelCache
    from mammo_core.training.plan import Plan

PATIENCE_S = 1.0
"""How long to wait for another process that works on the same experiment; it may take hours."""
Facts = dict[str, Any]
Judge = Callable[[Part, Path], Facts]
"""What to write down of a trained part, from its folder."""


class Learn(Protocol):
    """Trains a plan into a folder and answers as the verb `train` does."""

    def __call__(
        self,
        plan: "Plan",
        out: Path,
        *,
        progress: Progress = no_progress,
        on_epoch: Callable[[dict[str, Any]], None],
    ) -> dict[str, Any]:
        """Train, or go on."""
        ...


class Ask(Protocol):
    """Asks the model in a folder about images of the bench's dataset."""

    def __call__(self, folder: Path, bench: "Bench", image_ids: list[str]) -> NDArray[np.floating]:
        """(n, K) probabilities."""
        ...


@dataclass(frozen=True, eq=False)
class Bench:
    """What the parts are made with and from.

    Attributes:
        plan: Of every part, save its roles and seed.
        cache: The pixels of the plan's dataset, which is as the gate left it.
        learn, ask: Train a part's model and ask it; tests put others in their place.
    """

    plan: "Plan"
    cache: "PixelCache"
    learn: Learn
    ask: Ask


def open_bench(plan: "Plan", progress: Progress) -> Bench:
    """The bench on which TensorFlow trains, its pixels prepared.

    Raises:
        BadDataset: Where no image can be used.
        MammoError: Where the disk is full.
    """
    from mammo_core.preparation import prepare_dataset

    dataset, cache = prepare_dataset(plan.dataset, plan.preprocess, progress=progress)
    return Bench(replace(plan, dataset=dataset), cache, learn_with_keras, ask_with_keras)


def learn_with_keras(
    plan: "Plan",
    out: Path,
    *,
    progress: Progress = no_progress,
    on_epoch: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Train as the verb `train` does, without what trainings before left in memory."""
    from mammo_core.tensorflow_start import forget_networks, start_tensorflow

    start_tensorflow(progress)
    forget_networks()
    from mammo_core.training.run import train

    return train(plan, out, progress=progress, on_epoch=on_epoch)


def ask_with_keras(folder: Path, bench: Bench, image_ids: list[str]) -> NDArray[np.floating]:
    """(n, K) probabilities of the model in the folder."""
    from mammo_core.tensorflow_start import start_tensorflow

    start_tensorflow()
    from mammo_core.hanging import hang_views
    from mammo_core.keras_classifier import load_classifier
    from mammo_core.prediction import predict_images

    model, cache = read_model(folder), bench.cache
    if model.views:
        cache = replace(cache, pixels=hang_views(cache, bench.plan.dataset.index))
    return predict_images(load_classifier(model), cache, image_ids)


class EpochCount:
    """Progress over all parts in epochs; a part that ends early counts all that it might have had.

    What was done before this run does not count, so that the time left can be told from the time
    gone by.
    """

    def __init__(self, experiment: Experiment, config: TrainingConfiguration, tell: Progress):
        """Begin where the experiment stands."""
        self._tell = tell
        self._each = count_epochs(config)
        self._reached = {
            part["name"]: self._each if part["state"] == "done" else int(part["epochs"])
            for part in experiment.parts
        }
        self._before = sum(self._reached.values())

    def tell(self) -> None:
        """Say how far it is; may raise `Cancelled`."""
        n_parts = len(self._reached)
        self._tell(
            sum(self._reached.values()) - self._before,
            self._each * n_parts - self._before,
            f"Epochs of {n_parts} trainings",
        )

    def hear(self, done: int, total: int, doing: str) -> None:
        """Take the place of a part's own progress."""
        self.tell()

    def reach(self, name: str, epochs: int | None = None) -> None:
        """Note how many epochs a part has behind it; None where it is done.

        Its last one counts once it is done: it is judged after it.
        """
        self._reached[name] = self._each if epochs is None else min(epochs, self._each - 1)
        self.tell()


def count_epochs(config: TrainingConfiguration) -> int:
    """The most epochs that a training of these settings has."""
    before = {
        "patch_to_image": config.patch_epochs,
        "transfer": config.head_epochs + config.upper_epochs,
    }
    return before.get(config.recipe, 0) + config.epochs


def describe_parts(parts: Sequence[Part], index: "pd.DataFrame") -> list[Facts]:
    """What experiment.json says of parts that wait."""
    return [_describe_part(part, index) for part in parts]


def _describe_part(part: Part, index: "pd.DataFrame") -> Facts:
    rows = {role: part.select(index, role) for role in ("train", "val", "test")}
    return {
        "name": part.name,
        "title": part.title,
        **{f"n_{role}": len(chosen) for role, chosen in rows.items()},
        "patients": {role: int(one["patient_id"].nunique()) for role, one in rows.items()},
        "epochs": 0,
        "val": None,
        "test": None,
        "threshold": None,
        "state": "waiting",
    }


def tell_weights(plan: "Plan") -> list[str]:
    """What a reader must know of the weights that every part begins with."""
    told = tell_begun(plan.config.weights, plan.dataset)
    return [told] if told else []


def train_parts(
    parts: Sequence[Part], experiment: Experiment, bench: Bench, judge: Judge, progress: Progress
) -> None:
    """Train every part that is not done, judge it and write it down.

    Args:
        parts: All of them.
        experiment: Where each is written down.
        bench: What they are made with.
        judge: Says what to write down of a trained part.
        progress: Told of epochs over all parts.
    """
    epochs = EpochCount(experiment, bench.plan.config, progress)
    for part in parts:
        if experiment.find(part.name)["state"] == "done":
            continue
        try:
            _train_part(part, experiment, bench, judge, epochs)
        except (MammoError, KeyboardInterrupt):
            experiment.note(part.name, state="stopped")
            raise


def _train_part(
    part: Part, experiment: Experiment, bench: Bench, judge: Judge, epochs: EpochCount
) -> None:
    def hear_epoch(row: Facts) -> None:
        experiment.note(part.name, epochs=int(row["epoch"]))
        epochs.reach(part.name, int(row["epoch"]))

    config = replace(bench.plan.config, seed=bench.plan.config.seed + part.repeat)
    plan = replace(bench.plan, config=config, roles=part.roles)
    experiment.note(part.name, state="training")
    folder = experiment.part_folder(part.name)
    answer = bench.learn(plan, folder, progress=epochs.hear, on_epoch=hear_epoch)
    kept = {key: answer[key] for key in ("best_epoch", "seconds", "val")}
    experiment.note(part.name, **kept, **judge(part, folder), state="done")
    epochs.reach(part.name)
