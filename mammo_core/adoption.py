"""Upkeep of models/: taking in a finished model folder from elsewhere, removing one."""

import shutil
import time
from pathlib import Path
from typing import Any

from mammo_core.errors import BadModel
from mammo_core.jobs import list_jobs
from mammo_core.locks import InUse, holding_where_possible
from mammo_core.model_card import write_card
from mammo_core.model_folders import adding, take_away
from mammo_core.model_store import StoredModel, file_sha256, read_model
from mammo_core.paths import REPOSITORY, models_folder, write_json
from mammo_core.wording import count

SHIPPED = ("demo", "demo-shortcut")
STILL_S = 120
"""A training that wrote nothing for so long is taken as stopped."""
LEFT_BEHIND = ("checkpoint*", "*.tmp", ".*", "parts", "trials")
"""What a finished model has no use for."""


def adopt_model(folder: str | Path, name: str) -> StoredModel:
    """Copy a finished model folder (a sweep's trial, a fold) into models/ under that name.

    Raises:
        BadModel: Where the folder holds no whole model, or a network that its card does not name.
        BadConfiguration: Where the name cannot be taken.
        MammoError: Where models/ cannot be written.
    """
    place = Path(folder).resolve()
    if not place.is_dir():
        raise BadModel(f"There is no folder {folder}; give a finished trial's or fold's folder")
    source = read_model(place)
    if file_sha256(source.file) != source.sha256:
        raise BadModel(
            f"{source.file} is not the file that its card describes (another SHA-256); "
            "train it anew"
        )
    with adding(name) as target:
        ignored = shutil.ignore_patterns(*LEFT_BEHIND)
        shutil.copytree(source.path, target, ignore=ignored, dirs_exist_ok=True)
        training = {**source.card["training"], "adopted_from": _tell_origin(source.path)}
        write_json(target / "model.json", {**source.card, "training": training})
        write_card(read_model(target))
    return read_model(models_folder() / name)


def remove_model(name: str) -> dict[str, Any]:
    """Delete models/NAME with its predictions and evaluations; finished or not.

    Returns:
        What was deleted, as `describe_removal` told it.

    Raises:
        BadModel: Where there is no such model, it ships with the app, or it is being trained.
        MammoError: Where a file of it cannot be deleted.
    """
    told = describe_removal(name)
    take_away(models_folder() / name)
    return told


def describe_removal(name: str) -> dict[str, Any]:
    """What `remove_model` would delete: model, files, bytes, and a sentence for a person.

    Raises:
        BadModel: As `remove_model`.
    """
    place = _check_removable(name)
    files = [path for path in place.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    tables = [path for path in files if path.suffix == ".parquet"]
    kept = f", {count(len(tables), 'prediction table')} among them" if tables else ""
    what = f"models/{name}: {count(len(files), 'file')}, {size / 1e6:.1f} MB{kept}"
    return {"model": name, "files": len(files), "bytes": size, "what": what}


def _check_removable(name: str) -> Path:
    """The folder, if it may go."""
    folders = {path.name: path for path in _list_folders()}
    if name not in folders:
        known = ", ".join(sorted(folders)) or "none"
        raise BadModel(f"Expected the name of a model in models/, got '{name}'; there are: {known}")
    place = folders[name]
    if name in SHIPPED and place.resolve().parent == (REPOSITORY / "models").resolve():
        raise BadModel(f"The model '{name}' ships with the app and stays")
    if _is_being_trained(place):
        raise BadModel(f"The model '{name}' is being trained; stop the training first")
    return place


def _list_folders() -> list[Path]:
    folder = models_folder()
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _is_being_trained(place: Path) -> bool:
    """Whether a job writes into the folder, or something wrote an unfinished training just now."""
    busy = (job for job in list_jobs() if job.status().state in ("running", "waiting"))
    if any(_names_folder(word, place) for job in busy for word in job.description["arguments"]):
        return True
    if _is_held(place):
        return True
    if (place / "model.json").exists():
        return False
    newest = max((path.stat().st_mtime for path in place.glob("*.*")), default=0.0)
    return time.time() - newest < STILL_S


def _is_held(place: Path) -> bool:
    """Whether a process of this home trains into it, however long its epochs take."""
    try:
        with holding_where_possible(place, patience_s=0.0):
            return False
    except InUse:
        return True


def _names_folder(word: str, place: Path) -> bool:
    return Path(word).name == place.name and (REPOSITORY / word).resolve() == place.resolve()


def _tell_origin(folder: Path) -> str:
    """The folder and the two above it, as "study/trials/12": no more of the machine's paths."""
    return "/".join(folder.parts[-3:])
