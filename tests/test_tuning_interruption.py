"""A trial whose worker is gone is found, on whatever machine it ran, and trained once more."""

import optuna
import psutil
import pytest
import sqlalchemy
import tuning_stub

from mammo_core.tuning import trials as trials_module
from mammo_core.tuning.heartbeat import (
    ask_trial,
    give_sign,
    make_storage,
    replace_silent_trials,
)
from mammo_core.tuning.interruption import (
    MOST_DEATHS,
    describe_process,
    list_counted,
    replace_lost_trials,
)
from mammo_core.tuning.loop import work_on
from mammo_core.tuning.summary import DIED, describe_trial
from mammo_core.tuning.trials import claim_trial
from mammo_core.types import no_progress

SPACE = {"x": optuna.distributions.FloatDistribution(0, 1)}


@pytest.fixture
def study():
    return optuna.create_study(direction="maximize")


def begin(study, **marks):
    """A trial under way in this process, but for what the marks say."""
    trial = ask_trial(study, SPACE)
    for name, mark in (describe_process() | marks).items():
        trial.set_user_attr(name, mark)
    return trial


def dead():
    return {"pid": max(psutil.pids()) + 12345, "started": 1.0}


def states(study):
    return [trial.state.name for trial in list_counted(study.get_trials())]


def test_what_lives_is_left_alone(study):
    begin(study)
    begin(study, host="another machine", **dead())
    replace_lost_trials(study)
    assert states(study) == ["RUNNING", "RUNNING"]


def test_a_lost_trial_is_enqueued_once_with_its_settings(study):
    lost = begin(study, **dead())
    replace_lost_trials(study)
    replace_lost_trials(study)
    assert states(study) == ["WAITING"]
    assert study.ask(SPACE).params == lost.params


def test_a_trial_that_kills_its_process_again_and_again_has_failed(study, home, tmp_path):
    for _ in range(MOST_DEATHS):
        begin(study, **dead())
        replace_lost_trials(study)
    (failed,) = list_counted(study.get_trials())
    assert failed.state.name == "FAIL"
    sweep = tuning_stub.make_sweep(tmp_path / "study", 1)
    assert describe_trial(sweep, failed)["reason"] == DIED


def test_a_worker_that_gave_no_sign_for_long_is_given_up(tmp_path):
    storage = make_storage(f"sqlite:///{tmp_path / 'trials.db'}", {})
    study = optuna.create_study(storage=storage)
    silent, alive = (begin(study, host="another machine") for _ in range(2))
    give_sign(study, silent)
    give_sign(study, alive)
    old = "UPDATE trial_heartbeats SET heartbeat = '2020-01-01 00:00:00' WHERE trial_id = 1"
    with storage.engine.begin() as connection:
        connection.execute(sqlalchemy.text(old))
    replace_silent_trials(study)
    counted = list_counted(study.get_trials())
    assert [(one.number, one.state.name) for one in counted] == [(1, "RUNNING"), (2, "WAITING")]


def test_a_trial_claimed_beyond_the_wanted_number_is_given_back(study, home, tmp_path, monkeypatch):
    def ask_after_another_machine(study, space):
        study.ask(space)
        return study.ask(space)

    monkeypatch.setattr(trials_module, "ask_trial", ask_after_another_machine)
    sweep = tuning_stub.make_sweep(tmp_path / "study", 1)
    assert claim_trial(sweep, study) is None
    assert states(study) == ["RUNNING"]


def test_a_worker_whose_trial_was_given_up_goes_on_with_the_next(study, home, tmp_path):
    def lose_the_first(sweep, settings, folder, progress, on_epoch):
        if folder.name == "0":
            study.tell(0, state=optuna.trial.TrialState.FAIL)
        tuning_stub.train(sweep, settings, folder, progress, on_epoch)

    sweep = tuning_stub.make_sweep(tmp_path / "study", 2)
    work_on(sweep, study, lose_the_first, no_progress)
    assert states(study) == ["FAIL", "COMPLETE"]
