"""Explanations of single images, computed once and kept on disk by what they were made of."""

import hashlib
import json
import logging
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import Attributed, Attribution, attribute_together, choose_methods
from mammo_core.attribution import upsample as upsample_maps
from mammo_core.config import fingerprint, to_mapping
from mammo_core.errors import BadModel
from mammo_core.explanation_folders import explanations_folder, safe_name
from mammo_core.model_store import StoredModel
from mammo_core.paths import writing
from mammo_core.targets import name_target, read_target
from mammo_core.types import Classifier, Contrast, Progress, no_progress

logger = logging.getLogger(__name__)
Key = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Explanation:
    """One method's map of one image for one class.

    Attributes:
        key: What the map was made of: model, image, method, settings and target.
        attribution: (h, w) float32 at the method's own resolution and scale.
        shape: (rows, columns) of the image that the model was given.
        seconds: Wall-clock time; methods that shared a pass share its time evenly.
        passes: What the method costs, in words.
        completeness_gap: How far the map's sum misses what the method promises, as a share of
            that; None where it promises nothing.
    """

    key: Key
    attribution: NDArray[np.float32]
    shape: tuple[int, int]
    seconds: float
    passes: str
    completeness_gap: float | None = None

    @property
    def image_id(self) -> str:
        """The explained image."""
        return str(self.key["image_id"])

    @property
    def method(self) -> str:
        """The method's name in `METHODS`."""
        return str(self.key["method"])

    @property
    def target(self) -> str:
        """The explained class."""
        return str(self.key["target"])

    def upsample(self) -> NDArray[np.float32]:
        """(rows, columns) float32: the map on the grid of the model's input."""
        return upsample_maps(self.attribution[None], self.shape)[0]


def explain_case(
    classifier: Classifier,
    stored: StoredModel,
    image: NDArray[np.float32],
    image_id: str,
    methods: Sequence[str],
    target: str | int | Contrast | None = None,
    *,
    progress: Progress = no_progress,
) -> list[Explanation]:
    """The image's explanations in the order of `methods`, read from disk where they are there.

    Args:
        classifier: The loaded model.
        stored: Its folder, whose digest is part of what a kept map is known by.
        image: (H, W, C) float32 in [0, 1], as the model is given it.
        image_id: The image's name; the image's content is part of the key as well.
        methods: Keys of `METHODS`.
        target: A class, or two as `read_target` reads them; None explains the predicted one.
        progress: Told before each piece of work.

    Raises:
        BadConfiguration: For an unknown method.
        ValueError: For an unknown class or an image of another size.
        BadModel: Where a method cannot explain this model, or its map is not finite.
    """
    chosen = choose_methods(methods)
    image = np.asarray(image, dtype=np.float32)
    name = _name_target(classifier, image, target)
    keys = {m: _make_key(stored, image, image_id, m, chosen[m], name) for m in chosen}
    found = {m: read_explanation(keys[m]) for m in chosen}
    missing = [m for m in chosen if found[m] is None]
    groups = _group_by_pass(chosen, missing)
    for number, group in enumerate(groups):
        progress(number, len(groups), f"Explaining {image_id}")
        for fresh in _explain_group(classifier, image, {m: chosen[m] for m in group}, keys):
            write_explanation(fresh)
            found[fresh.method] = fresh
    if groups:
        progress(len(groups), len(groups), f"Explaining {image_id}")
    return [explanation for m in methods if (explanation := found[m]) is not None]


def explain_unkept(
    classifier: Classifier,
    stored: StoredModel,
    image: NDArray[np.float32],
    methods: Sequence[str],
    target: str | int | Contrast | None = None,
) -> list[Explanation]:
    """The same of an image that belongs to no dataset: nothing is read from disk or left there."""
    chosen = choose_methods(methods)
    image = np.asarray(image, dtype=np.float32)
    name = _name_target(classifier, image, target)
    keys = {m: _make_key(stored, image, "the file", m, chosen[m], name) for m in chosen}
    made = {}
    for group in _group_by_pass(chosen, list(chosen)):
        for one in _explain_group(classifier, image, {m: chosen[m] for m in group}, keys):
            made[one.method] = one
    return [made[m] for m in methods]


