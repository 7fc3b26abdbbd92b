"""Where explanations lie on disk; light, so that a page can look whether there are any."""

import hashlib
import re
from pathlib import Path

from mammo_core.paths import state_folder

PLAIN_NAME = re.compile(
    r"(?!(con|prn|aux|nul|com\d|lpt\d)(\.|$))[a-z0-9_][a-z0-9_.-]{0,78}(?<!\.)", re.IGNORECASE
)
"""What is a file name on every system; Windows reserves some words and drops a final dot."""


def explanations_folder(model_sha256: str) -> Path:
    """Where a model's explanations lie, a folder an image, named by `safe_name` of its id."""
    return state_folder() / "explanations" / safe_name(model_sha256[:16])


def safe_name(text: str) -> str:
    """The text itself where it is a plain file name, else a readable part of it and a digest."""
    if PLAIN_NAME.fullmatch(text):
        return text
    readable = re.sub(r"[^A-Za-z0-9_-]+", "_", text)[:40]
    return f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
