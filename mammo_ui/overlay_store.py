"""Where the worker leaves the pictures of explanations and the pages find them."""

import hashlib
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.config import fingerprint
from mammo_core.paths import read_json, state_folder, write_json, writing
from mammo_ui.map_numbers import MapFrame, read_frame

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.model_store import StoredModel


DRAWING = 3
"""Counts the ways in which maps were drawn; pictures of an earlier way are drawn anew."""


@dataclass(frozen=True)
class DrawnExplanation:
    """What a page says under a map.

    Attributes:
        method: A key of `METHODS`.
        target: The class that is explained.
        seconds: What computing took.
        completeness_gap: Share of the score that the map misses; None where nothing is promised.
        is_blank: Whether the map says nothing, so that nothing is drawn.
        frame: How the map's numbers are to be drawn, None where nothing is.
        note: What the method says of its own map.
        refusal: Why the method cannot explain the model; empty where it can.
    """

    method: str
    target: str
    seconds: float
    completeness_gap: float | None
    is_blank: bool
    frame: MapFrame | None = None
    note: str = ""
    refusal: str = ""


def overlay_path(
    model: "StoredModel", dataset: "Dataset", image_id: str, method: str, target: str
) -> Path:
    """Where the picture of an explanation lies; every part of the path is a digest."""
    image = _digest(f"{dataset.fingerprint}/{image_id}")
    name = f"{_digest(f'{DRAWING}/{method}/{_settings(method)}/{target}')}.png"
    return state_folder() / "overlays" / _digest(model.sha256) / image / name


def read_drawn(
    model: "StoredModel", dataset: "Dataset", image_id: str, method: str, target: str
) -> DrawnExplanation | None:
    """The facts of an explanation that was drawn before, None where it was not."""
    path = overlay_path(model, dataset, image_id, method, target)
    facts = path.with_suffix(".json")
    if not path.is_file() or not facts.is_file():
        return None
    content = read_json(facts)
    framed = {"frame": read_frame(content["frame"])} if content["frame"] else {}
    return DrawnExplanation(**content | framed)


def write_drawn(path: Path, facts: DrawnExplanation, numbers: bytes, picture: bytes) -> None:
    """Leave what was drawn at the `overlay_path` of its picture; the facts last, once all is there.

    Raises:
        MammoError: Where the disk is full or cannot be written.
    """
    for part, content in ((numbers_path(path), numbers), (path, picture)):
        with writing(part) as temporary:
            temporary.write_bytes(content)
    write_json(path.with_suffix(".json"), asdict(facts))


def numbers_path(picture: Path) -> Path:
    """Where the numbers of a map lie, beside its picture."""
    return picture.with_suffix(".map")


@cache
def _settings(method: str) -> str:
    """What tells a method's own settings from others."""
    from mammo_core.attribution import METHODS

    return fingerprint(METHODS[method]())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]
