"""All runs in models/: what each is, how it was made and how it did, without loading a network."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from mammo_core import jobs
from mammo_core.errors import BadModel, MammoError
from mammo_core.history import read_history
from mammo_core.model_store import StoredModel, read_model
from mammo_core.paths import models_folder, read_json
from mammo_core.run_results import (
    NOTHING,
    Measured,
    read_best_epoch,
    read_tests,
    read_validation,
)

RunState = Literal["finished", "imported", "running", "waiting", "stopped", "damaged"]
STATES: Mapping[RunState, str] = {
    "finished": "a whole model, trained here",
    "imported": "a whole model, trained elsewhere",
    "running": "a training that is under way",
    "waiting": "a training that waits for its turn",
    "stopped": "an unfinished training; the same settings and name go on from its last epoch",
    "damaged": "a folder whose parts are missing or cannot be read",
}
GROUPS = ("model", "data", "training", "preprocessing", "made with")
PARTS = ("", "model.json", "training.json", "history.csv", "evaluations", "predictions")
"""What tells by its time of change that a run is to be read anew."""


@dataclass(frozen=True, eq=False)
class Run:
    """A folder of models/.

    Attributes:
        path: The folder.
        state: One of `STATES`.
        facts: What it was made of, by group (all of `GROUPS`) and key; a group is empty where
            nothing is known of it.
        validation: AUROC on validation images.
        tests: Kept AUROCs on test images, those of the own dataset first.
        val: All that was measured on validation images: loss, auroc, macro_f1, recalls.
        epochs: Finished ones, of all stages.
        seconds: How long they took; None where that is not known.
        date: When it was made or last went on, as 2026-11-22.
        fault: What is wrong with a damaged one.
    """

    path: Path
    state: RunState
    facts: Mapping[str, Mapping[str, Any]]
    validation: Measured = NOTHING
    tests: tuple[Measured, ...] = ()
    val: Mapping[str, float] = field(default_factory=dict)
    epochs: int = 0
    seconds: float | None = None
    date: str = ""
    fault: str = ""

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def is_whole(self) -> bool:
        """Whether it is a model that can predict."""
        return self.state in ("finished", "imported")

    @property
    def dataset(self) -> str | None:
        """The name of the dataset that it learned from, None where that is not known."""
        return self.facts["data"].get("name")

    def to_json(self) -> dict[str, Any]:
        """What the verb `models` prints of it."""
        model = self.facts["model"]
        return {
            "id": self.name,
            "state": self.state,
            "architecture": model.get("architecture"),
            "recipe": self.facts["training"].get("recipe"),
            "classes": list(model.get("classes", ())),
            "input_shape": list(model.get("input_shape", ())),
            "parameters": model.get("parameters"),
            "epochs": self.epochs,
            "minutes": None if self.seconds is None else round(self.seconds / 60, 2),
            "dataset": self.dataset,
            "validation": self.validation.to_json(),
            "tests": [test.to_json() for test in self.tests],
            "date": self.date,
            "path": str(self.path),
            **({"fault": self.fault} if self.fault else {}),
        }


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


def read_run(folder: Path) -> Run:
    """The run in a folder; an unfinished one is "stopped", whoever may be at work on it."""
    return _read_run(folder, tuple(_version_of(folder / part) for part in PARTS))


@lru_cache(maxsize=1024)
def _read_run(folder: Path, version: tuple[int, ...]) -> Run:
    try:
        if (folder / "model.json").exists() or (folder / "model.keras").exists():
            return _read_whole(read_model(folder))
        return _read_unfinished(folder)
    except MammoError as error:
        return Run(folder, "damaged", {group: {} for group in GROUPS}, fault=str(error))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        fault = f"Its card is not of the kind that is written here: {error}"
        return Run(folder, "damaged", {group: {} for group in GROUPS}, fault=fault)


def _read_whole(model: StoredModel) -> Run:
    card, training = model.card, model.card["training"]
    rows = read_history(model.path)
    return Run(
        path=model.path,
        state="imported" if training.get("imported") else "finished",
        facts={
            "model": _describe_network(model),
            "data": _describe_data(card["dataset"]) if model.trained_on else {},
            "training": training.get("configuration", {}),
            "preprocessing": card["preprocessing"],
            "made with": card["versions"],
        },
        validation=read_validation(model),
        tests=read_tests(model),
        val=training.get("val", {}),
        epochs=len(rows) or training.get("patch_epochs", 0) + training.get("epochs", 0),
        seconds=training.get("seconds"),
        date=training.get("created") or _date_of(model.file),
    )


def _describe_network(model: StoredModel) -> dict[str, Any]:
    """What its card says of the network.

    Raises:
        KeyError, TypeError, ValueError: Where the card is not of our kind.
    """
    training = model.card["training"]
    imported = {key: training[key] for key in ("head", "input_range") if key in training}
    return {
        "architecture": model.card["architecture"],
        "input_shape": list(model.input_shape),
        "classes": list(model.classes),
        "parameters": training.get("parameters"),
        **imported,
    }


def _describe_data(dataset: Mapping[str, Any]) -> dict[str, Any]:
    images = dataset.get("images", {})
    counts = {f"{split} images": sum(images[split].values()) for split in images}
    kept = ("name", "fingerprint", "decisions")
    return {key: dataset[key] for key in kept if dataset.get(key)} | counts


def _read_unfinished(folder: Path) -> Run:
    plan, rows = read_json(folder / "training.json"), read_history(folder)
    configuration, data = plan["configuration"], plan["dataset"]
    shape = [*configuration["image_size"], configuration.get("channels", 1)]
    return Run(
        path=folder,
        state="stopped",
        facts={
            "model": {"architecture": configuration["architecture"], "input_shape": shape},
            "data": {"name": data["name"], "fingerprint": data["fingerprint"]},
            "training": configuration,
            "preprocessing": plan["preprocessing"],
            "made with": {},
        },
        validation=read_best_epoch(rows, data["name"]),
        epochs=len(rows),
        seconds=sum(row["seconds"] for row in rows if isinstance(row.get("seconds"), float))
        or None,
        date=_date_of(folder / ("history.csv" if rows else "training.json")),
    )


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


def _date_of(path: Path) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(path.stat().st_mtime))


def _version_of(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
