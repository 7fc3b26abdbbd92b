"""Epochs go to TensorBoard and MLflow where these are installed and asked for."""

import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from mammo_core.errors import BadConfiguration, MammoError
from mammo_core.training import epoch_logs
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.epoch_logs import EPOCH_LOGS, EpochLog, open_logs, read_log_names

ROWS = [
    {"epoch": 1, "stage": "images", "loss": 0.9, "val_auroc": 0.6, "val_recall_B-Rads 4 (a)": 0.5},
    {"epoch": 2, "stage": "images", "loss": 0.7, "val_auroc": 0.8, "val_recall_B-Rads 4 (a)": 1.0},
]
PLAN = SimpleNamespace(config=TrainingConfiguration(), dataset=SimpleNamespace(name="mias"))


class Server:
    """An MLflow server of this test's own, seen through its client's public methods."""

    def __init__(self):
        self.experiments, self.runs = {}, {}
        self.is_down = False

    def client(self, tracking_uri):
        return SimpleNamespace(
            get_experiment_by_name=self.experiments.get,
            create_experiment=self.create_experiment,
            create_run=self.create_run,
            log_param=lambda run, key, value: self.runs[run]["params"].update({key: value}),
            log_metric=self.log_metric,
            set_terminated=lambda run, status: self.runs[run].update(status=status),
        )

    def create_experiment(self, name, artifact_location):
        self.experiments[name] = SimpleNamespace(experiment_id="0")
        return "0"

    def create_run(self, experiment_id, run_name):
        run = f"run{len(self.runs)}"
        self.runs[run] = {"name": run_name, "params": {}, "metrics": []}
        return SimpleNamespace(info=SimpleNamespace(run_id=run))

    def log_metric(self, run, name, value, step):
        if self.is_down:
            raise sys.modules["mlflow.exceptions"].MlflowException("503\nmore")
        self.runs[run]["metrics"].append((name, value, step))


@pytest.fixture
def server(monkeypatch, home):
    """A stand-in for the package mlflow."""
    server = Server()
    package, exceptions = ModuleType("mlflow"), ModuleType("mlflow.exceptions")
    package.MlflowClient = server.client
    exceptions.MlflowException = type("MlflowException", (Exception,), {})
    monkeypatch.setitem(sys.modules, "mlflow", package)
    monkeypatch.setitem(sys.modules, "mlflow.exceptions", exceptions)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    return server


def tell(rows, out, *names):
    out.mkdir(exist_ok=True)
    with open_logs(names, out, PLAN) as write:
        for row in rows:
            write(row)


def test_nothing_asked_for_is_nothing_done(tmp_path):
    assert read_log_names("") == ()
    tell(ROWS, tmp_path / "m")
    assert list((tmp_path / "m").iterdir()) == []


def test_an_unknown_log_is_refused_with_those_there_are():
    with pytest.raises(BadConfiguration, match=r"tensorboard, mlflow, got 'wandb'"):
        read_log_names("tensorboard,wandb")


@pytest.mark.parametrize("name", EPOCH_LOGS)
def test_a_package_that_is_missing_is_named_before_anything_runs(name, monkeypatch):
    monkeypatch.setattr(epoch_logs.importlib.util, "find_spec", lambda module: None)
    with pytest.raises(MammoError, match=f"pip install {EPOCH_LOGS[name].package}"):
        read_log_names(name)


def test_mlflow_gets_settings_and_every_epoch(server, tmp_path):
    tell(ROWS, tmp_path / "m", "mlflow")
    (run,) = server.runs.values()
    assert (run["name"], run["status"]) == ("m", "FINISHED")
    assert run["params"]["dataset"] == "mias"
    assert run["params"]["learning_rate"] == PLAN.config.learning_rate
    assert [(value, step) for name, value, step in run["metrics"] if name == "loss"] == [
        (0.9, 1),
        (0.7, 2),
    ]


def test_names_hold_only_what_mlflow_allows(server, tmp_path):
    tell(ROWS, tmp_path / "m", "mlflow")
    names = {name for name, _, _ in server.runs["run0"]["metrics"]}
    assert names == {"loss", "val_auroc", "val_recall_B-Rads 4 _a_"}


def test_a_training_that_goes_on_goes_on_in_its_run(server, tmp_path):
    tell(ROWS[:1], tmp_path / "m", "mlflow")
    tell(ROWS[1:], tmp_path / "m", "mlflow")
    (run,) = server.runs.values()
    assert {step for _, _, step in run["metrics"]} == {1, 2}


def test_a_training_that_was_stopped_is_told_as_killed(server, tmp_path):
    def stopped():
        yield ROWS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tell(stopped(), tmp_path / "m", "mlflow")
    assert server.runs["run0"]["status"] == "KILLED"


def test_a_log_that_fails_is_told_of_once_and_stops_nothing(server, tmp_path, caplog):
    server.is_down = True
    tell(ROWS, tmp_path / "m", "mlflow")
    assert [record.getMessage() for record in caplog.records] == [
        "No more epochs go to mlflow: 503"
    ]


def test_one_log_that_fails_leaves_the_others(monkeypatch, tmp_path):
    told = []

    @contextmanager
    def keep(out, plan):
        yield told.append

    @contextmanager
    def fail(out, plan):
        raise OSError("disk gone")
        yield

    logs = {name: EpochLog(name, name, name, how, lambda: (OSError,)) for name, how in
            {"bad": fail, "good": keep}.items()}  # fmt: skip
    monkeypatch.setattr(epoch_logs, "EPOCH_LOGS", logs)
    tell(ROWS, tmp_path / "m", "bad", "good")
    assert told == ROWS


def test_tensorboard_gets_scalars_by_epoch(monkeypatch, tmp_path):
    written, closed = [], []

    class Writer:
        def __init__(self, logdir):
            assert Path(logdir) == tmp_path / "m" / "tensorboard"

        def add_scalar(self, tag, data, step):
            written.append((tag, data, step))

        def flush(self):
            pass

        def close(self):
            closed.append(True)

    summary = ModuleType("tensorboard.summary")
    summary.Writer = Writer
    monkeypatch.setitem(sys.modules, "tensorboard", ModuleType("tensorboard"))
    monkeypatch.setitem(sys.modules, "tensorboard.summary", summary)
    tell(ROWS, tmp_path / "m", "tensorboard")
    assert ("loss", 0.7, 2) in written
    assert closed == [True]
