"""Reading a run from its folder, without loading a network; kept until the folder changes."""

import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from mammo_core.errors import MammoError
from mammo_core.history import EPOCHS, read_history
from mammo_core.model_store import StoredModel, read_model
from mammo_core.paths import read_json
from mammo_core.run import GROUPS, Run
from mammo_core.run_results import read_best_epoch, read_tests, read_validation

PARTS = ("", "model.json", "training.json", "history.csv", "evaluations", "predictions")
"""What tells by its time of change that a run is to be read anew."""


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
        epochs=len(rows) or sum(training.get(key, 0) for key in EPOCHS.values()),
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
        "input_shape": [] if model.is_table else list(model.input_shape),
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


def _date_of(path: Path) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(path.stat().st_mtime))


def _version_of(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
