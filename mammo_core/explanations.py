"""Explanations of single images, each made once: what is kept on disk is not made again."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import Attributed, Attribution, attribute_together, choose_methods
from mammo_core.attribution.method_settings import MethodSettings
from mammo_core.attribution.together import group_by_passes
from mammo_core.config import to_mapping
from mammo_core.errors import BadModel, UnfitNetwork, UnreadableFile
from mammo_core.explanation_store import Explanation, Key, read_explanation, write_explanation
from mammo_core.explanation_store import explanation_path as explanation_path
from mammo_core.explanation_store import read_file as read_file
from mammo_core.model_store import StoredModel
from mammo_core.targets import name_target, predict_class, read_target
from mammo_core.types import Classifier, Contrast, LayeredClassifier, Progress, no_progress


@dataclass(frozen=True)
class Refusal:
    """Why a method has no map of an image.

    Attributes:
        method: Its name in `METHODS`.
        reason: A sentence for whoever asked.
        is_of_network: Whether the network's structure is why, so that no other image helps.
    """

    method: str
    reason: str
    is_of_network: bool = False


def explain_case(
    classifier: Classifier,
    stored: StoredModel,
    image: NDArray[np.float32],
    image_id: str,
    methods: Sequence[str],
    target: str | int | Contrast | None = None,
    *,
    layers: Sequence[str] = (),
    progress: Progress = no_progress,
) -> list[Explanation]:
    """The image's explanations in the order of `methods`, all of them or none.

    As `explain_each`, whose answers they are.

    Raises:
        BadConfiguration: For an unknown method, or one that looks into no layer given one.
        UnreadableFile: For an image that holds values that are not finite.
        ValueError: For an unknown class or an image of another size.
        BadModel: Where a method cannot explain this model, or its map is not finite; the others'
            maps are kept all the same.
    """
    answers = explain_each(
        classifier, stored, image, image_id, methods, target, layers=layers, progress=progress
    )
    return _all_explained(answers)


def explain_each(
    classifier: Classifier,
    stored: StoredModel,
    image: NDArray[np.float32],
    image_id: str,
    methods: Sequence[str],
    target: str | int | Contrast | None = None,
    *,
    layers: Sequence[str] = (),
    settings: MethodSettings = MappingProxyType({}),
    progress: Progress = no_progress,
) -> list[Explanation | Refusal]:
    """What each method answers, read from disk where it is there; some may explain, others refuse.

    Maps of controls are not kept: they are made faster than read.

    Args:
        classifier: The loaded model.
        stored: Its folder, whose digest is part of what a kept map is known by.
        image: (H, W, C) float32 in [0, 1], as the model is given it.
        image_id: The image's name; the image's content is part of the key as well.
        methods: Keys of `METHODS`.
        target: A class, or two as `read_target` reads them; None explains the predicted one.
        layers: Paths of the layers to look into, several to average; none is the model's default.
        settings: Other settings than the methods' own, as `parse_method_settings` reads them.
        progress: Told before each piece of work.

    Raises:
        BadConfiguration: For an unknown method or setting, or a method that looks into no layer
            given one.
        UnreadableFile: For an image that holds values that are not finite.
        ValueError: For an unknown class or an image of another size.
        BadModel: Where the predicted class is asked for and the model predicts no numbers.
    """
    chosen = choose_methods(methods, layers, settings)
    asked = _ask(classifier, stored, image, image_id, chosen, target)
    found: dict[str, Explanation | Refusal] = {
        name: kept for name in asked.methods if (kept := read_explanation(asked.keys[name]))
    }
    for answer in _answer(classifier, asked, set(asked.methods) - set(found), progress):
        if isinstance(answer, Explanation) and not asked.methods[answer.method].is_control:
            write_explanation(answer)
        found[answer.method] = answer
    return [found[name] for name in methods]


def explain_unkept(
    classifier: Classifier,
    stored: StoredModel,
    image: NDArray[np.float32],
    methods: Sequence[str],
    target: str | int | Contrast | None = None,
) -> list[Explanation | Refusal]:
    """As `explain_each`, of an image that belongs to no dataset: nothing is kept on disk."""
    asked = _ask(classifier, stored, image, "the file", choose_methods(methods), target)
    made = {a.method: a for a in _answer(classifier, asked, set(methods), no_progress)}
    return [made[name] for name in methods]


def _name_target(
    classifier: Classifier, image: NDArray[np.float32], target: str | int | Contrast | None
) -> str:
    if target is None:
        return predict_class(classifier, image)
    if isinstance(target, str):
        target = read_target(target, classifier.classes)
    return name_target(target, classifier.classes)


@dataclass(frozen=True, eq=False)
class _Asked:
    """One image and what is asked about it: its target by name, the methods and their keys."""

    image: NDArray[np.float32]
    image_id: str
    target: str
    methods: dict[str, Attribution]
    keys: dict[str, Key]


def _ask(
    classifier: Classifier,
    stored: StoredModel,
    image: NDArray[np.float32],
    image_id: str,
    methods: dict[str, Attribution],
    target: str | int | Contrast | None,
) -> _Asked:
    image = np.ascontiguousarray(image, dtype=np.float32)
    _check_finite(image, image_id)
    shared = {
        "model_sha256": stored.sha256,
        "image_id": image_id,
        "image_sha256": hashlib.sha256(image.tobytes()).hexdigest(),
        "target": _name_target(classifier, image, target),
    } | tell_background(classifier)
    keys = {
        name: shared | _tell_method(name, method, classifier) for name, method in methods.items()
    }
    return _Asked(image, image_id, shared["target"], methods, keys)


def _check_finite(image: NDArray[np.float32], image_id: str) -> None:
    strange = image.size - int(np.isfinite(image).sum())
    if strange:
        raise UnreadableFile(
            f"{strange} of {image.size} values of {image_id} are no finite numbers, so nothing "
            "about it can be explained; import the image anew or leave it out"
        )


def _tell_method(name: str, method: Attribution, classifier: Classifier) -> Key:
    """The method as it is defined and set; its first revision goes without saying."""
    told = {"method": name, "settings": _settle(method, classifier)}
    return told if method.revision == 1 else told | {"revision": method.revision}


def tell_background(classifier: Classifier) -> Key:
    """The digest of the images that a model is kept with, which maps may have been compared to."""
    background = getattr(classifier, "background", None)
    if background is None:
        return {}
    return {"background_sha256": hashlib.sha256(background.tobytes()).hexdigest()}


def _settle(method: Attribution, classifier: Classifier) -> dict[str, Any]:
    """The method's settings, the model's default layer by its name: it is no setting of the model.

    Another version of this project may choose another default.
    """
    settings = to_mapping(method)
    if "layer" in settings and settings["layer"] is None:
        settings["layer"] = cast(LayeredClassifier, classifier).layer
    return settings


def _answer(
    classifier: Classifier, asked: _Asked, names: set[str], progress: Progress
) -> Iterator[Explanation | Refusal]:
    """What these methods answer, those that share a pass first."""
    wanted = {name: method for name, method in asked.methods.items() if name in names}
    groups = [list(group) for group in group_by_passes(wanted)]
    for number, group in enumerate(groups):
        progress(number, len(groups), f"Explaining {asked.image_id}")
        within = _tell_within(progress, number, len(groups), asked.image_id)
        yield from _answer_group(classifier, asked, group, within)
    if groups:
        progress(len(groups), len(groups), f"Explaining {asked.image_id}")


def _tell_within(progress: Progress, number: int, total: int, image_id: str) -> Progress:
    """Progress within one of several pieces of work."""

    def tell(done: int, of: int, doing: str) -> None:
        progress(number, total, f"Explaining {image_id}: {doing}, {done} of {of}")

    return tell


def _answer_group(
    classifier: Classifier, asked: _Asked, names: list[str], progress: Progress
) -> Iterator[Explanation | Refusal]:
    """The maps of one pass; where one of its methods refuses, each is asked by itself."""
    try:
        answers = list(_explain_group(classifier, asked, names, progress))
    except BadModel as error:
        if len(names) == 1:
            yield Refusal(names[0], str(error), isinstance(error, UnfitNetwork))
            return
        for name in names:
            yield from _answer_group(classifier, asked, [name], progress)
        return
    yield from answers


def _explain_group(
    classifier: Classifier, asked: _Asked, names: list[str], progress: Progress
) -> Iterator[Explanation]:
    start = time.perf_counter()
    target = read_target(asked.target, classifier.classes)
    methods = {name: asked.methods[name] for name in names}
    with np.errstate(over="ignore", invalid="ignore"):  # a map that is not finite says so itself
        answers = attribute_together(classifier, asked.image[None], target, methods, progress)
    seconds = (time.perf_counter() - start) / len(names)
    shape = (asked.image.shape[0], asked.image.shape[1])
    for name in names:
        passes = methods[name].passes
        yield _to_explanation(asked.keys[name], answers[name], shape, seconds, passes)


def _all_explained(answers: Sequence[Explanation | Refusal]) -> list[Explanation]:
    for answer in answers:
        if isinstance(answer, Refusal):
            raise BadModel(answer.reason)
    return [answer for answer in answers if isinstance(answer, Explanation)]


def _to_explanation(
    key: Key, answer: Attributed, shape: tuple[int, int], seconds: float, passes: str
) -> Explanation:
    attribution = answer.maps[0]
    if not np.isfinite(attribution).all():
        raise BadModel(
            f"The {key['method']} map of {key['image_id']} is not finite; "
            "the model's weights hold values that are not numbers, or it goes beyond all bounds"
        )
    gaps = answer.completeness_gap
    gap = None if gaps is None or np.isnan(gaps[0]) else float(gaps[0])
    return Explanation(key, attribution, shape, round(seconds, 4), passes, gap, answer.note)
