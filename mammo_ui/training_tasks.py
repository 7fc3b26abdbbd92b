"""What can be run from the Train page: the verbs, and what each asks beyond settings."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import streamlit as st

from mammo_core.experiments.record import experiments_folder
from mammo_core.paths import models_folder, state_folder
from mammo_core.studies import studies_folder
from mammo_ui import library
from mammo_ui.sweep_ranges import ask_sweep

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
        suffix: Of the results' name, where they are a file.
        ask: Draws its own choices for a dataset and gives them as words of the command.
    """

    verb: str
    title: str
    says: str
    stem: str
    folder: Callable[[], Path]
    ask: Callable[[str], list[str]]
    suffix: str = ""

    def place(self, name: str) -> Path:
        """Where the results of that name lie."""
        return self.folder() / f"{name}{self.suffix}"


def rates_folder() -> Path:
    """Where searches for a learning rate lie."""
    return state_folder() / "learning_rates"


def _ask_nothing(dataset: str) -> list[str]:
    return []


def _ask_folds(dataset: str) -> list[str]:
    """How the images are dealt to folds."""
    index = library.require_dataset(dataset).index
    columns = [name for name in LEAVE_OUT if index[name].nunique() > 1]
    left, right = st.columns(2)
    by = left.selectbox(
        "Left out",
        ["patients", *columns],
        format_func=lambda name: LEAVE_OUT.get(name, "Patients, in folds"),
        key="left_out",
        help="What a part does not see while it learns, and is tested on.",
    )
    words = ["--leave-out", by]
    if by == "patients":
        words = ["--folds", str(right.number_input("Folds", 2, 20, 5, key="n_folds"))]
    is_all = st.checkbox(
        "Test patients too",
        key="fold_all",
        help="Then nothing is left that no training ever saw. For data without other use.",
    )
    return [*words, "--all"] if is_all else words


def _ask_steps(dataset: str) -> list[str]:
    """How many batches to try."""
    steps = st.number_input("Batches to try", 20, 10_000, 100, key="rate_steps")
    return ["--steps", str(steps)]


def _ask_shares(dataset: str) -> list[str]:
    """Which shares of the training patients to train on."""
    left, right = st.columns([2, 1])
    shares = left.text_input(
        "Shares of the training patients", "0.1,0.25,0.5,1", key="curve_shares", max_chars=80,
        help="Each share's patients are within the next one's.",
    )  # fmt: skip
    repeats = right.number_input(
        "Repeats", 1, 20, 1, key="curve_repeats", help="Trainings of each share."
    )
    from mammo_core.experiments.shares import parse_learning_shares

    parse_learning_shares(shares)
    return ["--shares", shares, "--repeats", str(repeats)]


TASKS: dict[str, Task] = {
    task.verb: task
    for task in (
        Task("train", "Training", "Training: one model with the settings below.",
             "my-model", models_folder, _ask_nothing),
        Task("cross-validate", "Cross-validation",
             "Cross-validation: trains once for each part of the data, tests on the part left out.",
             "folds", experiments_folder, _ask_folds),
        Task("learning-curve", "Learning curve",
             "Learning curve: trains on growing shares, to see whether more patients still help.",
             "curve", experiments_folder, _ask_shares),
        Task("tune", "Sweep", "Sweep: many trainings in search of the best settings.",
             "study", studies_folder, ask_sweep),
        Task("learning-rate", "Learning-rate search",
             "Learning-rate search: raises the rate until the loss diverges, in about a minute.",
             "rates", rates_folder, _ask_steps, suffix=".json"),
    )
}  # fmt: skip


def suggest_name(task: Task, taken: frozenset[Path]) -> str:
    """The first of my-model, my-model-2, ... that no result and no job has.

    Args:
        task: Whose names are looked at.
        taken: The folders that jobs write into.
    """
    names = (f"{task.stem}-{n}" if n > 1 else task.stem for n in count(1))
    places = ((name, task.place(name)) for name in names)
    return next(name for name, place in places if not place.exists() and place not in taken)
