"""Where the worker leaves what a model said of an erased image, and the Erase tab finds it."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from mammo_core.paths import read_kept_json, state_folder, write_json, writing
from mammo_ui.overlay_store import Subject, overlay_path

ERASING = 1
"""Counts the ways in which regions were erased; answers of an earlier way are not shown."""
PICTURES = ("before", "after", "random")


@dataclass(frozen=True)
class Erasing:
    """What is erased, and what stands in for it.

    Attributes:
        region: As `read_region` reads it.
        fill: A key of `FILLS`.
    """

    region: str
    fill: str


@dataclass(frozen=True)
class ErasedCase:
    """What the model said.

    Attributes:
        answer: The numbers, as the verb `erase` tells them.
        before: A PNG of what the model is given, the region outlined.
        after: A PNG of the same with the region erased.
        random: A PNG of the same with the random regions outlined.
    """

    answer: dict[str, Any]
    before: bytes
    after: bytes
    random: bytes


def read_erased(subject: Subject, erasing: Erasing) -> ErasedCase | None:
    """What the model said when that was erased before, None where it was not."""
    facts = _path(subject, erasing)
    content = read_kept_json(facts)
    if content is None:
        return None
    pictures = {name: facts.with_suffix(f".{name}.png").read_bytes() for name in PICTURES}
    return ErasedCase(content, **pictures)


def write_erased(subject: Subject, erasing: Erasing, erased: ErasedCase) -> None:
    """Leave what the model said; the facts last, once all is there.

    Raises:
        MammoError: Where the disk is full or cannot be written.
    """
    facts = _path(subject, erasing)
    for name in PICTURES:
        with writing(facts.with_suffix(f".{name}.png")) as temporary:
            temporary.write_bytes(getattr(erased, name))
    write_json(facts, erased.answer)


def _path(subject: Subject, erasing: Erasing) -> Path:
    """Every part of the path is a digest; a map's top area is that of this very map."""
    kind, _, rest = erasing.region.partition(":")
    of_map = str(overlay_path(subject, rest.split(":")[0])) if kind == "top" else ""
    image = f"{subject.dataset.fingerprint}/{subject.image_id}"
    asked = f"{ERASING}/{erasing.region}/{erasing.fill}/{subject.target}/{of_map}"
    folder = state_folder() / "erased" / _digest(subject.model.sha256) / _digest(image)
    return folder / f"{_digest(asked)}.json"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:20]
