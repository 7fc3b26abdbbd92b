"""What a training writes after every epoch, so that it can go on from there after any end."""

import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadModel
from mammo_core.paths import write_text, writing

Row = dict[str, Any]


@dataclass
class RunState:
    """Where a training stands.

    Attributes:
        stage: Index of the stage that is under way.
        epoch: Finished epochs of that stage.
        rows: One row for each finished epoch of all stages.
        variables: Model and optimizer state of the stage, empty at its start.
        weights: The model's weights with which the stage began or, once it ended, ended.
        best: The best weights of the stage so far, empty before the first epoch.
        best_score: Their validation score.
        best_epoch: Their epoch, counted from 1 over all stages.
    """

    stage: int = 0
    epoch: int = 0
    rows: list[Row] = field(default_factory=list)
    variables: list[NDArray[Any]] = field(default_factory=list)
    weights: list[NDArray[Any]] = field(default_factory=list)
    best: list[NDArray[Any]] = field(default_factory=list)
    best_score: float = -np.inf
    best_epoch: int = 0


def save_state(folder: Path, state: RunState) -> None:
    """Write the state whole, then the history that a person reads.

    Raises:
        MammoError: Where the disk is full; the state before stays.
    """
    arrays = {
        f"{kind}_{number}": array
        for kind in ("variables", "weights", "best")
        for number, array in enumerate(getattr(state, kind))
    }
    facts = {
        "stage": state.stage,
        "epoch": state.epoch,
        "rows": state.rows,
        "best_score": state.best_score if np.isfinite(state.best_score) else None,
        "best_epoch": state.best_epoch,
    }
    buffer = io.BytesIO()
    np.savez(buffer, facts=np.array(json.dumps(facts)), **arrays)
    with writing(folder / "checkpoint.npz") as temporary:
        temporary.write_bytes(buffer.getbuffer())
    write_history(folder, state.rows)


def load_state(folder: Path) -> RunState:
    """The state of the last whole epoch; a fresh one where there is none.

    Raises:
        BadModel: Where the checkpoint is damaged.
    """
    path = folder / "checkpoint.npz"
    if not path.exists():
        return RunState()
    try:
        with np.load(path, allow_pickle=False) as stored:
            facts = json.loads(str(stored["facts"]))
            arrays: dict[str, Any] = {
                kind: _in_order(stored, kind) for kind in ("variables", "weights", "best")
            }
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise BadModel(
            f"The checkpoint {path} is damaged ({error}); delete the folder to train anew"
        ) from error
    score = facts.pop("best_score")
    return RunState(**facts, **arrays, best_score=-np.inf if score is None else score)


def write_history(folder: Path, rows: list[Row]) -> None:
    """history.csv: one row an epoch; what was not measured is empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / "history.csv", buffer.getvalue())


def read_variables(model: keras.Model) -> list[NDArray[Any]]:
    """Everything that a stage's training changes: weights, statistics, seeds, optimizer."""
    return [np.asarray(variable) for variable in (*model.variables, *model.optimizer.variables)]


def restore_variables(model: keras.Model, arrays: list[NDArray[Any]]) -> None:
    """Put back what `read_variables` read."""
    model.optimizer.build(model.trainable_variables)
    variables = (*model.variables, *model.optimizer.variables)
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _in_order(stored: Any, kind: str) -> list[NDArray[Any]]:
    count = sum(name.startswith(f"{kind}_") for name in stored.files)
    return [stored[f"{kind}_{number}"] for number in range(count)]
