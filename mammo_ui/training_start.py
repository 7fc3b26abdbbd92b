"""From the choices of the Train page's form to a job in the queue, checked before anything runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.config import read_settings, to_text
from mammo_core.errors import BadConfiguration, MammoError
from mammo_core.jobs import Job, find_lane, start_job
from mammo_core.training.configuration import TrainingConfiguration
from mammo_ui import library, training_data
from mammo_ui.names import checked_name
from mammo_ui.sweep_ranges import varied_keys
from mammo_ui.training_jobs import is_active, result_folder, training_jobs
from mammo_ui.training_tasks import Task

if TYPE_CHECKING:
    from mammo_core.training.plan import Plan


def read_values(dataset: str, values: Mapping[str, Any]) -> TrainingConfiguration:
    """The configuration that these values make, fit for that dataset.

    Raises:
        BadConfiguration: For the first value that cannot be used; the message names its key.
    """
    from mammo_core.training.advice import check_fit
    from mammo_core.training.obstacles import check_memory

    texts = {key: to_text(value) for key, value in values.items()}
    config = read_settings(TrainingConfiguration, texts)
    check_fit(training_data.facts_of(dataset), config)
    check_memory(config)
    return config


def start_task(
    task: Task, dataset: str, name: str, config: TrainingConfiguration, words: Sequence[str]
) -> Job:
    """Put the task into the queue of trainings.

    Args:
        task: What to run.
        dataset: The dataset's name.
        name: Of the folder for the results.
        config: The settings.
        words: The task's own words.

    Raises:
        MammoError: For a name or dataset that cannot be used.
    """
    out = check_name(task, dataset, name, config)
    folder = str(library.dataset_path(dataset))
    arguments = [
        task.verb,
        folder,
        "--out",
        str(out),
        *words,
        *settings_words(config, varied_keys(words)),
    ]
    name = name.strip()
    title = f"{task.title}: {name}" if task.verb != "train" else f"Train {name}"
    return start_job(title, arguments, lane=find_lane(arguments))


def check_name(task: Task, dataset: str, name: str, config: TrainingConfiguration) -> Path:
    """Where the results of that name will lie.

    Raises:
        BadConfiguration: For a name that is malformed or taken.
    """
    from mammo_core.training.plan import plan_training

    out = task.place(checked_name(name))
    if task.verb == "train" and out.exists():
        check_free(out, plan_training(library.require_dataset(dataset), config))
    else:
        check_unused(out)
    return out


def settings_words(
    config: TrainingConfiguration, varied: frozenset[str] = frozenset()
) -> list[str]:
    """The settings that differ from the usual ones, as words of a command; none that vary."""
    usual = TrainingConfiguration()
    texts = {
        key: to_text(value)
        for key, value in vars(config).items()
        if key not in varied and (value != getattr(usual, key) or key == "recipe")
    }
    return [word for key, text in texts.items() for word in ("--set", f"{key}={text}")]


def check_free(out: Path, plan: "Plan") -> None:
    """Refuse a folder that holds anything but an unfinished training of this very plan.

    Raises:
        BadConfiguration: For a finished model, a training under way, other settings or content.
    """
    from mammo_core.training.plan import check_folder

    if (out / "model.json").exists():
        raise BadConfiguration(f"The name {out.name} is taken; choose another")
    _check_no_job(out)
    try:
        check_folder(out, plan)
    except MammoError as error:
        raise BadConfiguration(
            f"The name {out.name} is taken; choose another. An unfinished training goes on only "
            "with the data and settings that it began with"
        ) from error


def check_unused(out: Path) -> None:
    """Refuse a folder that exists or is about to.

    Raises:
        BadConfiguration: Naming it.
    """
    _check_no_job(out)
    if out.exists():
        raise BadConfiguration(
            f"The name {out.name} is taken; choose another, or resume its job below"
        )


def _check_no_job(out: Path) -> None:
    if any(result_folder(job) == out and is_active(job) for job in training_jobs()):
        raise BadConfiguration(f"The name {out.name} is taken by a training that runs now")