def write_explanation(explanation: Explanation) -> Path:
    """Store an explanation: float16 shares of its largest value, which itself is float32.

    Without that scale float16 would flush small gradients to zero.

    Raises:
        MammoError: Where the disk is full or cannot be written.
    """
    path = explanation_path(explanation.key)
    scale = np.float32(np.abs(explanation.attribution).max())
    shares = explanation.attribution / (scale if scale > 0 else np.float32(1))
    facts = {
        "key": explanation.key,
        "shape": explanation.shape,
        "seconds": explanation.seconds,
        "passes": explanation.passes,
        "completeness_gap": explanation.completeness_gap,
    }
    with writing(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream, shares=shares.astype(np.float16), scale=scale, facts=np.array(json.dumps(facts))
        )
    return path


def read_explanation(key: Key) -> Explanation | None:
    """The kept explanation with exactly that key; None where there is none that is whole."""
    kept = read_file(explanation_path(key))
    return kept if kept is not None and kept.key == key else None


def read_file(path: Path) -> Explanation | None:
    """The explanation that a file keeps; None where it is not there or not whole."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            facts = json.loads(str(stored["facts"]))
            attribution = stored["shares"].astype(np.float32) * stored["scale"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("A kept explanation is damaged and is made again: %s", type(error).__name__)
        return None
    return Explanation(attribution=attribution, **facts | {"shape": tuple(facts["shape"])})


def explanation_path(key: Key) -> Path:
    """Where the explanation with that key lies; no part of the key can lead out of the folder."""
    settings = fingerprint(key["settings"])
    name = f"{safe_name(key['method'])}-{settings}-{safe_name(key['target'])}.npz"
    return explanations_folder(key["model_sha256"]) / safe_name(key["image_id"]) / name


def _name_target(
    classifier: Classifier, image: NDArray[np.float32], target: str | int | Contrast | None
) -> str:
    if target is None:
        return classifier.classes[int(classifier.predict(image[None])[0].argmax())]
    if isinstance(target, str):
        target = read_target(target, classifier.classes)
    return name_target(target, classifier.classes)


def _make_key(
    stored: StoredModel,
    image: NDArray[np.float32],
    image_id: str,
    method: str,
    settings: Attribution,
    target: str,
) -> Key:
    return {
        "model_sha256": stored.sha256,
        "image_id": image_id,
        "image_sha256": hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest(),
        "method": method,
        "settings": to_mapping(settings),
        "target": target,
    }


def _group_by_pass(chosen: dict[str, Attribution], names: list[str]) -> list[list[str]]:
    """The methods that share one pass together, each other one by itself."""
    sharing = [name for name in names if chosen[name].needs]
    alone = [[name] for name in names if not chosen[name].needs]
    return ([sharing] if sharing else []) + alone


def _explain_group(
    classifier: Classifier,
    image: NDArray[np.float32],
    methods: dict[str, Attribution],
    keys: dict[str, Key],
) -> list[Explanation]:
    start = time.perf_counter()
    target = read_target(next(iter(keys.values()))["target"], classifier.classes)
    answers = attribute_together(classifier, image[None], target, methods)
    seconds = (time.perf_counter() - start) / len(methods)
    shape = (image.shape[0], image.shape[1])
    return [
        _to_explanation(keys[name], answers[name], shape, seconds, methods[name].passes)
        for name in methods
    ]


def _to_explanation(
    key: Key, answer: Attributed, shape: tuple[int, int], seconds: float, passes: str
) -> Explanation:
    attribution = answer.maps[0]
    if not np.isfinite(attribution).all():
        raise BadModel(
            f"The {key['method']} map of {key['image_id']} is not finite; "
            "the model's weights or the image hold values that are not numbers"
        )
    gaps = answer.completeness_gap
    gap = None if gaps is None else float(gaps[0])
    return Explanation(key, attribution, shape, round(seconds, 4), passes, gap)
