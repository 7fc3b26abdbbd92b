"""How long a training will take, judged by those that were made here before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from statistics import median
from typing import TYPE_CHECKING, Any

from mammo_core.config import read_settings
from mammo_core.errors import BadConfiguration, MammoError
from mammo_core.history import EPOCHS, read_history
from mammo_core.training.configuration import TrainingConfiguration

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel
    from mammo_core.tuning.ranges import Range, Value

UNKNOWABLE = frozenset({"architecture", "recipe", "channels"})
"""Settings whose cost no other value of theirs tells."""
LENGTHENING = frozenset(
    {"image_size", "epochs", "patch_size", "patches_a_lesion", *EPOCHS.values()}
)
"""Settings in proportion to which a training lasts."""
STARTING_S = 16.0
"""Starting TensorFlow, preparing the pixels and writing the model, which no history holds; so much
it was for 80 images on two cores."""


@dataclass(frozen=True)
class Estimate:
    """A time and what it is judged by.

    Attributes:
        seconds: Of the whole training, if it does not end early.
        judged_by: The id of the earlier model.
    """

    seconds: float
    judged_by: str


def estimate_duration(
    config: TrainingConfiguration, counts: Sequence[int], earlier: Iterable["StoredModel"]
) -> Estimate | None:
    """The time of a training, by the first of the earlier models that is like it.

    An epoch is taken to last in proportion to the pixels that it sees. What starting costs comes
    on top: `STARTING_S`, and what the first epoch of each stage took for compiling.

    Args:
        config: The settings.
        counts: Training images of each class, mildest first.
        earlier: Finished models; one of the same architecture and recipe is like it.

    Returns:
        None where none is like it.
    """
    for model in earlier:
        seconds = _scale(config, counts, model)
        if seconds is not None:
            return Estimate(seconds, model.id)
    return None


def find_dearest(
    config: TrainingConfiguration, ranges: "Mapping[str, Range]"
) -> TrainingConfiguration | None:
    """The settings of a sweep's longest trial, None where the network varies or they do not fit.

    Args:
        config: What stays the same.
        ranges: What varies.
    """
    if not UNKNOWABLE.isdisjoint(ranges):
        return None
    longest = {
        key: max((_read_value(key, value) for value in range_.ends), key=_product)
        for key, range_ in ranges.items()
        if key in LENGTHENING
    }
    try:
        return replace(config, **longest)
    except BadConfiguration:
        return None  # of two ranges, the largest values do not go together


def _read_value(key: str, value: "Value") -> Any:
    return getattr(read_settings(TrainingConfiguration, {"recipe": "whole_image", key: value}), key)


def _product(value: Any) -> float:
    return float(prod(value)) if isinstance(value, tuple) else float(value)


def _scale(
    config: TrainingConfiguration, counts: Sequence[int], model: "StoredModel"
) -> float | None:
    training = model.card["training"]
    try:
        before = read_settings(TrainingConfiguration, training["configuration"])
        images = model.card["dataset"]["images"]["train"]
        counts_before = [images[name] for name in model.classes]
    except (MammoError, KeyError, TypeError):
        return None
    if (before.architecture, before.recipe) != (config.architecture, config.recipe):
        return None
    rows = read_history(model.path)
    spent = _seconds_an_epoch(rows)
    parts = [
        seconds * count_pixels(stage, config, counts) / count_pixels(stage, before, counts_before)
        * getattr(config, EPOCHS.get(stage, "epochs"))
        for stage, seconds in spent.items()
    ]  # fmt: skip
    return STARTING_S + _seconds_of_compiling(rows, spent) + sum(parts) if parts else None


def _seconds_of_compiling(rows: Sequence[dict[str, Any]], spent: dict[str, float]) -> float:
    """By how much the first epoch of each stage outlasted the stage's usual one."""
    seconds = 0.0
    for stage, usual in spent.items():
        first = next(row for row in rows if str(row.get("stage")) == stage)["seconds"]
        seconds += max(0.0, first - usual) if isinstance(first, float) else 0.0
    return seconds


def _seconds_an_epoch(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The median of each stage: the first epoch of a stage compiles and takes longer."""
    stages: dict[str, list[float]] = {}
    for row in rows:
        if isinstance(row.get("seconds"), float):
            stages.setdefault(str(row.get("stage")), []).append(row["seconds"])
    return {stage: median(seconds) for stage, seconds in stages.items()}


def count_pixels(stage: str, config: TrainingConfiguration, counts: Sequence[int]) -> int:
    """How many pixels an epoch of the stage sees, as if every lesion image had one lesion.

    Args:
        stage: As history.csv names it.
        config: The settings.
        counts: Training images of each class, mildest first.
    """
    if stage == "patches":
        return max(1, sum(counts[1:])) * sum(config.patches_a_lesion) * config.patch_size**2
    rows, columns = config.image_size
    return max(1, sum(counts)) * rows * columns
