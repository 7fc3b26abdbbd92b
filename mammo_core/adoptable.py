"""Finished models that lie outside of models/: the trials of sweeps, the folds of experiments."""

from pathlib import Path

from mammo_core.paths import state_folder
from mammo_core.run import Run
from mammo_core.run_reading import read_run

PLACES = ("studies/*/trials", "experiments/*/parts")
"""Folders of the state folder whose subfolders are model folders."""


def list_adoptable() -> list[Run]:
    """The whole models among trials and folds, a study or experiment at a time."""
    folders = [
        folder
        for place in PLACES
        for parent in sorted(state_folder().glob(place))
        for folder in sorted(parent.iterdir(), key=_by_number)
        if (folder / "model.json").is_file()
    ]
    return [run for run in map(read_run, folders) if run.is_whole]


def name_origin(folder: Path) -> str:
    """Where such a model comes from, as "study, trial 7"."""
    kind = folder.parent.name.removesuffix("s")
    return f"{folder.parents[1].name}, {kind} {folder.name}"


def _by_number(folder: Path) -> tuple[int, str]:
    """Trial 2 before trial 10."""
    return (int(folder.name) if folder.name.isdecimal() else -1), folder.name
