"""Sets of images that were picked by hand or by a comparison, kept under a short key.

An address has no room for a thousand image ids; it holds the key.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mammo_core.errors import MammoError
from mammo_core.paths import read_json, state_folder, write_json

KEY = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class ImageSet:
    """Images with what they have in common.

    Attributes:
        title: A few words, such as "A right, B wrong".
        image_ids: Each once, ascending.
    """

    title: str
    image_ids: tuple[str, ...]


def keep_set(title: str, image_ids: Iterable[str]) -> str:
    """Keep a set and return its key; the same title and images have the same key.

    Raises:
        MammoError: Where it cannot be written.
    """
    content = {"title": title, "image_ids": sorted(set(image_ids))}
    key = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
    path = state_folder() / "image_sets" / f"{key}.json"
    if not path.is_file():
        write_json(path, content)
    return key


def read_set(key: str) -> ImageSet | None:
    """The set of that key; None where there is none, or the key is none."""
    if not KEY.fullmatch(key):
        return None
    try:
        content = read_json(state_folder() / "image_sets" / f"{key}.json")
        return ImageSet(str(content["title"]), tuple(map(str, content["image_ids"])))
    except (MammoError, KeyError, TypeError):
        return None
