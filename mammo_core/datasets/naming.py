"""Names of classes, views, sides and splits, as folders and tables spell them."""

import re
from collections.abc import Iterable

SEVERITY = {
    "normal": 0,
    "healthy": 0,
    "negative": 0,
    "no_cancer": 0,
    "benign": 1,
    "malignant": 3,
    "cancer": 3,
    "positive": 3,
}
"""How grave the known classes are; a class that isn't known stands between, by its name."""
UNKNOWN_SEVERITY = 2

SPLITS = ("train", "val", "test")
SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
LATERALITY_WORDS = {"l": "L", "left": "L", "r": "R", "right": "R"}
VIEWS = ("CC", "MLO", "ML", "LM", "LMO", "XCCL", "XCCM", "FB", "SIO", "ISO", "AT", "CV")
DENSITY_WORDS = {"a": "a", "b": "b", "c": "c", "d": "d", "1": "a", "2": "b", "3": "c", "4": "d"}
"""BI-RADS 5th edition's letters, and the 4th edition's numbers for the same four grades."""

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".pgm", ".tif", ".tiff")
IMAGE_SUFFIXES = (*PICTURE_SUFFIXES, ".dcm", ".dicom", ".dic", "")
"""What an image file may end with; DICOM files often end with nothing."""


def tidy_label(text: str) -> str:
    """The label without surrounding blanks; a known class in lower case."""
    label = text.strip()
    return label.lower() if label.lower() in SEVERITY else label


def order_classes(labels: Iterable[str]) -> tuple[str, ...]:
    """The distinct labels, mildest first: known ones by severity, others by name."""
    return tuple(sorted(set(labels), key=lambda name: (severity(name), name)))


def severity(label: str) -> int:
    """How grave a class is, from 0 (normal) to 3 (malignant)."""
    return SEVERITY.get(label, UNKNOWN_SEVERITY)


def tidy_view(text: str | None) -> str | None:
    """The view as the index spells it, None where it is none that is known."""
    view = (text or "").strip().upper()
    return view if view in VIEWS else None


def tidy_laterality(text: str | None) -> str | None:
    """The side as "L" or "R", None where the text tells none."""
    return LATERALITY_WORDS.get((text or "").strip().lower())


def safe_name(text: str) -> str:
    """The text as an image id: letters, digits, dot, dash and underscore; no leading dot."""
    return re.sub(r"[^\w.-]+", "_", text.strip()).lstrip(".") or "image"
