"""What is measured on one image, as it is kept until the audit is whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import METHODS, Attribution
from mammo_core.audit.blanking import blank_images
from mammo_core.audit.cascades import keep_curve
from mammo_core.audit.cost import count_again
from mammo_core.audit.mapping import Explained, explain_by_all, tell_outer
from mammo_core.audit.shares import measure_areas, measure_shares
from mammo_core.audit.zones import Zones, list_zone
from mammo_core.errors import BadModel
from mammo_core.evidence import METHOD_METRICS, MethodMetric, measure_together
from mammo_core.evidence.agreement import rank_agreement
from mammo_core.evidence.asked import Asked, Questions
from mammo_core.evidence.map_checks import is_telling
from mammo_core.evidence.model_randomization import ModelRandomization
from mammo_core.evidence.randomization_curve import follow_cascade
from mammo_core.targets import check_scores
from mammo_core.types import Classifier, Progress, no_progress

Record = dict[str, Any]
JUDGING = "Judging the maps"
DIGITS = 6
"""Significant digits that are kept of a measured number."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One image with what is known of it.

    Attributes:
        image: (H, W, C) float32 in [0, 1], as the model takes it.
        zones: (H, W) places in `ZONES`.
        breast: (H, W) where the breast is.
        facts: What the index knows of the image, as it is kept.
    """

    image: NDArray[np.float32]
    zones: Zones
    breast: NDArray[np.bool_]
    facts: Record


def measure_case(
    model: Classifier,
    scene: Scene,
    methods: Mapping[str, Attribution],
    metrics: Iterable[str],
    *,
    blanking: bool = True,
    progress: Progress = no_progress,
) -> Record:
    """All that one look at an image gives: maps judged, their place, and what blanking does.

    Args:
        model: The classifier.
        scene: The image.
        methods: By name; those that refuse the model are told with their reasons.
        metrics: Names in `METRICS`.
        blanking: Whether the model is asked about the image with parts blanked.
        progress: May raise Cancelled.

    Raises:
        BadModel: Where the model answers with values that are not numbers, and so calls no class.
    """
    probabilities = model.predict(scene.image[None])[0]
    check_scores(probabilities, scene.facts.get("image_id", "an image"))
    target = int(probabilities.argmax())
    explained = explain_by_all(model, scene.image, target, methods, progress)
    done = sum(method.cost for method in methods.values())
    return {
        **scene.facts,
        "predicted": model.classes[target],
        "probabilities": [tidy(p) for p in probabilities],
        "areas": measure_areas(scene.zones, scene.breast),
        "blanked": _ask_blanked(model, scene) if blanking else {},
        "methods": _judge_maps(
            model, scene, explained, target, metrics, partial(tell_outer, progress, done, JUDGING)
        ),
        "refused": explained.refused,
        "agreement": _compare_maps(explained),
    }


def explain_again(
    model: Classifier,
    scene: Scene,
    methods: Mapping[str, Attribution],
    metrics: Iterable[str],
    progress: Progress = no_progress,
) -> Record:
    """{method: {metric: number or None}} of the measures that explain again, and who refused.

    What `model_randomization` follows is kept under `cascades`, see `keep_curve`.

    Args:
        model: The classifier.
        scene: The image.
        methods: By name.
        metrics: Names in `METHOD_METRICS`.
        progress: Told of forward passes, about, before each measure; may raise Cancelled.
    """
    target = int(model.predict(scene.image[None])[0].argmax())
    measures = {name: METHOD_METRICS[name]() for name in metrics}
    found: Record = {"methods": {}, "refused": {}, "cascades": {}}
    done, questions = 0, Questions(model, methods.values())
    for method, explaining in methods.items():
        asked = Asked(model, scene.image[None], explaining, target, questions=questions)
        for name, measure in measures.items():
            doing = f"{METHODS[method].title}, {measure.title}"
            asked.progress = partial(tell_outer, progress, done, doing)
            asked.progress(0, 1, "")
            try:
                value = _judge(asked, measure, found["cascades"], method)
            except BadModel as error:
                found["refused"].setdefault(method, {})[name] = str(error)
                continue
            finally:
                done += count_again(explaining, measure)
            found["methods"].setdefault(method, {})[name] = tidy(value)
    return found


def _judge(asked: Asked, measure: MethodMetric, cascades: Record, method: str) -> float:
    """The measure's number; of a cascade the whole curve is kept, too, for it costs no more."""
    if not isinstance(measure, ModelRandomization):
        return float(measure.judge(asked)[0])
    curve = follow_cascade(asked, measure.depths, measure.seed)
    cascades[method] = keep_curve(curve)
    return float(curve.lost[0])


def tidy(value: float) -> float | None:
    """The number as it is kept: `DIGITS` significant digits, None where it is undefined."""
    return float(f"{float(value):.{DIGITS}g}") if np.isfinite(value) else None


def _judge_maps(
    model: Classifier,
    scene: Scene,
    explained: Explained,
    target: int,
    metrics: Iterable[str],
    progress: Progress,
) -> Record:
    if not explained.maps:
        return {}
    maps = {name: attribution[None] for name, attribution in explained.maps.items()}
    lesion = list_zone(scene.zones, "lesion")[None]
    judged = measure_together(model, scene.image[None], maps, target, metrics, lesion, progress)
    return {
        name: {
            "metrics": {metric: tidy(found[0]) for metric, found in judged[name].items()},
            "shares": measure_shares(attribution, scene.zones, scene.breast),
            "is_telling": is_telling(attribution),
            "seconds": explained.seconds[name],
        }
        for name, attribution in explained.maps.items()
    }


def _compare_maps(explained: Explained) -> Record:
    """Rank correlations of each two maps, rows and columns in the order of `methods`."""
    if not explained.maps:
        return {"methods": [], "correlations": []}
    found = rank_agreement({name: one[None] for name, one in explained.maps.items()})
    rows = [
        [None if np.isnan(r) else round(float(r), 3) for r in row] for row in found.correlations[0]
    ]
    return {"methods": list(found.methods), "correlations": rows}


def _ask_blanked(model: Classifier, scene: Scene) -> Record:
    """{what is blanked: probabilities}."""
    versions = blank_images(scene.image, scene.zones, scene.breast)
    answers = model.predict(np.stack(list(versions.values())))
    return {name: [tidy(p) for p in row] for name, row in zip(versions, answers, strict=True)}
