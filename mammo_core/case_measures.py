"""Measures of the maps of one image, piece by piece, with as few passes as all of them need."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import METHODS, Attribution
from mammo_core.attribution.averaged_layers import AveragedLayers
from mammo_core.config import fingerprint
from mammo_core.errors import BadModel
from mammo_core.evidence import METHOD_METRICS, METRICS, MethodMetric
from mammo_core.evidence.asked import Asked, Questions
from mammo_core.evidence.base import Family
from mammo_core.evidence.perturbing import Perturbing, perturb_each
from mammo_core.evidence.tally import Tally, Work, plan_works
from mammo_core.explanations import Explanation
from mammo_core.overlays import is_blank
from mammo_core.targets import read_target
from mammo_core.types import Classifier, Progress

Masks = NDArray[np.bool_]
Evidence = dict[str, float | None]
Pieces = Iterator[dict[str, Evidence]]
Flips = Mapping[str, Perturbing]
DIGITS = 5


@dataclass(frozen=True)
class CaseMeasure:
    """What is measured of a case's maps alone, and held against nothing in an audit.

    Attributes:
        title: In words.
        reference: "own" where no paper has it.
        family: As of other measures.
        higher_is_better: The direction.
        range: Smallest and largest value.
        of_random: What a random map scores, in words.
        about: What is looked at.
    """

    title: str
    reference: str
    family: Family
    higher_is_better: bool
    range: tuple[float, float]
    of_random: str
    about: str


CASE_METRICS = {
    "in_breast": CaseMeasure(
        title="In the breast",
        reference="own",
        family="localization",
        higher_is_better=True,
        range=(0.0, 1.0),
        of_random="The breast's share of the image for independent noise",
        about="The share of a map's positive values on the breast; an audit tells it with the "
        "other zones that a map may lie on, as a share of attribution",
    )
}
"""Those that `METRICS` and `METHOD_METRICS` have not."""


class CaseMeasures:
    """One image with what is known of it, and the ways to measure maps of it.

    Args:
        classifier: The loaded model.
        image: (H, W, C) float32 in [0, 1], as the model was given it.
        mask: (H, W), True on the lesion; None leaves undefined what needs one.
        breast: (H, W), True on the breast.
    """

    def __init__(
        self,
        classifier: Classifier,
        image: NDArray[np.float32],
        mask: Masks | None,
        breast: Masks,
    ) -> None:
        self._classifier, self._images = classifier, np.asarray(image, dtype=np.float32)[None]
        self._masks = None if mask is None else np.asarray(mask, dtype=bool)[None]
        self._breast = np.asarray(breast, dtype=bool)

    def name(self, metric: str) -> str:
        """The measure with its settings and what it looks at besides the map."""
        table: Mapping[str, type[Any]] = {**METRICS, **METHOD_METRICS}
        settings = fingerprint({"is": table[metric]().definition}) if metric in table else ""
        looked_at = self._breast if metric == "in_breast" else self._masks
        needs = metric == "in_breast" or (metric in METRICS and METRICS[metric].needs_mask)
        content = looked_at.tobytes() if needs and looked_at is not None else b""
        return f"{metric}/{settings}/{hashlib.sha256(content).hexdigest()[:12]}"

    def measure(
        self,
        explanations: Sequence[Explanation],
        todo: Mapping[str, Sequence[str]],
        progress: Progress,
    ) -> Pieces:
        """{method: {measure: value}} of what was asked of each method, each once it is known.

        First what the maps alone say, then what the model says of perturbed images, then what the
        methods say when they explain again; images and questions that several ask for are put to
        the model once.

        Args:
            explanations: Of the image, all for one target.
            todo: {method: measures}.
            progress: Told in forward passes, about, before each of them or each batch; may end it.
        """
        asked = [one for one in explanations if todo[one.method]]
        if asked:
            flips = {one.method: _choose_flips(todo[one.method]) for one in asked}
            works = plan_works({one.method: method_of(one) for one in asked}, todo)
            passes = sum(flip.cost for of_method in flips.values() for flip in of_method.values())
            tally = Tally(progress, passes + sum(work.passes for work in works))
            yield self._look_at(asked, todo)
            if passes:
                yield from self._flip(asked, flips, tally.begin(passes, "Measuring faithfulness"))
            yield from self._ask_again(asked, works, tally)
            tally.end("Measured")

    def _look_at(
        self, asked: Sequence[Explanation], todo: Mapping[str, Sequence[str]]
    ) -> dict[str, Evidence]:
        """What takes no pass."""
        return {
            one.method: {m: self._judge(one, m) for m in todo[one.method] if _is_free(m)}
            for one in asked
        }

    def _judge(self, one: Explanation, metric: str) -> float | None:
        if metric == "completeness":  # told with the map
            return None if one.completeness_gap is None else tidy(one.completeness_gap)
        attribution = one.upsample()
        if metric == "in_breast":
            return share_inside(attribution, self._breast)
        target = read_target(one.target, self._classifier.classes)
        about = (self._classifier, self._images, attribution[None], target, self._masks)
        return tidy(METRICS[metric]().measure(*about)[0])

    def _flip(
        self, asked: Sequence[Explanation], flips: Mapping[str, Flips], progress: Progress
    ) -> Pieces:
        """What the model says of perturbed images, those of all maps in full batches."""
        maps = {one.method: one.upsample()[None] for one in asked if flips[one.method]}
        target = read_target(asked[0].target, self._classifier.classes)
        about = (self._classifier, self._images, maps, target, flips)
        for judged in perturb_each(*about, progress):
            yield {judged.method: {judged.metric: tidy(judged.value)}}

    def _ask_again(
        self, asked: Sequence[Explanation], works: Sequence[Work], tally: Tally
    ) -> Pieces:
        """What the methods say when they explain again."""
        methods = {one.method: method_of(one) for one in asked}
        questions = Questions(self._classifier, methods.values())
        target = read_target(asked[0].target, self._classifier.classes)
        about = (self._classifier, self._images)
        answers = {
            name: Asked(*about, method, target, questions=questions)
            for name, method in methods.items()
        }
        for work in works:
            metric, answer = METHOD_METRICS[work.metric](), answers[work.method]
            doing = f"Measuring {metric.title} of {METHODS[work.method].title}"
            answer.progress = tally.begin(work.passes, doing, work.rounds)
            yield {work.method: {work.metric: _judge_again(metric, answer)}}


def method_of(one: Explanation) -> Attribution:
    """The method that made an explanation, with its settings."""
    kept: dict[str, Any] = one.key["settings"]
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()}
    method = METHODS[one.method]
    if set(settings) == {"method", "layers"}:
        return AveragedLayers(method=method(**kept["method"]), layers=tuple(kept["layers"]))
    return method(**settings)


def share_inside(attribution: NDArray[np.float32], region: Masks) -> float | None:
    """What share of a map's positive values lies in a region; None where it has none.

    Args:
        attribution: (H, W).
        region: (H, W).
    """
    positive = np.maximum(attribution.astype(np.float64), 0)
    total = positive.sum()
    return None if is_blank(attribution) or not total > 0 else tidy(positive[region].sum() / total)


def _is_free(metric: str) -> bool:
    """Whether the map alone answers, or what was told with it."""
    if metric in METRICS:
        return not issubclass(METRICS[metric], Perturbing)
    return metric == "in_breast" or METHOD_METRICS[metric].explanations == 1


def _choose_flips(metrics: Sequence[str]) -> Flips:
    chosen = {name: METRICS[name]() for name in METRICS if name in metrics}
    return {name: metric for name, metric in chosen.items() if isinstance(metric, Perturbing)}


def _judge_again(metric: MethodMetric, answer: Asked) -> float | None:
    try:
        return tidy(metric.judge(answer)[0])
    except BadModel:  # the model's weights cannot be drawn, or the like: undefined here
        return None


def tidy(value: float) -> float | None:
    """The number as it is kept, None where it is undefined."""
    return float(f"{float(value):.{DIGITS}g}") if np.isfinite(value) else None
