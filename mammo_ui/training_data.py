"""What the Train page asks of a dataset: can it be trained on, and what to begin with."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.errors import MammoError
from mammo_core.wording import count
from mammo_ui import library

if TYPE_CHECKING:
    from mammo_core.training.advice import Facts, Suggestion


def trainable_datasets() -> list[str]:
    """The datasets that hold training images."""
    return [name for name in library.dataset_names() if _has_training_images(name)]


def describe_unlisted(listed: Sequence[str]) -> str:
    """Which datasets cannot be trained on and why, in a line; empty where all can.

    Args:
        listed: Those that can.
    """
    reasons = {name: _find_lack(name) for name in library.dataset_names() if name not in listed}
    told = ", ".join(f"{name} ({reason})" for name, reason in reasons.items())
    return f"Not listed: {told}." if told else ""


def _find_lack(name: str) -> str:
    """What a dataset without training images lacks."""
    try:
        index = library.require_dataset(name).index
    except (MammoError, OSError):
        return "damaged"
    if not index["label"].notna().any():
        return "no labels"
    return "no training images" if (index["split"] == "val").any() else "test images alone"


def _has_training_images(name: str) -> bool:
    try:
        folder = library.dataset_path(name)
        return _knows_training_images(folder, library.version_of_dataset(folder))
    except (MammoError, OSError):
        return False  # a damaged dataset is told of where it is chosen in the sidebar


@lru_cache(maxsize=64)
def _knows_training_images(folder: Path, version: int) -> bool:
    index = library.read_dataset(folder, version).index
    return bool((index["split"] == "train").any())


def suggestion_for(name: str) -> "Suggestion":
    """The settings to begin with on that dataset.

    Raises:
        MammoError: Where it is gone or damaged.
    """
    library.require_dataset(name)
    folder = library.dataset_path(name)
    return _suggest(folder, library.version_of_dataset(folder))


@lru_cache(maxsize=16)
def _suggest(folder: Path, version: int) -> "Suggestion":
    from mammo_core.training.advice import suggest_settings

    return suggest_settings(library.read_dataset(folder, version))


def facts_of(name: str) -> "Facts":
    """What the rules of advice know of that dataset."""
    folder = library.dataset_path(name)
    return _gather(folder, library.version_of_dataset(folder))


@lru_cache(maxsize=16)
def _gather(folder: Path, version: int) -> "Facts":
    from mammo_core.training.advice import gather_facts

    return gather_facts(library.read_dataset(folder, version))


def describe_splits(name: str) -> str:
    """How many images train and validate, in a line."""
    facts = facts_of(name)
    shares = ", ".join(f"{n:,} {label}" for label, n in facts.train.items())
    n_val = sum(facts.val.values())
    return (
        f"{count(facts.n_train, 'image')} to train ({shares}), {n_val:,} to validate, no patient "
        "in both; test images stay unseen"
    )
