"""Our maps against those of tf-keras-vis, as files and numbers."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.explanation_folders import safe_name
from mammo_core.library_maps import LibraryMap, compare_with_library
from mammo_core.paths import writing
from mammo_core.targets import name_target, read_target
from mammo_core.types import Contrast, Progress, no_progress

if TYPE_CHECKING:
    from mammo_core.keras_classifier import KerasClassifier

Image = NDArray[np.float32]


def cross_check_to_files(
    classifier: "KerasClassifier",
    inputs: Iterable[tuple[str, Image]],
    methods: Sequence[str],
    target: str | None,
    out: Path,
    layers: Sequence[str] = (),
    *,
    progress: Progress = no_progress,
) -> list[dict[str, Any]]:
    """Write the library's map by each method that it has beside ours, and tell how near ours is.

    Args:
        classifier: The model.
        inputs: (id, (H, W, C) model input) of each image.
        methods: Our names; what the library has not is told with the reason.
        target: A class or two, as `read_target` reads them; None takes the predicted one.
        out: The folder for `<id>.<method>.library.npz`.
        layers: Those that were asked for; the library averages none.
        progress: Told before each map.

    Returns:
        Image, method, target, rank correlation (None where there is none), note and file of each.
    """
    rows = []
    for image_id, image in inputs:
        asked = _choose_target(classifier, image, target)
        named = name_target(asked, classifier.classes)
        for number, method in enumerate(methods):
            progress(number, len(methods), f"Cross-checking {image_id}")
            row = {"image_id": image_id, "method": method, "target": named}
            try:
                theirs = ask_library(classifier, image, asked, method, layers)
                rows.append(row | _write(theirs, row, out))
            except (BadModel, BadConfiguration) as error:
                rows.append(row | {"rank_correlation": None, "note": str(error), "file": None})
    return rows


def _choose_target(
    classifier: "KerasClassifier", image: Image, target: str | None
) -> int | str | Contrast:
    if target is not None:
        return read_target(target, classifier.classes)
    return int(classifier.predict(image[None])[0].argmax())


def ask_library(
    classifier: "KerasClassifier",
    image: Image,
    target: int | str | Contrast,
    method: str,
    layers: Sequence[str] = (),
) -> LibraryMap:
    """The library's map by one method.

    Args:
        classifier: The model.
        image: (H, W, C) float32 in [0, 1].
        target: A class, or a difference of two.
        method: Our name of it.
        layers: The layer to look into; none is the classifier's default.

    Raises:
        BadConfiguration: For a method that the library has not, or several layers.
        BadModel: Where the library cannot take the network.
        ValueError: For an unknown class or an image of another size.
    """
    if len(layers) > 1:
        raise BadConfiguration("tf-keras-vis averages no layers; name one")
    (found,) = compare_with_library(classifier, image, target, [method], *layers)
    return found


def _write(theirs: LibraryMap, row: dict[str, str], out: Path) -> dict[str, Any]:
    path = out / f"{safe_name(row['image_id'])}.{theirs.method}.library.npz"
    facts = json.dumps(row | {"note": theirs.note})
    with writing(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, attribution=theirs.map, facts=np.array(facts))
    correlation = theirs.rank_correlation
    return {
        "rank_correlation": round(correlation, 4) if np.isfinite(correlation) else None,
        "note": theirs.note,
        "file": str(path),
    }
