"""Measures that perturb an image and watch the model, all of them through one stream."""

import abc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.base import Images, MapMetric, Maps, Masks, Scores
from mammo_core.evidence.logit_stream import LogitStream, Probe
from mammo_core.evidence.map_checks import check_maps, is_telling
from mammo_core.evidence.scene import Scene, Trial
from mammo_core.evidence.target_scores import Score, read_scores
from mammo_core.targets import split_target
from mammo_core.types import Classifier, Target

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
) -> dict[str, dict[str, Scores]]:
    """{method: {metric: (N,)}} of all maps, their perturbed images sharing batches.

    What follows from the image alone (unperturbed, wholly filled, with noise) is asked once.

    Args:
        model: The classifier.
        images: (N, H, W, C) float32 in [0, 1].
        maps: {method: (N, H, W)}.
        target: What they explain.
        metrics: The measures under the names of the answer.

    Raises:
        ValueError: For an unknown class, or maps of another shape.
    """
    images = np.asarray(images, dtype=np.float32)
    maps = {method: check_maps(images, of_method) for method, of_method in maps.items()}
    targets = split_target(target, model.classes, len(images))
    found = {method: {name: np.full(len(images), np.nan) for name in metrics} for method in maps}
    stream = LogitStream(model)
    for p in _ask_all(stream, images, maps, metrics):
        scores = read_scores(stream.read(p.tickets), targets[p.image], metrics[p.metric].score)
        found[p.method][p.metric][p.image] = p.judge(scores)
    return found


def _ask_all(
    stream: LogitStream,
    images: Images,
    maps: Mapping[str, Maps],
    metrics: Mapping[str, Perturbing],
) -> list[_Pending]:
    pending = []
    for k, image in enumerate(images):
        stream.begin_image()
        scene = Scene(image)
        for method, of_method in maps.items():
            if is_telling(of_method[k]):
                trial = Trial(scene, of_method[k])
                pending += [_ask(stream, trial, m, name, k, method) for name, m in metrics.items()]
    return pending


def _ask(
    stream: LogitStream, trial: Trial, metric: Perturbing, name: str, image: int, method: str
) -> _Pending:
    plan = metric.plan(trial)
    return _Pending(method, name, image, plan.judge, [stream.ask(p) for p in plan.probes])
