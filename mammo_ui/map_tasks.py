"""What the worker does for the maps of a case; nothing here imports Keras before it is called."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.paths import write_json
from mammo_core.types import Progress, no_progress
from mammo_ui import model_tasks
from mammo_ui.map_numbers import write_numbers
from mammo_ui.overlay_store import (
    DrawnExplanation,
    Names,
    Subject,
    find_subject,
    layers_of,
    layers_path,
    overlay_path,
    write_drawn,
)

if TYPE_CHECKING:  # the serving process takes only names from here, and quickly
    from mammo_core.explanations import Explanation, Refusal
    from mammo_core.keras_classifier import KerasClassifier
    from mammo_core.model_input import ModelInput

Answers = list["Explanation | Refusal"]
MOST_PIXELS = 1600
"""Longest side of a map's picture; the browser stretches it over the image."""


def draw_maps(names: Names, methods: Sequence[str], folder: Path | None = None) -> None:
    """Explain an image of a dataset and leave what was drawn where the pages find it.

    Args:
        names: Of the `Subject`.
        methods: Keys of `METHODS`.
        folder: Where progress is noted and a stop asked for, None for neither.

    Raises:
        Cancelled: Once a stop was asked for; what was drawn before stays.
    """
    from mammo_core.model_input import input_of_case
    from mammo_core.progress import JobProgress

    subject = find_subject(names)
    classifier = model_tasks.keep_loaded(subject.model)
    _note_layers(subject, classifier)
    given = input_of_case(subject.model, subject.dataset, subject.image_id)
    progress = JobProgress(folder) if folder else no_progress
    for group in _group_by_layers(subject, methods):
        for answer in _explain(subject, classifier, given, group, progress):
            _write(subject, answer, given)


def _note_layers(subject: Subject, classifier: "KerasClassifier") -> None:
    path = layers_path(subject.model)
    if not path.is_file():
        write_json(path, list(classifier.layers))


def _group_by_layers(subject: Subject, methods: Sequence[str]) -> list[list[str]]:
    """Those that look into the chosen layers, and those that look into none."""
    looking = [name for name in methods if layers_of(subject, name)]
    others = [name for name in methods if name not in looking]
    return [group for group in (looking, others) if group]


def _explain(
    subject: Subject,
    classifier: "KerasClassifier",
    given: "ModelInput",
    methods: Sequence[str],
    progress: Progress,
) -> Answers:
    from mammo_core.explanations import explain_each

    layers = layers_of(subject, methods[0])
    about = (classifier, subject.model, given.image, subject.image_id, methods, subject.target)
    return explain_each(*about, layers=layers, progress=progress)


def _write(subject: Subject, answer: "Explanation | Refusal", given: "ModelInput") -> None:
    from mammo_core.explanations import Refusal

    path = overlay_path(subject, answer.method)
    if isinstance(answer, Refusal):
        facts = DrawnExplanation(answer.method, subject.target, refusal=answer.reason)
        return write_drawn(path, facts, b"", _nothing())
    numbers, frame = write_numbers(answer, given) or (b"", None)
    facts = DrawnExplanation(
        method=answer.method,
        target=subject.target,
        seconds=answer.seconds,
        completeness_gap=answer.completeness_gap,
        frame=frame,
        note=answer.note,
    )
    write_drawn(path, facts, numbers, _draw(answer, given) if frame else _nothing())


def _draw(explanation: "Explanation", given: "ModelInput") -> bytes:
    """The map on the file's own grid as a transparent PNG."""
    from mammo_core.attribution import METHODS
    from mammo_core.overlays import color_heatmap, encode_png

    attribution = given.to_image(explanation.upsample())
    step = -(-max(attribution.shape) // MOST_PIXELS)
    attribution = attribution[::step, ::step]
    return encode_png(color_heatmap(attribution, signed=METHODS[explanation.method].signed))


def _nothing() -> bytes:
    import numpy as np

    from mammo_core.overlays import encode_png

    return encode_png(np.zeros((1, 1, 4), dtype=np.uint8))
