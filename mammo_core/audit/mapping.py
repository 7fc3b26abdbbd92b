"""The maps of one image by many methods, of which some may refuse."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import Attribution, attribute_together, upsample
from mammo_core.attribution.together import group_by_passes
from mammo_core.errors import BadModel
from mammo_core.types import Classifier, Progress, no_progress


@dataclass(frozen=True, eq=False)
class Explained:
    """What several methods answered about one image.

    Attributes:
        maps: {method: (H, W)} on the image's grid, finite or not.
        seconds: {method: wall-clock time}; those that share a pass share its time evenly.
        refused: {method: why it has no map}.
    """

    maps: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def explain_by_all(
    model: Classifier,
    image: NDArray[np.float32],
    target: int,
    methods: Mapping[str, Attribution],
    progress: Progress = no_progress,
) -> Explained:
    """Every method's map, or why there is none; those that can share their passes.

    Args:
        model: The classifier.
        image: (H, W, C) float32 in [0, 1].
        target: The class that is explained.
        methods: By name.
        progress: Told of forward passes, about, and asked within dear methods; may raise
            Cancelled.
    """
    found, done = Explained(), 0
    for group in group_by_passes(methods):
        what = ", ".join(method.title for method in group.values())
        within = partial(tell_outer, progress, done, what)
        within(0, 1, "")
        _explain_group(found, model, image, target, group, within)
        done += sum(method.cost for method in group.values())
    return found


def tell_outer(
    progress: Progress, passes: int, what: str, done: int, total: int, doing: str
) -> None:
    """Say how many passes were through before a method and what it does, not how far within."""
    progress(passes, 0, what)


def _explain_group(
    found: Explained,
    model: Classifier,
    image: NDArray[np.float32],
    target: int,
    methods: Mapping[str, Attribution],
    progress: Progress,
) -> None:
    """Add what these methods answer; where one of several refuses, each is asked by itself."""
    start = perf_counter()
    try:
        answers = attribute_together(model, image[None], target, methods, progress)
    except BadModel as error:
        if len(methods) == 1:
            found.refused[next(iter(methods))] = str(error)
            return
        for name, method in methods.items():
            _explain_group(found, model, image, target, {name: method}, progress)
        return
    for name, answer in answers.items():
        found.maps[name] = upsample(answer.maps, image.shape[:2])[0]
        found.seconds[name] = round((perf_counter() - start) / len(methods), 4)
