"""Maps and overlays as files, for the images that a user names by path or by id."""

import difflib
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import METHODS, choose_methods
from mammo_core.attribution.method_settings import MethodSettings
from mammo_core.attribution.together import list_layered
from mammo_core.errors import BadConfiguration, BadDataset, BadModel, UnreadableFile
from mammo_core.explanation_folders import safe_name
from mammo_core.explanations import Explanation, explain_each
from mammo_core.gate import check
from mammo_core.map_on_air import find_air, share_on_air, tell_air
from mammo_core.model_input import ModelInput, input_of_case, input_of_file, shape_input
from mammo_core.model_store import StoredModel
from mammo_core.overlays import draw_overlay, encode_png, is_blank
from mammo_core.paths import writing
from mammo_core.pixels import cache_folder
from mammo_core.preparation import prepare_dataset
from mammo_core.synthetic_only import warn_of_asked
from mammo_core.targets import read_target
from mammo_core.types import Classifier, Progress, no_progress

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

OPACITY = 0.6
SAYS_NOTHING = "the map is the same everywhere, so it says nothing and nothing is drawn"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NamedImage:
    """An image that someone asked for.

    Attributes:
        image_id: Its id in the dataset, or the name of its file without the ending.
        path: The file.
        is_in_dataset: Whether it was asked for by id.
    """

    image_id: str
    path: Path
    is_in_dataset: bool


def read_method_names(
    text: str, layers: Sequence[str] = (), settings: MethodSettings = MappingProxyType({})
) -> list[str]:
    """["grad_cam", "saliency"] from "grad_cam,saliency"; from "all" those that can be asked so.

    Raises:
        BadConfiguration: Where there is none, an unknown one, or one that cannot look into the
            layers or have the settings that are given.
    """
    every = list_layered(METHODS) if layers else list(METHODS)
    words = every if text == "all" else _split(text)
    names = list(choose_methods(words, layers, settings))
    if not names:
        raise BadConfiguration(f"Expected methods such as {','.join(METHODS)}, got none")
    return names


def read_layers(text: str | None) -> tuple[str, ...]:
    """("conv2", "conv3") from "conv2,conv3"; none where nothing is given.

    Raises:
        BadConfiguration: Where something is given that names no layer.
    """
    layers = tuple(_split(text or ""))
    if text is not None and not layers:
        raise BadConfiguration(f"Expected layers such as conv2,conv3, got '{text}'")
    return layers


