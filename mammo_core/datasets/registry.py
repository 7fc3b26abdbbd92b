"""Which datasets this home knows: the sample, those under .mammo, and those indexed elsewhere."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammo_core.datasets.storage import CARD, INDEX, remove_index
from mammo_core.errors import MammoError
from mammo_core.paths import home, read_json, state_folder, write_json


@dataclass(frozen=True)
class KnownDataset:
    """A dataset as lists show it.

    Attributes:
        name: What `load_dataset` takes.
        path: Its folder.
        layout: The layout's key.
        synthetic: Whether its images were made rather than taken.
    """

    name: str
    path: Path
    layout: str
    synthetic: bool


def list_datasets() -> list[KnownDataset]:
    """The known datasets that are there, the sample first, then by when they were indexed."""
    found: dict[str, KnownDataset] = {}
    for path in _candidates():
        dataset = _describe(path)
        if dataset:
            found.setdefault(dataset.name, dataset)
    return list(found.values())


def known_datasets() -> dict[str, Path]:
    """Name to folder of `list_datasets`."""
    return {dataset.name: dataset.path for dataset in list_datasets()}


def register(path: Path) -> None:
    """Remember a dataset that lies where `list_datasets` would not look.

    Raises:
        MammoError: Where the home cannot be written.
    """
    registered = _registered()
    if path not in _candidates():
        write_json(_register_file(), [*map(str, registered), str(path)])


def is_removable(path: Path) -> bool:
    """Whether the list can lose the dataset in that folder; the shipped sample always stays."""
    return path.resolve() in [*_own_folders(), *_registered()]


def remove(path: Path) -> None:
    """Take a dataset off the list; one that lies under .mammo is deleted, but no source file is.

    What an archive was unpacked into goes with it.

    Raises:
        MammoError: Where it cannot be removed.
    """
    path = path.resolve()
    if path in _own_folders():
        remove_index(path)
    kept = [str(one) for one in _registered() if one != path]
    if _register_file().exists():
        write_json(_register_file(), kept)


def free_name(path: Path) -> str:
    """The folder's name, with a number where another known dataset has it already."""
    taken = {name for name, place in known_datasets().items() if place != path}
    names = [path.name, *(f"{path.name}-{n}" for n in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _candidates() -> list[Path]:
    return [(home() / "sample_data").resolve(), *_own_folders(), *_registered()]


def _own_folders() -> list[Path]:
    inside = state_folder() / "datasets"
    own = sorted(path for path in inside.iterdir() if path.is_dir()) if inside.is_dir() else []
    return [path.resolve() for path in own]


def _registered() -> list[Path]:
    """The paths noted in datasets.json; none where it is missing or damaged."""
    if not _register_file().exists():
        return []
    try:
        noted: Any = read_json(_register_file())
    except MammoError:
        return []
    return (
        [Path(path) for path in noted if isinstance(path, str)] if isinstance(noted, list) else []
    )


def _register_file() -> Path:
    return state_folder() / "datasets.json"


def _describe(path: Path) -> KnownDataset | None:
    if not (path / INDEX).is_file():
        return None
    try:
        card = read_json(path / CARD)
        synthetic = bool(card.get("synthetic", False))
        return KnownDataset(card["name"], path, card.get("layout", "unknown"), synthetic)
    except (MammoError, KeyError, TypeError, AttributeError):
        return None
