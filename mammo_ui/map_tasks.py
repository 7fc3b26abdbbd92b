"""What the worker does for the maps of a case; nothing here imports Keras before it is called."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.paths import write_json
from mammo_core.types import Progress, no_progress
from mammo_ui import library, model_tasks
from mammo_ui.map_numbers import write_numbers
from mammo_ui.overlay_store import (
    DrawnExplanation,
    Evidence,
    Measured,
    Names,
    Subject,
    find_subject,
    layers_of,
    layers_path,
    list_controls,
    overlay_path,
    read_drawn,
    read_unfit,
    settings_of,
    unfit_path,
    write_drawn,
    write_facts,
)

if TYPE_CHECKING:  # the serving process takes only names from here, and quickly
    from mammo_core.explanations import Explanation, Refusal
    from mammo_core.keras_classifier import KerasClassifier
    from mammo_core.model_input import ModelInput

Answers = list["Explanation | Refusal"]
MOST_PIXELS = 400
"""Longest side of a map's picture, which is seen on thumbnails; the viewer is given the numbers."""


def draw_maps(names: Names, methods: Sequence[str], folder: Path | None = None) -> None:
    """Explain an image of a dataset and leave what was drawn where the pages find it.

    What can be measured of the maps without asking the model again is left with them.

    Args:
        names: Of the `Subject`.
        methods: Keys of `METHODS`.
        folder: Where progress is noted and a stop asked for, None for neither.

    Raises:
        Cancelled: Once a stop was asked for; what was drawn before stays.
    """
    from mammo_core.case_evidence import AT_ONCE

    asked = _ask(names, folder)
    groups = _group(methods, asked.subject.layers)
    for number, group in enumerate(groups):
        part = replace(asked, progress=_tell_part(asked.progress, number, len(groups)))
        answers = _explain(part, group)
        evidence = _measure(part, answers, AT_ONCE)
        for answer in answers:
            _write(part, answer, evidence.get(answer.method, {}))


def _group(methods: Sequence[str], layers: Sequence[str]) -> list[list[str]]:
    """Quick methods together, which share passes; each dear one drawn once it is there.

    Only dear ones of the same passes wait for each other.
    """
    from mammo_core.attribution import METHODS
    from mammo_core.attribution.base import QUICK
    from mammo_core.attribution.together import group_by_passes
    from mammo_core.image_evidence import group_by_layers

    quick = [name for name in methods if METHODS[name].cost <= QUICK]
    dear = {name: METHODS[name]() for name in methods if name not in quick}
    return [*group_by_layers(quick, layers), *(list(group) for group in group_by_passes(dear))]


def _tell_part(progress: Progress, number: int, parts: int) -> Progress:
    """Progress of one of several parts, told as that of the whole."""

    def tell(done: int, total: int, doing: str) -> None:
        progress(number * total + done, parts * total, doing)

    return tell


def measure_maps(names: Names, methods: Sequence[str], folder: Path | None = None) -> None:
    """Measure of maps that were drawn before what asks the model again; as `draw_maps`.

    All of them together, so that they share passes; what was measured before a stop is left, too.
    """
    from mammo_core.case_evidence import AT_ONCE, ON_DEMAND
    from mammo_core.image_evidence import group_by_layers

    asked = _ask(names, folder)
    groups = group_by_layers(methods, asked.subject.layers)
    answers = [one for group in groups for one in _explain(asked, group)]
    known: dict[str, Evidence] = {}
    try:
        for evidence in _measure_each(asked, answers, (*AT_ONCE, *ON_DEMAND)):
            known |= evidence
    finally:
        _note_evidence(asked.subject, known)


def _note_evidence(subject: Subject, evidence: Mapping[str, Evidence]) -> None:
    for method, measured in evidence.items():
        drawn = read_drawn(subject, method)
        if drawn is not None:
            facts = replace(drawn, evidence={**drawn.evidence, **measured})
            write_facts(overlay_path(subject, method), facts)


def explain_subject(
    names: Names, methods: Sequence[str]
) -> tuple[Subject, "ModelInput", "Answers"]:
    """The subject, what the model is given of it, and what each method answers; nothing is drawn.

    Maps that were computed before are read from disk.
    """
    from mammo_core.image_evidence import group_by_layers

    asked = _ask(names, None)
    groups = group_by_layers(methods, asked.subject.layers)
    return asked.subject, asked.given, [one for group in groups for one in _explain(asked, group)]


@dataclass(frozen=True, eq=False)
class _Asked:
    """The subject with all that answering takes."""

    subject: Subject
    classifier: "KerasClassifier"
    given: "ModelInput"
    progress: Progress


def _ask(names: Names, folder: Path | None) -> _Asked:
    from mammo_core.progress import JobProgress

    subject = find_subject(names)
    classifier = model_tasks.keep_loaded(subject.model)
    _note_layers(subject, classifier)
    model, dataset = subject.model, subject.dataset
    about = (model.id, model.sha256, dataset.name, dataset.fingerprint)
    given = _read_input(*about, subject.image_id)
    return _Asked(subject, classifier, given, JobProgress(folder) if folder else no_progress)


