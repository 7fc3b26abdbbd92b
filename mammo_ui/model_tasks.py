"""What the worker process is asked to do; nothing here imports Keras before it is called."""

import base64
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_ui import library
from mammo_ui.map_numbers import MapPicture, write_numbers
from mammo_ui.overlay_store import DrawnExplanation, overlay_path, write_drawn

if TYPE_CHECKING:  # the serving process takes only names from here, and quickly
    from mammo_core.explanations import Explanation
    from mammo_core.file_prediction import FileAnswer
    from mammo_core.keras_classifier import KerasClassifier
    from mammo_core.model_input import ModelInput

MOST_PIXELS = 1600
"""Longest side of a map's picture; the browser stretches it over the image."""
DEFAULT_METHODS = ("grad_cam", "saliency", "partition_shap")


@dataclass(frozen=True)
class FilePrediction:
    """What the model says about one file.

    Attributes:
        probabilities: One a class.
        target: The class that the maps explain.
        maps: For each method its numbers in a data address; None where the map says nothing.
    """

    probabilities: dict[str, float]
    target: str
    maps: dict[str, MapPicture | None]


def warm() -> None:
    """Load the first model and trace what the Case page will ask of it."""
    import numpy as np

    with muted_stderr():
        from mammo_core import keras_classifier  # noqa: F401 - imported for TensorFlow's greeting
    from mammo_core.attribution import explain_together

    models = [model for model in library.list_models() if not model.is_table]
    if models:
        classifier = _load(models[0].id, models[0].sha256)
        blank = np.zeros((1, *classifier.input_shape), dtype=np.float32)
        explain_together(classifier, blank, 0, ["grad_cam", "saliency"])
        classifier.predict(blank)


def warm_dear() -> None:
    """Import and compile what Partition SHAP needs, which takes longer than its first map."""
    import numpy as np

    from mammo_core.attribution import PartitionShap

    models = [model for model in library.list_models() if not model.is_table]
    if models:
        classifier = _load(models[0].id, models[0].sha256)
        blank = np.zeros((1, *classifier.input_shape), dtype=np.float32)
        PartitionShap(evaluations=40).explain(classifier, blank, 0)


def draw_explanations(
    model_id: str, dataset_name: str, image_id: str, methods: Sequence[str], target: str
) -> None:
    """Explain an image of a dataset and leave the pictures where the pages find them."""
    from mammo_core.explanations import Refusal, explain_each
    from mammo_core.model_input import input_of_case

    stored = library.find_model(model_id)
    dataset = library.require_dataset(dataset_name)
    classifier = _load(model_id, stored.sha256)
    given = input_of_case(stored, dataset, image_id)
    for answer in explain_each(classifier, stored, given.image, image_id, methods, target):
        path = overlay_path(stored, dataset, image_id, answer.method, target)
        if isinstance(answer, Refusal):
            facts = DrawnExplanation(answer.method, target, 0, None, False, refusal=answer.reason)
            write_drawn(path, facts, b"", _nothing())
        else:
            _write(path, answer, given, target)


def _write(path: Path, made: "Explanation", given: "ModelInput", target: str) -> None:
    numbers = write_numbers(made, given)
    content, frame = numbers or (b"", None)
    facts = DrawnExplanation(
        method=made.method,
        target=target,
        seconds=made.seconds,
        completeness_gap=made.completeness_gap,
        is_blank=frame is None,
        frame=frame,
        note=made.note,
    )
    write_drawn(path, facts, content, _draw(made, given) or _nothing())


def predict_file(model_id: str, path: Path, methods: Sequence[str]) -> FilePrediction:
    """What the model says about a file that belongs to no dataset, and why; nothing is kept."""
    from mammo_core.explanations import explain_unkept
    from mammo_core.model_input import input_of_file

    stored = library.find_model(model_id)
    classifier = _load(model_id, stored.sha256)
    given = input_of_file(stored, path)
    p = classifier.predict(given.image[None])[0]
    target = classifier.classes[int(p.argmax())]
    made = explain_unkept(classifier, stored, given.image, methods, target)
    return FilePrediction(
        probabilities={name: float(v) for name, v in zip(classifier.classes, p, strict=True)},
        target=target,
        maps={one.method: _as_picture(one, given) for one in made},
    )


def answer_file(model_id: str, path: Path, anyway: bool) -> "FileAnswer":
    """What gate and model say about a file, without maps; its name stays with the page."""
    from mammo_core import file_prediction

    stored = library.find_model(model_id)
    file = file_prediction.NamedFile("", path)
    return file_prediction.answer_file(
        file, stored, lambda: _load(model_id, stored.sha256), anyway=anyway
    )


@contextmanager
def muted_stderr() -> Iterator[None]:
    """Send what native code writes to the error stream to nowhere within the block.

    TensorFlow greets before it has read which of its messages are wanted. Exceptions still arrive.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@lru_cache(maxsize=2)
def _load(model_id: str, sha256: str) -> "KerasClassifier":
    from mammo_core.keras_classifier import load_classifier

    return load_classifier(library.find_model(model_id))


def _draw(explanation: "Explanation", given: "ModelInput") -> bytes | None:
    """The map on the file's own grid as a transparent PNG, None where it says nothing."""
    from mammo_core.attribution import METHODS
    from mammo_core.overlays import color_heatmap, encode_png, is_blank

    if is_blank(explanation.attribution):
        return None
    attribution = given.to_image(explanation.upsample())
    step = -(-max(attribution.shape) // MOST_PIXELS)
    attribution = attribution[::step, ::step]
    return encode_png(color_heatmap(attribution, signed=METHODS[explanation.method].signed))


def _nothing() -> bytes:
    import numpy as np

    from mammo_core.overlays import encode_png

    return encode_png(np.zeros((1, 1, 4), dtype=np.uint8))


def _as_picture(explanation: "Explanation", given: "ModelInput") -> MapPicture | None:
    numbers = write_numbers(explanation, given)
    if numbers is None:
        return None
    content, frame = numbers
    encoded = base64.b64encode(content).decode()
    return MapPicture(f"data:application/octet-stream;base64,{encoded}", frame)
