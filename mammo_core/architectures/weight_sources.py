"""Which file a network's first weights come from: ImageNet's, one of the user's, another model's.

Nothing here loads a framework or the weights, so that a wrong word is told before any work.
"""

import hashlib
import os
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from mammo_core.architectures import ARCHITECTURES, PublishedWeights, find_imagenet
from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.model_store import StoredModel, find_model
from mammo_core.paths import writing
from mammo_core.types import Progress, no_progress

SUFFIXES = (".h5", ".keras")
TIMEOUT_S = 5.0
CHUNK = 2**20


@dataclass(frozen=True)
class WeightSource:
    """A file of weights and what is known of it.

    Attributes:
        word: The setting that led to it.
        file: Where it lies.
        classes: Of the model that it belongs to; None where no card tells.
        model: That model.
    """

    word: str
    file: Path
    classes: tuple[str, ...] | None = None
    model: StoredModel | None = None


def find_weights(
    word: str, architecture: str, *, progress: Progress = no_progress
) -> WeightSource | None:
    """The file that the setting `weights` means for that architecture; None for "none".

    ImageNet's weights are taken from Keras's cache, and fetched into it where they are missing.

    Args:
        word: "none", "imagenet", a file of Keras weights, or a model's id or folder.
        architecture: A name of `ARCHITECTURES`.
        progress: Told while a file is fetched.

    Raises:
        BadConfiguration: Where there is no such file or model, the model has another
            architecture, or ImageNet's weights exist neither here nor in reach.
    """
    if word == "none":
        return None
    if word == "imagenet":
        return WeightSource(word, _find_imagenet(architecture, progress))
    if Path(word).suffix in SUFFIXES:
        if not Path(word).is_file():
            raise BadConfiguration(f"Setting 'weights' names a file that is not there: {word}")
        return WeightSource(word, Path(word).resolve())
    return _find_model(word, architecture)


def keras_cache() -> Path:
    """The folder in which Keras keeps the weights that it fetched."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"


def _find_model(word: str, architecture: str) -> WeightSource:
    try:
        model = find_model(word)
    except BadModel as error:
        raise BadConfiguration(
            "Setting 'weights' must be none, imagenet, a weights file "
            f"({' or '.join(SUFFIXES)}) or a model, got '{word}': {error}"
        ) from error
    _check_same(model, architecture)
    return WeightSource(word, model.file, model.classes, model)


def _check_same(model: StoredModel, architecture: str) -> None:
    own = model.card["architecture"]
    if own not in (architecture, ARCHITECTURES[architecture].trunk):
        raise BadConfiguration(
            f"Setting 'weights' must be a model of architecture={architecture}, got '{model.id}', "
            f"which is a {own}; choose architecture={own} or other weights"
        )


def _find_imagenet(architecture: str, progress: Progress) -> Path:
    published = find_imagenet(architecture)
    path = keras_cache() / published.name
    if not path.is_file():
        _fetch(published, path, progress)
    return path


def _fetch(published: PublishedWeights, path: Path, progress: Progress) -> None:
    """Bring the file from where keras.applications has it.

    Raises:
        BadConfiguration: Where that cannot be reached within seconds; says what to bring instead.
    """
    try:
        with urllib.request.urlopen(published.url, timeout=TIMEOUT_S) as response:
            total = int(response.headers.get("Content-Length") or 0)
            content = bytearray()
            while chunk := response.read(CHUNK):
                content += chunk
                progress(len(content), max(total, len(content)), "Fetching ImageNet weights")
    except OSError as error:
        raise BadConfiguration(
            f"Setting 'weights' is imagenet, but {published.name} is not in {path.parent} and "
            f"cannot be fetched ({getattr(error, 'reason', error)}); bring that file from "
            f"{published.url} and put it there, or give its path as weights=PATH"
        ) from error
    _check_digest(bytes(content), published)
    with writing(path) as temporary:
        temporary.write_bytes(content)


def _check_digest(content: bytes, published: PublishedWeights) -> None:
    algorithm = "md5" if len(published.digest) == 32 else "sha256"
    if hashlib.new(algorithm, content, usedforsecurity=False).hexdigest() != published.digest:
        raise BadConfiguration(
            f"Setting 'weights' is imagenet, but what {published.url} sent is not the published "
            f"file (another {algorithm.upper()}); bring {published.name} from elsewhere and give "
            "its path as weights=PATH"
        )
