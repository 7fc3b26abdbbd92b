"""What the worker process is asked to do; nothing here imports Keras before it is called."""

import base64
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_ui import library
from mammo_ui.map_numbers import MapPicture, write_numbers

if TYPE_CHECKING:  # the serving process takes only names from here, and quickly
    from mammo_core.explanations import Explanation
    from mammo_core.file_prediction import FileAnswer
    from mammo_core.keras_classifier import KerasClassifier
    from mammo_core.model_input import ModelInput
    from mammo_core.model_store import StoredModel

USUAL_METHODS = ("grad_cam", "saliency", "input_x_gradient", "partition_shap")
"""Quick ones of three kinds (where, how strongly, for or against), and SHAP's on a click."""
UPLOAD_METHODS = ("grad_cam", "saliency", "partition_shap")
"""What explains an uploaded image, for which somebody waits anyway."""


@dataclass(frozen=True)
class FilePrediction:
    """What the model says about one file.

    Attributes:
        probabilities: One a class.
        target: The class that the maps explain.
        maps: For each method its numbers in a data address; None where the map says nothing, or
            there is none.
        refusals: Why there is none, by method.
    """

    probabilities: dict[str, float]
    target: str
    maps: dict[str, MapPicture | None]
    refusals: dict[str, str] = field(default_factory=dict)


def warm() -> None:
    """Load the first model and trace what the Case page will ask of it."""
    import numpy as np

    with muted_stderr():
        from mammo_core import keras_classifier  # noqa: F401 - imported for TensorFlow's greeting
    from mammo_core import image_evidence  # noqa: F401 - measured with each map
    from mammo_core.attribution import explain_together

    models = [model for model in library.list_models() if not model.is_table]
    if models:
        classifier = keep_loaded(models[0])
        blank = np.zeros((1, *classifier.input_shape), dtype=np.float32)
        explain_together(classifier, blank, 0, USUAL_METHODS[:3])
        classifier.predict(blank)


def warm_dear() -> None:
    """Import and compile what Partition SHAP needs, which takes longer than its first map."""
    import numpy as np

    from mammo_core.attribution import PartitionShap

    models = [model for model in library.list_models() if not model.is_table]
    if models:
        classifier = keep_loaded(models[0])
        blank = np.zeros((1, *classifier.input_shape), dtype=np.float32)
        PartitionShap(evaluations=40).explain(classifier, blank, 0)


def predict_file(model_id: str, path: Path, methods: Sequence[str]) -> FilePrediction:
    """What the model says about a file that belongs to no dataset, and why; nothing is kept."""
    from mammo_core.explanations import Refusal, explain_unkept
    from mammo_core.model_input import input_of_file
    from mammo_core.targets import check_scores

    stored = library.find_model(model_id)
    classifier = keep_loaded(stored)
    given = input_of_file(stored, path)
    p = classifier.predict(given.image[None])[0]
    check_scores(p)
    target = classifier.classes[int(p.argmax())]
    answers = explain_unkept(classifier, stored, given.image, methods, target)
    made = [one for one in answers if not isinstance(one, Refusal)]
    return FilePrediction(
        probabilities={name: float(v) for name, v in zip(classifier.classes, p, strict=True)},
        target=target,
        maps=dict.fromkeys(methods) | {one.method: _as_picture(one, given) for one in made},
        refusals={one.method: one.reason for one in answers if isinstance(one, Refusal)},
    )


def answer_file(model_id: str, path: Path, anyway: bool) -> "FileAnswer":
    """What gate and model say about a file, without maps; its name stays with the page."""
    from mammo_core import file_prediction

    stored = library.find_model(model_id)
    file = file_prediction.NamedFile("", path)
    return file_prediction.answer_file(file, stored, lambda: keep_loaded(stored), anyway=anyway)


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


def keep_loaded(stored: "StoredModel") -> "KerasClassifier":
    """The loaded model, which the process keeps for the next question."""
    from mammo_core.background import background_version

    return _load(stored.id, stored.sha256, background_version(stored))


@lru_cache(maxsize=2)
def _load(model_id: str, sha256: str, background: int) -> "KerasClassifier":
    from mammo_core.keras_classifier import load_classifier

    return load_classifier(library.find_model(model_id))


def _as_picture(explanation: "Explanation", given: "ModelInput") -> MapPicture | None:
    numbers = write_numbers(explanation, given)
    if numbers is None:
        return None
    content, frame = numbers
    encoded = base64.b64encode(content).decode()
    return MapPicture(f"data:application/octet-stream;base64,{encoded}", frame)