def _split(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def check_question(stored: StoredModel, target: str | None) -> None:
    """See that the model knows the class and takes what its preprocessing gives.

    Raises:
        BadConfiguration: For an unknown class.
        BadModel: Where the preprocessing gives images of another size.
    """
    if target is not None:
        _check_target(target, stored.classes)
    rows, columns = stored.preprocess.size
    if (rows, columns * max(1, len(stored.views))) != stored.input_shape[:2]:
        raise BadModel(
            f"The model {stored.id} takes images of {stored.input_shape[:2]} pixels, but its "
            f"preprocessing gives {stored.preprocess.size}; train or import it again"
        )


def _check_target(target: str, classes: tuple[str, ...]) -> None:
    try:
        read_target(target, classes)
    except ValueError as error:
        raise BadConfiguration(
            f"{error}; 'malignant vs benign' explains what tells two classes apart"
        ) from None


def find_images(words: Iterable[str], dataset: "Dataset | None") -> list[NamedImage]:
    """The images behind paths and ids, in their order.

    Raises:
        BadDataset: For a word that is neither; tells the closest ids.
        BadConfiguration: Where two words lead to one name, whose files would overwrite each other.
    """
    found: dict[str, NamedImage] = {}
    for word in words:
        image = _find_image(word, dataset)
        if image.image_id in found:
            raise BadConfiguration(
                f"Expected images of different names, got '{image.image_id}' twice; "
                "explain them in two runs"
            )
        found[image.image_id] = image
    return list(found.values())


def refuse_strangers(images: Iterable[NamedImage]) -> None:
    """See that every file is a mammogram; images of a dataset were judged when it was made.

    Raises:
        UnreadableFile: For a file that the gate refuses; says why.
    """
    for image in images:
        if image.is_in_dataset:
            continue
        verdict = check(image.path)
        if verdict.verdict == "refuse":
            raise UnreadableFile(
                f"{image.path} is no mammogram: {'; '.join(verdict.reasons)} "
                "(--anyway takes it all the same where its pixels can be read)"
            )
        if verdict.verdict == "ask":
            logger.warning("%s may be no mammogram: %s", image.path, "; ".join(verdict.reasons))


def warn_of_images(
    stored: StoredModel, images: Iterable[NamedImage], dataset: "Dataset | None"
) -> list[str]:
    """What to know of them before believing what the model says, without last dots."""
    images = list(images)
    files = [image.path for image in images if not image.is_in_dataset]
    return warn_of_asked(stored, files, None if len(files) == len(images) else dataset)


def explain_to_files(
    stored: StoredModel,
    classifier: Classifier,
    images: list[NamedImage],
    methods: list[str],
    target: str | None,
    out: Path,
    *,
    layers: Sequence[str] = (),
    settings: MethodSettings = MappingProxyType({}),
    dataset: "Dataset | None" = None,
    progress: Progress = no_progress,
) -> dict[str, list[dict[str, Any]]]:
    """Write each image's maps and overlays into `out` and tell of each map and each refusal.

    A map is on the grid of the model's input, which may be mirrored; its overlay is the asked
    image's part of that, the file's way round.

    Returns:
        "maps", and "refused": the image, the method and the reason of each map that there is not.

    Raises:
        BadModel: Where no method can explain the first image; says why one of them cannot.
        UnreadableFile: Where an image cannot be read.
    """
    maps, refused = [], []
    for image_id, given in prepare_inputs(images, stored, dataset, progress):
        pixels = given.image
        air = find_air(pixels[..., 0], max(1, len(stored.views)))
        answers = explain_each(
            classifier,
            stored,
            pixels,
            image_id,
            methods,
            target,
            layers=layers,
            settings=settings,
            progress=progress,
        )
        for answer in answers:
            if isinstance(answer, Explanation):
                maps.append(_write_files(answer, given, air, out))
            else:
                refused.append({"image_id": image_id, **asdict(answer)})
        if not maps:
            raise BadModel(refused[0]["reason"])
    for one in refused:
        logger.warning("No map of %s by %s: %s", one["image_id"], one["method"], one["reason"])
    return {"maps": maps, "refused": refused}


def _find_image(word: str, dataset: "Dataset | None") -> NamedImage:
    if dataset is not None and word in set(dataset.index["image_id"]):
        return NamedImage(word, dataset.file_of(word), is_in_dataset=True)
    if Path(word).is_file():
        return NamedImage(Path(word).stem, Path(word), is_in_dataset=False)
    if dataset is None:
        raise BadDataset(
            f"'{word}' is no file; to explain an image by its id, name its dataset with --dataset"
        )
    ids = [str(image_id) for image_id in dataset.index["image_id"]]
    near = difflib.get_close_matches(word, ids, n=3, cutoff=0.3) or ids[:3]
    raise BadDataset(
        f"'{word}' is neither a file nor an image of the dataset {dataset.name}, "
        f"whose ids look like {', '.join(near)}"
    )


def input_of(image: NamedImage, stored: StoredModel, dataset: "Dataset | None") -> ModelInput:
    """What the model is given of an image, beside its breast's other view where the data have it.

    Raises:
        UnreadableFile: Where a file cannot be read.
    """
    if dataset is not None and image.is_in_dataset:
        return input_of_case(stored, dataset, image.image_id)
    return input_of_file(stored, image.path)


def prepare_inputs(
    images: list[NamedImage],
    stored: StoredModel,
    dataset: "Dataset | None",
    progress: Progress,
) -> Iterator[tuple[str, ModelInput]]:
    """(image id, what the model is given) one at a time; cached pixels where they are there."""
    cache = None
    if dataset is not None and any(image.is_in_dataset for image in images):
        folder = cache_folder(dataset.fingerprint, stored.preprocess)
        if not stored.views and (folder / "cache.json").is_file():
            _, cache = prepare_dataset(dataset, stored.preprocess, progress=progress)
    for image in images:
        if cache is not None and image.is_in_dataset:
            gray = cache.images([image.image_id])[0, ..., 0]
            place = cache.placements[cache.positions([image.image_id])[0]]
            yield image.image_id, ModelInput(shape_input(stored, gray), place)
        else:
            yield image.image_id, input_of(image, stored, dataset)


def _tell_fault(attribution: NDArray[np.float32], on_air: str | None) -> str | None:
    return SAYS_NOTHING if is_blank(attribution) else on_air


def _write_files(
    explanation: Explanation, given: ModelInput, air: NDArray[np.bool_], out: Path
) -> dict[str, Any]:
    attribution = explanation.upsample()
    method = METHODS[explanation.method]
    on_air = share_on_air(attribution, air)
    warning = _tell_fault(attribution, tell_air(on_air, air) if method.access == "layer" else None)
    if warning is not None:
        logger.warning("%s of %s: %s", method.title, explanation.image_id, warning)
    stem = out / f"{safe_name(explanation.image_id)}.{explanation.method}"
    facts = json.dumps({**explanation.key, "completeness_gap": explanation.completeness_gap})
    map_file, picture_file = (stem.with_name(stem.name + end) for end in (".npz", ".png"))
    with writing(map_file) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, attribution=attribution, facts=np.array(facts))
    picture, drawn = given.cut_own(given.image[..., 0]), given.cut_own(attribution)
    overlay = draw_overlay(picture, drawn, signed=method.signed, opacity=OPACITY)
    with writing(picture_file) as temporary:
        temporary.write_bytes(encode_png(overlay))
    return {
        "image_id": explanation.image_id,
        "method": explanation.method,
        "target": explanation.target,
        "seconds": explanation.seconds,
        "completeness_gap": explanation.completeness_gap,
        "on_air": None if on_air is None else round(on_air, 4),
        "note": "; ".join(words for words in (explanation.note, warning) if words),
        "file": str(map_file),
        "overlay": str(picture_file),
    }
