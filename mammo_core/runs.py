"""All runs in models/: whole models, unfinished trainings, damaged folders."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mammo_core import jobs
from mammo_core.errors import BadModel
from mammo_core.paths import models_folder
from mammo_core.run import Run, RunState
from mammo_core.run_reading import read_run


def list_runs() -> list[Run]:
    """All runs of models/, by name: whole models, unfinished trainings and damaged folders."""
    folder = models_folder()
    if not folder.is_dir():
        return []
    found = [read_run(path.resolve()) for path in sorted(folder.iterdir()) if _is_run(path)]
    at_work = {} if all(run.is_whole for run in found) else _states_of_jobs()
    return [_put_to_work(run, at_work) for run in found]


def find_runs(names: list[str]) -> list[Run]:
    """The runs of those names, in their order.

    Raises:
        BadModel: For a name that is none; names those there are.
    """
    runs = {run.name: run for run in list_runs()}
    for name in names:
        if name not in runs:
            known = ", ".join(runs) or "none yet"
            raise BadModel(f"No run '{name}': expected one of: {known}")
    return [runs[name] for name in names]


def _put_to_work(run: Run, at_work: Mapping[Path, RunState]) -> Run:
    """The run in the state of the job that writes it; one that just began may lack every part."""
    if run.is_whole or run.path not in at_work:
        return run
    return replace(run, state=at_work[run.path], fault="")


def _states_of_jobs() -> dict[Path, RunState]:
    """Folders of models that a training is at work on, or waits to be."""
    states: dict[Path, RunState] = {}
    for job in jobs.list_jobs():
        if (job.folder / "end.json").exists():
            continue
        arguments = job.description["arguments"]
        if arguments[:1] == ["train"] and "--out" in arguments[:-1]:
            state = job.state
            folder = Path(arguments[arguments.index("--out") + 1]).resolve()
            if state in ("running", "waiting"):
                states[folder] = state
    return states


def _is_run(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")
