"""Evidence for the explanations of one image: measured once, kept beside the kept explanation."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import METHODS, Attribution
from mammo_core.attribution.averaged_layers import AveragedLayers
from mammo_core.config import fingerprint
from mammo_core.errors import BadConfiguration, BadModel, MammoError
from mammo_core.evidence import METHOD_METRICS, METRICS, measure_together
from mammo_core.evidence.asked import Asked
from mammo_core.explanations import Explanation, explanation_path
from mammo_core.overlays import is_blank
from mammo_core.paths import read_json, write_json
from mammo_core.targets import read_target
from mammo_core.types import Classifier, Progress, no_progress
from mammo_core.wording import tell_nearest

Masks = NDArray[np.bool_]
Evidence = dict[str, float | None]

AT_ONCE = ("energy_pointing", "pointing_game", "in_breast", "completeness", "sparseness")
"""What asks the model nothing that it was not asked for the map."""
ON_DEMAND = ("deletion", "insertion", "class_sensitivity", "max_sensitivity")
"""What asks the model about other versions of the image or explains it again."""
FLIPS = 22
"""Forward passes, about, of a measure that replaces pixels step by step."""
DIGITS = 5


def list_measures() -> tuple[str, ...]:
    """All that can be measured of a case's maps, by name."""
    return (*METRICS, *METHOD_METRICS, "in_breast")


def check_measures(names: Iterable[str]) -> None:
    """See that each name is one of `list_measures`.

    Raises:
        BadConfiguration: For an unknown one; tells the closest and all known ones.
    """
    known = list_measures()
    for name in names:
        if name not in known:
            near = tell_nearest(name, known)
            raise BadConfiguration(f"Unknown measure '{name}'; known are: {', '.join(known)}{near}")


def measure_case(
    classifier: Classifier,
    image: NDArray[np.float32],
    explanations: Sequence[Explanation],
    mask: Masks | None,
    breast: Masks,
    *,
    metrics: Sequence[str] = AT_ONCE,
    progress: Progress = no_progress,
) -> dict[str, Evidence]:
    """{method: {measure: value}}, None where it is undefined; kept ones are not measured again.

    Args:
        classifier: The loaded model.
        image: (H, W, C) float32 in [0, 1], as the model was given it.
        explanations: Of that image, all for one target.
        mask: (H, W), True on the lesion; None leaves undefined what needs one.
        breast: (H, W), True on the breast.
        metrics: Of `list_measures`.
        progress: Told before each piece of work; may end it, what was measured before is kept.

    Raises:
        BadConfiguration: For an unknown measure.
    """
    check_measures(metrics)
    case = _Case(classifier, image, mask, breast)
    found = {one.method: _read_kept(one, case, metrics) for one in explanations}
    todo = {one.method: [m for m in metrics if m not in found[one.method]] for one in explanations}
    for measured in case.measure(explanations, todo, progress):
        for one in explanations:
            if one.method in measured:
                found[one.method] |= measured[one.method]
                _keep(one, case, measured[one.method])
    return {method: {name: values[name] for name in metrics} for method, values in found.items()}


def count_passes(methods: Mapping[str, Attribution], metrics: Sequence[str]) -> int:
    """Forward passes that measuring takes, about."""
    flips = FLIPS * sum(
        name in METRICS and METRICS[name].family == "faithfulness" for name in metrics
    )
    again = sum(METHOD_METRICS[name].explanations for name in metrics if name in METHOD_METRICS)
    return sum(flips + again * method.cost for method in methods.values())


