"""Where a training's epochs go besides its own folder: TensorBoard, MLflow.

Both are for those who use them already: neither is among the requirements, and what they show is
in history.csv.
"""

import importlib.util
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammo_core.errors import BadConfiguration, MammoError
from mammo_core.paths import read_json, state_folder, write_json
from mammo_core.training.configuration import list_settings
from mammo_core.training.plan import Plan

logger = logging.getLogger(__name__)

EXPERIMENT = "mammo-workbench"
RUN_FILE = "mlflow.json"

Row = dict[str, Any]
OnEpoch = Callable[[Row], None]


@dataclass(frozen=True)
class EpochLog:
    """A tool that takes epochs.

    Attributes:
        title: Its name.
        package: What pip installs.
        module: What Python then imports.
        open: From a model's folder and its plan to what takes each epoch.
        list_faults: What it raises where its server or disk fails.
    """

    title: str
    package: str
    module: str
    open: Callable[[Path, Plan], AbstractContextManager[OnEpoch]]
    list_faults: Callable[[], tuple[type[Exception], ...]]


@contextmanager
def log_to_tensorboard(out: Path, plan: Plan) -> Iterator[OnEpoch]:
    """Scalars by epoch in the model's folder; `tensorboard --logdir models` shows them."""
    from tensorboard.summary import Writer

    writer = Writer(str(out / "tensorboard"))

    def write(row: Row) -> None:
        for name, value in _measured(row).items():
            writer.add_scalar(name, value, int(row["epoch"]))
        writer.flush()

    try:
        yield write
    finally:
        with suppress(OSError):  # the training itself is done
            writer.close()


@contextmanager
def log_to_mlflow(out: Path, plan: Plan) -> Iterator[OnEpoch]:
    """A run with the settings and the epochs, where MLFLOW_TRACKING_URI says, else in .mammo/.

    A training that goes on goes on in its run. MLflow's own usage reports stay off.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    place = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{state_folder() / 'mlflow.db'}"
    client = MlflowClient(tracking_uri=place)
    run = _find_run(out, place) or _begin_run(client, out, plan, place)

    def write(row: Row) -> None:
        for name, value in _measured(row).items():
            client.log_metric(run, name, value, step=int(row["epoch"]))

    status = "KILLED"
    try:
        yield write
        status = "FINISHED"
    finally:
        with suppress(*_list_mlflow_faults()):  # the training itself is done
            client.set_terminated(run, status)


def _find_run(out: Path, place: str) -> str | None:
    """The run that this training began at that place before it was stopped."""
    if not (out / RUN_FILE).exists():
        return None
    begun = read_json(out / RUN_FILE)
    return str(begun["run"]) if begun.get("place") == place else None


def _begin_run(client: Any, out: Path, plan: Plan, place: str) -> str:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    artifacts = (state_folder() / "mlruns").as_uri()
    number = (
        client.create_experiment(EXPERIMENT, artifact_location=artifacts)
        if experiment is None
        else experiment.experiment_id
    )
    run = str(client.create_run(number, run_name=out.name).info.run_id)
    for key, value in list_settings(plan.config).items():
        client.log_param(run, key, value)
    client.log_param(run, "dataset", plan.dataset.name)
    write_json(out / RUN_FILE, {"run": run, "place": place})
    return run


def _list_mlflow_faults() -> tuple[type[Exception], ...]:
    from mlflow.exceptions import MlflowException

    return OSError, MlflowException


def _list_disk_faults() -> tuple[type[Exception], ...]:
    return (OSError,)


EPOCH_LOGS: dict[str, EpochLog] = {
    "tensorboard": EpochLog(
        "TensorBoard", "tensorboard", "tensorboard", log_to_tensorboard, _list_disk_faults
    ),
    "mlflow": EpochLog("MLflow", "mlflow-skinny", "mlflow", log_to_mlflow, _list_mlflow_faults),
}


def read_log_names(text: str) -> tuple[str, ...]:
    """The names of `EPOCH_LOGS` in a text such as "tensorboard,mlflow"; none in an empty one.

    Raises:
        BadConfiguration: For an unknown name.
        MammoError: Where its package is not installed.
    """
    names = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    unknown = [name for name in names if name not in EPOCH_LOGS]
    if unknown:
        known = ", ".join(EPOCH_LOGS)
        raise BadConfiguration(f"Expected --log with one or more of {known}, got '{unknown[0]}'")
    for name in names:
        if importlib.util.find_spec(EPOCH_LOGS[name].module) is None:
            raise MammoError(
                f"--log {name} needs a package that is not installed; run 'pip install "
                f"{EPOCH_LOGS[name].package}', or leave it out: history.csv holds the same"
            )
    return names


@contextmanager
def open_logs(names: Sequence[str], out: Path, plan: Plan) -> Iterator[OnEpoch]:
    """One function that tells each epoch to all of them; they are opened at the first.

    A log that fails is told of once and left out from then on: the training goes on without it.

    Args:
        names: Keys of `EPOCH_LOGS`.
        out: The model's folder.
        plan: What is trained on what.
    """
    writers: dict[str, OnEpoch] = {}
    working = list(names)
    with ExitStack() as stack:

        def write(row: Row) -> None:
            for name in tuple(working):
                try:
                    if name not in writers:
                        writers[name] = stack.enter_context(EPOCH_LOGS[name].open(out, plan))
                    writers[name](row)
                except EPOCH_LOGS[name].list_faults() as fault:
                    logger.warning("No more epochs go to %s: %s", name, _first_line(fault))
                    working.remove(name)

        yield write


def _first_line(fault: Exception) -> str:
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0]


def _measured(row: Row) -> dict[str, float]:
    """What was measured in an epoch, under names that both tools allow."""
    return {
        re.sub(r"[^\w\-. /]", "_", name): float(value)
        for name, value in row.items()
        if name != "epoch" and isinstance(value, int | float)
    }
