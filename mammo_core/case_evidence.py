"""Evidence for the explanations of one image: measured once, kept beside the kept explanation."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mammo_core.case_measures import CASE_METRICS, CaseMeasures, Evidence, Masks
from mammo_core.errors import BadConfiguration
from mammo_core.evidence import METHOD_METRICS, METRICS
from mammo_core.evidence.tally import count_passes as count_passes
from mammo_core.explanations import Explanation, explanation_path
from mammo_core.paths import read_kept_json, write_json
from mammo_core.types import Classifier, Progress, no_progress
from mammo_core.wording import tell_nearest

AT_ONCE = ("energy_pointing", "pointing_game", "in_breast", "completeness", "sparseness")
"""What asks the model nothing that it was not asked for the map."""
ON_DEMAND = ("deletion", "insertion", "class_sensitivity", "max_sensitivity")
"""What asks the model about other versions of the image or explains it again."""


def list_measures() -> tuple[str, ...]:
    """All that can be measured of a case's maps, by name."""
    return (*METRICS, *METHOD_METRICS, *CASE_METRICS)


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

    As `measure_each`, whose pieces it puts together.

    Raises:
        BadConfiguration: For an unknown measure.
    """
    about = (classifier, image, explanations, mask, breast)
    found: dict[str, Evidence] = {one.method: {} for one in explanations}
    for piece in measure_each(*about, metrics=metrics, progress=progress):
        for method, values in piece.items():
            found[method] |= values
    return {method: {name: values[name] for name in metrics} for method, values in found.items()}


def measure_each(
    classifier: Classifier,
    image: NDArray[np.float32],
    explanations: Sequence[Explanation],
    mask: Masks | None,
    breast: Masks,
    *,
    metrics: Sequence[str] = AT_ONCE,
    progress: Progress = no_progress,
) -> Iterator[dict[str, Evidence]]:
    """{method: {measure: value}} in pieces: what was kept, then what is measured, kept at once.

    Args:
        classifier: The loaded model.
        image: (H, W, C) float32 in [0, 1], as the model was given it.
        explanations: Of that image, all for one target.
        mask: (H, W), True on the lesion; None leaves undefined what needs one.
        breast: (H, W), True on the breast.
        metrics: Of `list_measures`.
        progress: Told in forward passes, about, all along; may end it, what was measured before is
            kept.

    Raises:
        BadConfiguration: For an unknown measure.
    """
    check_measures(metrics)
    case = CaseMeasures(classifier, image, mask, breast)
    kept = {one.method: _read_kept(one, case, metrics) for one in explanations}
    yield kept
    todo = {method: [m for m in metrics if m not in values] for method, values in kept.items()}
    for piece in case.measure(explanations, todo, progress):
        for one in explanations:
            if piece.get(one.method):
                _keep(one, case, piece[one.method])
        yield piece


def _evidence_path(one: Explanation) -> Path:
    return explanation_path(one.key).with_suffix(".json")


def _read_kept(one: Explanation, case: CaseMeasures, metrics: Sequence[str]) -> Evidence:
    values = _read_all(one)
    return {m: values[case.name(m)] for m in metrics if case.name(m) in values}


def _read_all(one: Explanation) -> dict[str, float | None]:
    """All that was kept of an explanation; nothing where it is of another, or damaged."""
    content = read_kept_json(_evidence_path(one)) or {}
    return dict(content["values"]) if content.get("key") == one.key else {}


def _keep(one: Explanation, case: CaseMeasures, measured: Evidence) -> None:
    named = {case.name(metric): value for metric, value in measured.items()}
    write_json(_evidence_path(one), {"key": one.key, "values": _read_all(one) | named})