class _Case:
    """One image with what is known of it, and the ways to measure maps of it."""

    def __init__(
        self,
        classifier: Classifier,
        image: NDArray[np.float32],
        mask: Masks | None,
        breast: Masks,
    ) -> None:
        self.classifier, self.images = classifier, np.asarray(image, dtype=np.float32)[None]
        self.masks = None if mask is None else np.asarray(mask, dtype=bool)[None]
        self.breast = np.asarray(breast, dtype=bool)

    def name(self, metric: str) -> str:
        """The measure with its settings and what it looks at besides the map."""
        table: Mapping[str, type[Any]] = {**METRICS, **METHOD_METRICS}
        settings = fingerprint(table[metric]()) if metric in table else ""
        looked_at = self.breast if metric == "in_breast" else self.masks
        needs = metric == "in_breast" or (metric in METRICS and METRICS[metric].needs_mask)
        content = looked_at.tobytes() if needs and looked_at is not None else b""
        return f"{metric}/{settings}/{hashlib.sha256(content).hexdigest()[:12]}"

    def measure(
        self,
        explanations: Sequence[Explanation],
        todo: Mapping[str, Sequence[str]],
        progress: Progress,
    ) -> Iterator[dict[str, Evidence]]:
        """What was asked of each method, in pieces: first of the maps, then of the methods."""
        asked = [one for one in explanations if todo[one.method]]
        again = [(one, m) for one in asked for m in todo[one.method] if m in METHOD_METRICS]
        if not asked:
            return
        total = 1 + len(again)
        progress(0, total, "Measuring the maps")
        yield self._measure_maps(asked, todo)
        for place, (one, metric) in enumerate(again, 1):
            doing = f"Measuring {METHOD_METRICS[metric].title} of {METHODS[one.method].title}"
            tell = _say_always(progress, place, total, doing)
            yield {one.method: {metric: self._measure_again(one, metric, tell)}}
        progress(total, total, "Measured")

    def _measure_maps(
        self, asked: Sequence[Explanation], todo: Mapping[str, Sequence[str]]
    ) -> dict[str, Evidence]:
        names = [m for m in METRICS if any(m in todo[one.method] for one in asked)]
        maps = {one.method: one.upsample()[None] for one in asked}
        found: dict[str, Evidence] = {one.method: {} for one in asked}
        if names:
            target = read_target(asked[0].target, self.classifier.classes)
            about = (self.classifier, self.images, maps, target, names, self.masks)
            for method, values in measure_together(*about).items():
                found[method] |= {name: _tidy(value[0]) for name, value in values.items()}
        for one in asked:
            if "in_breast" in todo[one.method]:
                found[one.method]["in_breast"] = share_inside(maps[one.method][0], self.breast)
        return found

    def _measure_again(self, one: Explanation, metric: str, progress: Progress) -> float | None:
        if metric == "completeness":  # told with the map
            return None if one.completeness_gap is None else _tidy(one.completeness_gap)
        target = read_target(one.target, self.classifier.classes)
        asked = Asked(self.classifier, self.images, method_of(one), target, progress)
        try:
            return _tidy(METHOD_METRICS[metric]().judge(asked)[0])
        except BadModel:  # the model's weights cannot be drawn, or the like: undefined here
            return None


def _say_always(progress: Progress, place: int, total: int, doing: str) -> Progress:
    """A progress that says which measure it is, whatever the method tells of its own passes."""

    def tell(_done: int, _of: int, _passes: str) -> None:
        progress(place, total, doing)

    tell(0, 0, "")
    return tell


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
    return None if is_blank(attribution) or not total > 0 else _tidy(positive[region].sum() / total)


def _evidence_path(one: Explanation) -> Path:
    return explanation_path(one.key).with_suffix(".json")


def _read_kept(one: Explanation, case: _Case, metrics: Sequence[str]) -> Evidence:
    values = _read_all(one)
    return {m: values[case.name(m)] for m in metrics if case.name(m) in values}


def _read_all(one: Explanation) -> dict[str, float | None]:
    """All that was kept of an explanation; nothing where it is of another, or damaged."""
    path = _evidence_path(one)
    if not path.is_file():
        return {}
    try:
        content = read_json(path)
    except MammoError:
        return {}
    return dict(content["values"]) if content.get("key") == one.key else {}


def _keep(one: Explanation, case: _Case, measured: Evidence) -> None:
    named = {case.name(metric): value for metric, value in measured.items()}
    write_json(_evidence_path(one), {"key": one.key, "values": _read_all(one) | named})


def _tidy(value: float) -> float | None:
    """The number as it is kept, None where it is undefined."""
    return float(f"{float(value):.{DIGITS}g}") if np.isfinite(value) else None
