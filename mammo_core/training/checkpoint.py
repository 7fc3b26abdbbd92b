"""What a training writes after every epoch, so that it can go on from there after any end."""

import csv
import io
import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadModel
from mammo_core.paths import DAMAGED_ARRAYS, write_text, writing

logger = logging.getLogger(__name__)

Row = dict[str, Any]

CHECKPOINTS = ("checkpoint.npz", "checkpoint.previous.npz")
"""The newest, and the one of the epoch before, should the newest be damaged."""
KINDS = ("variables", "weights", "best")


@dataclass
class RunState:
    """Where a training stands.

    Attributes:
        stage: Index of the stage that is under way.
        epoch: Finished epochs of that stage.
        rows: One row for each finished epoch of all stages.
        variables: Model and optimizer state of the stage, empty at its start.
        weights: The model's weights with which the stage began or, once it ended, ended.
        best: The best weights so far, empty before the first epoch and after patches.
        best_epoch: Their epoch, counted from 1 over all stages.
        begun_with: What the card says of the weights that the first stage began with; empty where
            they were drawn.
    """

    stage: int = 0
    epoch: int = 0
    rows: list[Row] = field(default_factory=list)
    variables: list[NDArray[Any]] = field(default_factory=list)
    weights: list[NDArray[Any]] = field(default_factory=list)
    best: list[NDArray[Any]] = field(default_factory=list)
    best_epoch: int = 0
    begun_with: dict[str, Any] = field(default_factory=dict)


def save_state(folder: Path, state: RunState) -> None:
    """Write the state whole, then the history that a person reads; keep the state before.

    Raises:
        MammoError: Where the disk is full; the state before stays.
    """
    arrays = {
        f"{kind}_{number}": array
        for kind in KINDS
        for number, array in enumerate(getattr(state, kind))
    }
    facts = {
        "stage": state.stage,
        "epoch": state.epoch,
        "rows": state.rows,
        "best_epoch": state.best_epoch,
        "begun_with": state.begun_with,
    }
    newest = folder / CHECKPOINTS[0]
    with writing(newest) as temporary:
        with temporary.open("wb") as stream:
            np.savez(stream, facts=np.array(json.dumps(facts)), **arrays)
        if newest.exists():
            newest.replace(folder / CHECKPOINTS[1])
    write_history(folder, state.rows)


def load_state(folder: Path) -> RunState:
    """The state of the last whole epoch; a fresh one where there is none.

    A damaged checkpoint is told of in the log, and the one of the epoch before serves.

    Raises:
        BadModel: Where no checkpoint that is there can be read.
    """
    faults: list[BadModel] = []
    for path in (folder / name for name in CHECKPOINTS):
        if not path.exists():
            continue
        try:
            state = _read_state(path)
        except BadModel as fault:
            faults.append(fault)
        else:
            _tell_of(faults, state)
            return state
    if faults:
        raise faults[0]
    return RunState()


def delete_state(folder: Path) -> None:
    """Remove what only a training that goes on would need."""
    for name in CHECKPOINTS:
        (folder / name).unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove what a process that was killed while it wrote has left; no other may write now."""
    for pattern in (".*.tmp", ".model.keras.*.keras"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def _tell_of(faults: list[BadModel], state: RunState) -> None:
    for fault in faults:
        logger.warning("%s. Going on from the epoch before it, %d", fault, len(state.rows))


def _read_state(path: Path) -> RunState:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            facts = json.loads(str(stored["facts"]))
            arrays: dict[str, Any] = {kind: _in_order(stored, kind) for kind in KINDS}
        return RunState(**facts, **arrays)
    except DAMAGED_ARRAYS as error:
        raise BadModel(
            f"The checkpoint {path} is damaged ({error}); delete the folder to train anew"
        ) from error


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
    """Put back what `read_variables` read.

    Raises:
        BadModel: Where they are of another network.
    """
    model.optimizer.build(model.trainable_variables)
    variables = (*model.variables, *model.optimizer.variables)
    if [array.shape for array in arrays] != [tuple(variable.shape) for variable in variables]:
        raise BadModel(
            "The checkpoint holds another network than these settings make now, as after an "
            "update of the program; choose another --out or delete the folder to train anew"
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _in_order(stored: Any, kind: str) -> list[NDArray[Any]]:
    count = sum(name.startswith(f"{kind}_") for name in stored.files)
    return [stored[f"{kind}_{number}"] for number in range(count)]
