"""Explanations of single images on disk, kept by what they were made of."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import upsample as upsample_maps
from mammo_core.config import fingerprint
from mammo_core.explanation_folders import explanations_folder, safe_name
from mammo_core.paths import DAMAGED_ARRAYS, writing

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
        note: What the method says of its own map, the quality of a fit for instance; often empty.
    """

    key: Key
    attribution: NDArray[np.float32]
    shape: tuple[int, int]
    seconds: float
    passes: str
    completeness_gap: float | None = None
    note: str = ""

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
        "note": explanation.note,
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
        return Explanation(attribution=attribution, **facts | {"shape": tuple(facts["shape"])})
    except DAMAGED_ARRAYS as error:
        logger.warning("A kept explanation is damaged and is made again: %s", type(error).__name__)
        return None


def explanation_path(key: Key) -> Path:
    """Where the explanation with that key lies; no part of the key can lead out of the folder."""
    settings = fingerprint(key["settings"])
    name = f"{safe_name(key['method'])}-{settings}-{safe_name(key['target'])}.npz"
    return explanations_folder(key["model_sha256"]) / safe_name(key["image_id"]) / name
