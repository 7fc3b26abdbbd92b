"""What can be run from the Train page: the verbs, and what each asks beyond settings."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import streamlit as st

from mammo_core.paths import models_folder, state_folder
from mammo_ui import library

LEAVE_OUT = {"source": "Each source in turn", "manufacturer": "Each scanner in turn"}


@dataclass(frozen=True)
class Task:
    """Something that a form of settings can start.

    Attributes:
        verb: Of the command line.
        title: What a person calls it.
        says: What it finds out, in a sentence.
        stem: Of the names that are suggested.
        folder: Where its results lie, each in a folder named by the user.
        ask: Draws its own choices for a dataset and gives them as words of the command.
    """

    verb: str
    title: str
    says: str
    stem: str
    folder: Callable[[], Path]
    ask: Callable[[str], list[str]]


def experiments_folder() -> Path:
    """Where cross-validations and learning curves lie."""
    return state_folder() / "experiments"


def studies_folder() -> Path:
    """Where sweeps lie."""
    return state_folder() / "studies"


def _ask_nothing(dataset: str) -> list[str]:
    return []


def _ask_folds(dataset: str) -> list[str]:
    """How the images are dealt to folds."""
    index = library.require_dataset(dataset).index
    columns = [name for name in LEAVE_OUT if index[name].nunique() > 1]
    by = st.selectbox(
        "Left out",
        ["patients", *columns],
        format_func=lambda name: LEAVE_OUT.get(name, "Patients, in folds"),
        key="folds_by",
        help="What a part does not see while it learns, and is tested on.",
    )
    if by != "patients":
        return ["--leave-out", by]
    return ["--folds", str(st.number_input("Folds", 2, 20, 5, key="n_folds"))]


TASKS: dict[str, Task] = {
    task.verb: task
    for task in (
        Task("train", "Training", "Trains one model with the settings below.",
             "my-model", models_folder, _ask_nothing),
        Task("cross-validate", "Cross-validation",
             "Trains once for each part of the data and tests on the part left out.",
             "cross-validation", experiments_folder, _ask_folds),
    )
}  # fmt: skip


def suggest_name(task: Task, taken: frozenset[Path]) -> str:
    """The first of my-model, my-model-2, ... that no result and no job has.

    Args:
        task: Whose names are looked at.
        taken: The folders that jobs write into.
    """
    folder = task.folder()
    names = (f"{task.stem}-{n}" if n > 1 else task.stem for n in count(1))
    return next(
        name for name in names if not (folder / name).exists() and folder / name not in taken
    )
