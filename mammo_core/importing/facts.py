"""What is told of a model that came from elsewhere: its card and what to be wary of."""

import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mammo_core import __version__
from mammo_core.config import to_mapping
from mammo_core.importing.cleaning import Entry, walk_layers
from mammo_core.importing.input_ranges import INPUT_RANGES
from mammo_core.importing.layers import AUGMENTATIONS, RESCALING
from mammo_core.importing.stored_weights import StoredArray
from mammo_core.preprocess import Preprocess

THRESHOLD = 0.5
UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Import:
    """What a user asks for.

    Attributes:
        file: The foreign model.
        classes: Names, mildest first; two for a single unit.
        size: (rows, columns), where the model takes any.
        preprocess: Fields of `Preprocess`; None takes the defaults at the model's size.
        input_range: A key of `INPUT_RANGES`.
    """

    file: Path
    classes: tuple[str, ...]
    size: tuple[int, int] | None = None
    preprocess: Mapping[str, Any] | None = None
    input_range: str = "0..1"


def write_facts(
    asked: Import,
    preprocess: Preprocess,
    *,
    file_format: str,
    input_shape: tuple[int, int, int],
    head: str,
    parameters: int,
    sha256: str,
) -> dict[str, Any]:
    """The content of model.json: all keys, what nobody knows called unknown."""
    return {
        "architecture": "imported",
        "classes": list(asked.classes),
        "input_shape": list(input_shape),
        "preprocessing": to_mapping(preprocess),
        "threshold": THRESHOLD,
        "training": {
            "imported": True,
            "file": asked.file.name,
            "format": file_format,
            "head": head,
            "input_range": asked.input_range,
            "parameters": parameters,
            "created": time.strftime("%Y-%m-%d"),
        },
        "dataset": {"name": UNKNOWN, "fingerprint": UNKNOWN},
        "seed": None,
        "versions": _versions(),
        "sha256": sha256,
    }


def list_warnings(
    asked: Import, entry: Entry, arrays: tuple[StoredArray, ...], head: str, n_broken: int
) -> list[str]:
    """What a user should know before believing the model, a sentence each.

    Args:
        asked: The file and what its user knows of it.
        entry: The cleaned configuration.
        arrays: The file's weights.
        head: How the output is read.
        n_broken: Weights that are NaN or infinite.
    """
    layers = walk_layers(entry)
    return [
        *_warn_of_preprocessing(asked),
        *_warn_of_range(asked, layers),
        *_warn_of_layers(layers),
        *_warn_of_weights(arrays, n_broken),
        *_warn_of_head(asked, head),
    ]


def _warn_of_preprocessing(asked: Import) -> Iterator[str]:
    if asked.preprocess is None:
        yield (
            "No --preprocess was given: images are cut to the breast, mirrored to have the chest "
            "wall left, windowed and padded, as models trained here; a network that was trained on "
            "images prepared otherwise will do worse than it could"
        )


def _warn_of_range(asked: Import, layers: list[Entry]) -> Iterator[str]:
    own = [layer for layer in layers if layer["class_name"] in RESCALING]
    if not own and asked.input_range == "0..1":
        yield (
            "The network gets values in [0, 1]; if it was trained on others, import it again with "
            f"--input-range {', '.join(name for name in INPUT_RANGES if name != '0..1')}"
        )
    elif own and asked.input_range == "0..1" and _takes_bytes(own[0]):
        yield (
            "The network's own first rescaling is made for values in [0, 255], and it gets [0, 1]: "
            "import it again with --input-range 0..255"
        )
    elif own:
        yield (
            f"The network rescales its input itself ({own[0]['class_name']}); see that "
            f"--input-range {asked.input_range} is what it expects before that"
        )


def _takes_bytes(layer: Entry) -> bool:
    """Whether a rescaling divides by a hundred or more."""
    scale = layer["config"].get("scale")
    numbers = scale if isinstance(scale, list) else [scale]
    return all(isinstance(number, float) and 0 < number < 0.01 for number in numbers)


def _warn_of_layers(layers: list[Entry]) -> Iterator[str]:
    changing = sorted({layer["class_name"] for layer in layers} & AUGMENTATIONS)
    if changing:
        yield f"It holds layers that change images in training only: {', '.join(changing)}"


def _warn_of_weights(arrays: tuple[StoredArray, ...], n_broken: int) -> Iterator[str]:
    if n_broken:
        yield (
            f"{n_broken:,} of its weights are no finite numbers: it answers, but most explanations "
            "of it cannot be had; ask for a file of the whole model"
        )
    widths = sorted({8 * array.bytes_each for array in arrays if array.kind == "f"} - {32})
    if widths:
        yield (
            f"Its weights were floats of {', '.join(map(str, widths))} bits; here they have 32, "
            "and so do its sums"
        )


def _warn_of_head(asked: Import, head: str) -> Iterator[str]:
    if head.startswith("one"):
        yield (
            f"Its single unit is taken as the probability of '{asked.classes[-1]}'; if it stands "
            f"for '{asked.classes[0]}', give the classes the other way round"
        )
    if head.endswith("logits"):
        yield "It gives scores without a final activation; softmax makes probabilities of them"


def _versions() -> dict[str, str]:
    own = {"python": platform.python_version(), "mammo_core": __version__}
    return own | {package: version(package) for package in ("tensorflow", "keras", "numpy")}
