"""Measures that perturb an image and watch the model, all of them through one stream."""

import abc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.base import Images, MapMetric, Maps, Masks, Scores
from mammo_core.evidence.logit_stream import LogitStream, Probe
from mammo_core.evidence.map_checks import check_maps, is_telling
from mammo_core.evidence.scene import Scene, Trial
from mammo_core.evidence.target_scores import Score, read_scores
from mammo_core.targets import split_target
from mammo_core.types import Classifier, Contrast, Progress, Target, no_progress

Judge = Callable[[NDArray[np.float64]], float]


@dataclass(frozen=True, eq=False)
class Plan:
    """What a measure wants to know of one map.

    Attributes:
        probes: The perturbed images, taken one after another while the map is at hand.
        judge: The measure from their scores, in the same order. It is called when all images are
            done, so it holds a few numbers and no pixels.
    """

    probes: Iterable[Probe]
    judge: Judge


@dataclass(frozen=True, kw_only=True)
class Perturbing(MapMetric):
    """Judges a map by what the model says of perturbed images.

    A map that is constant or not finite is left undefined.

    Attributes:
        score: What is watched, the target's "probability" or its "logit"; never a mixture.
    """

    score: Score

    @abc.abstractmethod
    def plan(self, trial: Trial) -> Plan:
        """The perturbed images of one map, and how their scores become a number."""

    def measure(
        self,
        model: Classifier,
        images: Images,
        maps: Maps,
        target: Target,
        masks: Masks | None = None,
    ) -> Scores:
        """(N,) a number for each map, NaN where it is undefined."""
        return perturb_together(model, images, {"": maps}, target, {"": self})[""][""]


class Judged(NamedTuple):
    """What one measure says of one map.

    Attributes:
        method: Whose map it is.
        metric: The measure's name.
        image: Number of the image.
        value: NaN where it is undefined.
    """

    method: str
    metric: str
    image: int
    value: float


class _Pending(NamedTuple):
    """A map whose probes wait for their answers."""

    method: str
    metric: str
    image: int
    judge: Judge
    tickets: list[int]


def perturb_together(
    model: Classifier,
    images: Images,
    maps: Mapping[str, Maps],
    target: Target,
    metrics: Mapping[str, Perturbing],
    progress: Progress = no_progress,
) -> dict[str, dict[str, Scores]]:
    """{method: {metric: (N,)}} of the same measures for all methods; see `perturb_each`."""
    found = {method: {name: np.full(len(images), np.nan) for name in metrics} for method in maps}
    asking = dict.fromkeys(maps, metrics)
    for judged in perturb_each(model, images, maps, target, asking, progress):
        found[judged.method][judged.metric][judged.image] = judged.value
    return found


def perturb_each(
    model: Classifier,
    images: Images,
    maps: Mapping[str, Maps],
    target: Target,
    metrics: Mapping[str, Mapping[str, Perturbing]],
    progress: Progress = no_progress,
) -> Iterator[Judged]:
    """Each measure of each map, as soon as the model has answered its last perturbed image.

    The perturbed images of all maps share batches. What follows from the image alone (unperturbed,
    wholly filled, with noise) is asked once.

    Args:
        model: The classifier.
        images: (N, H, W, C) float32 in [0, 1].
        maps: {method: (N, H, W)}.
        target: What they explain.
        metrics: {method: the measures of its maps, under the names of the answer}.
        progress: Told before each perturbed image how many measures of how many are through; may
            end the work.

    Raises:
        ValueError: For an unknown class, or maps of another shape.
    """
    images = np.asarray(images, dtype=np.float32)
    targets = split_target(target, model.classes, len(images))
    checked = {method: check_maps(images, of_method) for method, of_method in maps.items()}
    stream, waiting = LogitStream(model), deque[_Pending]()
    for one in _ask_all(stream, images, checked, metrics, progress):
        waiting.append(one)
        while waiting and stream.n_answered > max(waiting[0].tickets, default=-1):
            yield _judge(stream, waiting.popleft(), targets, metrics)
    stream.flush()
    yield from (_judge(stream, one, targets, metrics) for one in waiting)


def _judge(
    stream: LogitStream,
    one: _Pending,
    targets: list[int | Contrast],
    metrics: Mapping[str, Mapping[str, Perturbing]],
) -> Judged:
    logits, metric = stream.read(one.tickets), metrics[one.method][one.metric]
    scores = read_scores(logits, targets[one.image], metric.score)
    return Judged(one.method, one.metric, one.image, one.judge(scores))


def _ask_all(
    stream: LogitStream,
    images: Images,
    maps: Mapping[str, Maps],
    metrics: Mapping[str, Mapping[str, Perturbing]],
    progress: Progress,
) -> Iterator[_Pending]:
    total, done = len(images) * sum(len(metrics[method]) for method in maps), 0
    for k, image in enumerate(images):
        stream.begin_image()
        scene = Scene(image)
        for method, of_method in maps.items():
            trial = Trial(scene, of_method[k]) if is_telling(of_method[k]) else None
            for name, metric in metrics[method].items():
                tell = partial(progress, done, total, metric.title)
                yield _Pending(method, name, k, *_ask(stream, trial, metric, tell))
                done += 1


def _ask(
    stream: LogitStream, trial: Trial | None, metric: Perturbing, tell: Callable[[], None]
) -> tuple[Judge, list[int]]:
    """(the judge of the answers, their tickets); none are asked for where a map says nothing."""
    if trial is None:
        return _leave_undefined, []
    plan, tickets = metric.plan(trial), []
    for probe in plan.probes:
        tell()
        tickets.append(stream.ask(probe))
    return plan.judge, tickets


def _leave_undefined(_scores: NDArray[np.float64]) -> float:
    return float("nan")