@lru_cache(maxsize=2)
def _read_input(
    model_id: str, sha256: str, dataset: str, fingerprint: str, image_id: str
) -> "ModelInput":
    """What the model is given; kept, for quick maps, dear ones and their measures ask in turn.

    The digests only tell what is known by the names, and was then.
    """
    from mammo_core.model_input import input_of_case

    return input_of_case(library.find_model(model_id), library.require_dataset(dataset), image_id)


def _note_layers(subject: Subject, classifier: "KerasClassifier") -> None:
    path = layers_path(subject.model)
    if not path.is_file():
        write_json(path, list(classifier.layers))


def _explain(asked: _Asked, methods: Sequence[str]) -> Answers:
    from mammo_core.attribution.method_settings import parse_method_settings
    from mammo_core.explanations import explain_each

    subject, layers = asked.subject, layers_of(asked.subject, methods[0])
    words = (word for name in methods for word in settings_of(subject, name))
    settings = parse_method_settings(words)
    about = (asked.classifier, subject.model, asked.given.image, subject.image_id, methods)
    how = {"layers": layers, "settings": settings, "progress": asked.progress}
    return explain_each(*about, subject.target, **how)


def _measure(asked: _Asked, answers: Answers, metrics: Sequence[str]) -> dict[str, Evidence]:
    """What was measured of each map, and of the controls in its place."""
    *_, evidence = _measure_each(asked, answers, metrics)
    return evidence


def _measure_each(
    asked: _Asked, answers: Answers, metrics: Sequence[str]
) -> Iterator[dict[str, Evidence]]:
    """What is known of each map, more each time; a measure once the controls have it, too."""
    from mammo_core.case_evidence import measure_each
    from mammo_core.explanations import Explanation
    from mammo_core.image_evidence import find_places

    given, subject = asked.given, asked.subject
    controls = [one for one in _explain_controls(asked) if isinstance(one, Explanation)]
    maps = [one for one in answers if isinstance(one, Explanation)]
    lesion, breast = find_places(subject.dataset, subject.image_id, given)
    about = (asked.classifier, given.image, (*controls, *maps), lesion, breast)
    found: dict[str, dict[str, float | None]] = {one.method: {} for one in (*controls, *maps)}
    for piece in measure_each(*about, metrics=metrics, progress=asked.progress):
        for method, values in piece.items():
            found[method] |= values
        beside = {m: {one.method: found[one.method].get(m) for one in controls} for m in metrics}
        known = [m for m in metrics if all(m in found[one.method] for one in controls)]
        yield {
            one.method: {
                m: Measured(v, beside[m]) for m, v in found[one.method].items() if m in known
            }
            for one in maps
        }


def _explain_controls(asked: _Asked) -> Answers:
    return _explain(asked, list_controls())


def _write(asked: _Asked, answer: "Explanation | Refusal", evidence: Evidence) -> None:
    from mammo_core.explanations import Refusal

    subject, given = asked.subject, asked.given
    path = overlay_path(subject, answer.method)
    if isinstance(answer, Refusal):
        if answer.is_of_network:
            known = read_unfit(subject.model)
            write_json(unfit_path(subject.model), {**known, answer.method: answer.reason})
        facts = DrawnExplanation(answer.method, subject.target, refusal=answer.reason)
        return write_drawn(path, facts, b"", _nothing())
    numbers, frame = write_numbers(answer, given) or (b"", None)
    facts = DrawnExplanation(
        method=answer.method,
        target=subject.target,
        seconds=answer.seconds,
        completeness_gap=answer.completeness_gap,
        frame=frame,
        note="; ".join(words for words in (answer.note, _tell_air(asked, answer)) if words),
        evidence=evidence,
    )
    write_drawn(path, facts, numbers, _draw(answer, given) if frame else _nothing())


def _tell_air(asked: _Asked, explanation: "Explanation") -> str | None:
    """What to say of a class activation map that lies beside the breast to a large part."""
    from mammo_core.attribution import METHODS
    from mammo_core.map_on_air import find_air, share_on_air, tell_air

    if METHODS[explanation.method].access != "layer":
        return None
    air = find_air(asked.given.image[..., 0], max(1, len(asked.subject.model.views)))
    return tell_air(share_on_air(explanation.upsample(), air), air)


def _draw(explanation: "Explanation", given: "ModelInput") -> bytes:
    """The map over the whole file, small, as a transparent PNG."""
    from mammo_core.attribution import METHODS
    from mammo_core.overlays import color_heatmap, encode_png

    attribution = given.to_thumbnail(explanation.upsample(), MOST_PIXELS)
    return encode_png(color_heatmap(attribution, signed=METHODS[explanation.method].signed))


def _nothing() -> bytes:
    import numpy as np

    from mammo_core.overlays import encode_png

    return encode_png(np.zeros((1, 1, 4), dtype=np.uint8))
