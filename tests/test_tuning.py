"""A sweep makes as many trials as asked, each once, and loses none, whatever happens."""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tuning_stub
from tuning_stub import EPOCHS, make_sweep, score

from mammo_core.errors import BadConfiguration, Cancelled, MammoError
from mammo_core.paths import REPOSITORY, read_json
from mammo_core.tuning import summary
from mammo_core.tuning.heartbeat import make_storage
from mammo_core.tuning.loop import work_on
from mammo_core.tuning.storage import open_study
from mammo_core.tuning.summary import Summary
from mammo_core.tuning.workers import run_sweep
from mammo_core.types import no_progress


def run(sweep, work=tuning_stub.train, progress=no_progress):
    """Work on the sweep in this very process, as one worker does in its own."""
    study = open_study(sweep)
    try:
        work_on(sweep, study, work, progress)
    finally:
        content = Summary(sweep, study).write()
    return content


def states(study):
    return [trial["state"] for trial in study["trials"]]


def runs(folder):
    """The trials that were trained, as often as they were."""
    return sorted(
        int(line) for file in folder.glob("runs-*.txt") for line in file.read_text().split()
    )


def stop_in_epoch(number):
    """Progress that stops the sweep in that epoch, counted over all trials."""
    seen = []

    def progress(done, total, doing):
        seen.append(done)
        if len(seen) == number:
            raise Cancelled("Stopped by the user")

    return progress


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """A storage with its tables, which take half a second to make."""
    file = tmp_path_factory.mktemp("empty") / "trials.db"
    make_storage(f"sqlite:///{file}", {}).engine.dispose()
    return file


@pytest.fixture(scope="session")
def make_at(empty_database):
    """Makes a sweep in a folder, its storage a copy of the empty one unless another is named."""

    def make(folder, n_trials, **other):
        sweep = make_sweep(folder, n_trials, **other)
        if not (folder / "trials.db").exists():
            shutil.copy(empty_database, folder / "trials.db")
        return sweep

    return make


@pytest.fixture
def sweep_of(make_at, home, tmp_path, monkeypatch):
    """Makes a sweep of so many trials in the test's own folder; importance is left out."""
    monkeypatch.setattr(summary, "FOR_IMPORTANCE", 10_000)

    def make(n_trials, name="study", **other):
        return make_at(tmp_path / name, n_trials, **other)

    return make


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_at):
    """A study of twelve trials."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("sweep")
        patch.setenv("MAMMO_HOME", str(root / "home"))
        run(make_at(root / "study", 12))
    return root / "study"


@pytest.fixture(scope="module")
def study(folder):
    return read_json(folder / "study.json")


def test_a_trial_is_worth_the_best_epoch_that_may_be_its_model(tmp_path):
    def learn(sweep, settings, folder, progress, on_epoch):
        stages = (("patches", 0.95), ("head", 0.9), ("upper", 0.8), ("images", 0.7))
        for epoch, (stage, auroc) in enumerate(stages, start=1):
            on_epoch({"epoch": epoch, "stage": stage, "val_auroc": auroc})

    (trial,) = run(make_sweep(tmp_path / "s", n_trials=1), learn)["trials"]
    assert (trial["value"], trial["curve"]) == (0.9, [0.9, 0.8, 0.7])


def test_there_are_as_many_trials_as_asked(folder, study):
    assert len(study["trials"]) == 12
    assert runs(folder) == list(range(12))


def test_a_trial_is_judged_by_its_best_validation_epoch(study):
    complete = [trial for trial in study["trials"] if trial["state"] == "complete"]
    assert [trial["value"] for trial in complete] == pytest.approx(
        [score(trial["settings"]) for trial in complete]
    )
    assert all(len(trial["curve"]) == EPOCHS for trial in complete)


def test_the_best_trial_is_the_complete_one_of_highest_value(study):
    complete = [trial for trial in study["trials"] if trial["state"] == "complete"]
    values = {trial["number"]: trial["value"] for trial in complete}
    assert values[study["best"]] == max(values.values())


def test_poor_trials_end_early_and_keep_their_history_alone(folder, study):
    pruned = [trial for trial in study["trials"] if trial["state"] == "pruned"]
    assert pruned
    for trial in pruned:
        assert len(trial["curve"]) < EPOCHS
        kept = (folder / "trials" / str(trial["number"])).iterdir()
        assert [path.name for path in kept] == ["history.csv"]


def test_complete_trials_are_whole_models(folder, study):
    for trial in study["trials"]:
        if trial["state"] == "complete":
            assert (folder / trial["model"] / "model.json").exists()


def test_importance_finds_the_setting_that_matters(study):
    importance = study["importance"]
    assert sum(importance.values()) == pytest.approx(1, abs=1e-3)
    assert importance["dropout"] > 0.8


def test_no_test_image_is_named_and_the_optimism_is(study):
    assert study["metric"] == "val_auroc"
    assert "optimistic" in study["caution"]


def test_one_worker_repeats_itself_with_the_same_seed(sweep_of, tmp_path, study):
    again = run(sweep_of(3, "again"))
    assert [t["settings"] for t in again["trials"]] == [t["settings"] for t in study["trials"][:3]]


def test_another_seed_draws_other_settings(sweep_of, tmp_path, study):
    other = run(sweep_of(1, "other", seed=1))
    assert other["trials"][0]["settings"] != study["trials"][0]["settings"]


def test_a_sweep_that_goes_on_draws_as_if_it_had_not_stopped(sweep_of, tmp_path, study):
    run(sweep_of(5, "part"))
    whole = run(sweep_of(12, "part"))
    assert [t["settings"] for t in whole["trials"]] == [t["settings"] for t in study["trials"]]
    assert runs(tmp_path / "part") == list(range(12))


def test_no_trial_begins_after_the_time_is_over(sweep_of, tmp_path):
    assert run(sweep_of(3, ends_at=0.0))["trials"] == []


def test_enough_trials_are_enough(sweep_of, tmp_path):
    run(sweep_of(2))
    study = run(sweep_of(1))
    assert len(study["trials"]) == 2


def test_a_failed_trial_says_why_and_the_sweep_goes_on(sweep_of, tmp_path):
    study = run(sweep_of(8), tuning_stub.fail_where_regularized)
    failed = [trial for trial in study["trials"] if trial["state"] == "failed"]
    assert {trial["reason"] for trial in failed} == {"Not enough memory"}
    assert len(study["trials"]) == 8
    assert "complete" in states(study)


@pytest.mark.slow
def test_where_every_trial_fails_the_sweep_ends_early(sweep_of, tmp_path):
    with pytest.raises(MammoError, match=r"trials failed and none is complete.*disk is full"):
        run_sweep(sweep_of(5000), tuning_stub.fail, 1, no_progress)
    found = states(read_json(tmp_path / "study" / "study.json"))
    assert set(found) <= {"failed", "waiting"}
    assert 5 <= len(found) < 5000


def test_a_stopped_trial_goes_on_from_its_last_epoch(sweep_of, tmp_path):
    sweep = sweep_of(2)
    with pytest.raises(Cancelled):
        run(sweep, progress=stop_in_epoch(EPOCHS + 4))
    stopped = read_json(tmp_path / "study" / "study.json")
    assert states(stopped) == ["complete", "waiting"]
    study = run(sweep)
    assert states(study) == ["complete", "complete"]
    last = study["trials"][-1]
    assert last["curve"] == pytest.approx(
        [score(last["settings"]) * epoch / EPOCHS for epoch in range(1, EPOCHS + 1)]
    )
    assert len(list((tmp_path / "study" / "trials").iterdir())) == 2


def start(folder, n_trials, work):
    """The same sweep in a process of its own."""
    words = [sys.executable, str(Path(tuning_stub.__file__)), str(folder), str(n_trials), work]
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])
    return subprocess.Popen(words, env=os.environ | {"PYTHONPATH": path}, cwd=REPOSITORY)


def test_a_trial_whose_process_died_goes_on_in_the_next_one(sweep_of, tmp_path):
    assert start(tmp_path / "study", 1, "die").wait(60) == 9
    study = run(sweep_of(1))
    assert states(study) == ["complete"]
    assert len(study["trials"][0]["curve"]) == EPOCHS


def test_two_processes_on_one_storage_share_the_trials(sweep_of, tmp_path):
    started = [start(tmp_path / "study", 4, "train") for _ in range(2)]
    assert [process.wait(60) for process in started] == [0, 0]
    study = read_json(tmp_path / "study" / "study.json")
    assert len(study["trials"]) == 4
    trained = runs(tmp_path / "study")
    assert len(trained) == len(set(trained)) == 4
    assert len(list((tmp_path / "study").glob("runs-*.txt"))) == 2


@pytest.mark.slow
def test_two_workers_of_one_command_share_the_trials(sweep_of, tmp_path):
    study = run_sweep(sweep_of(4), tuning_stub.train, 2, no_progress)
    assert {*states(study)} <= {"complete", "pruned"}
    trained = runs(tmp_path / "study")
    assert len(trained) == len(set(trained)) == len(study["trials"]) == 4
    settings = [json.dumps(trial["settings"]) for trial in study["trials"]]
    assert len(set(settings)) == 4


@pytest.mark.slow
def test_a_stop_reaches_the_workers_and_keeps_their_trials(sweep_of, tmp_path):
    def stop(done, total, doing):
        if (tmp_path / "study" / "waiting.txt").exists():
            raise Cancelled("Stopped by the user")

    before = set(multiprocessing.active_children())
    with pytest.raises(Cancelled):
        run_sweep(sweep_of(3), tuning_stub.wait_to_be_stopped, 1, stop)
    assert states(read_json(tmp_path / "study" / "study.json")) == ["waiting"]
    assert set(multiprocessing.active_children()) <= before


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced_and_its_trial_goes_on(sweep_of, tmp_path):
    study = run_sweep(sweep_of(2), tuning_stub.die, 1, no_progress)
    assert states(study) == ["complete", "complete"]
    assert len(list((tmp_path / "study").glob("runs-*.txt"))) > 2


@pytest.mark.slow
def test_workers_that_only_die_are_told_of(sweep_of, tmp_path):
    study = run_sweep(sweep_of(2), tuning_stub.die_at_once, 1, no_progress)
    assert states(study) == ["failed", "failed"]


def test_a_folder_keeps_to_its_sweep(sweep_of, tmp_path):
    sweep_of(2)
    with pytest.raises(BadConfiguration, match="other settings, ranges or data"):
        sweep_of(2, seed=1)


def test_a_storage_keeps_to_its_sweep(sweep_of, tmp_path):
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    run(sweep_of(1, "a/study", storage=url))
    with pytest.raises(BadConfiguration, match="give the folder of --out another name"):
        run(sweep_of(1, "b/study", storage=url, seed=1))


def test_machines_with_folders_of_their_own_share_a_storage(sweep_of, tmp_path):
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    run(sweep_of(3, "a/study", storage=url))
    study = run(sweep_of(5, "b/study", storage=url))
    assert runs(tmp_path / "a" / "study") == [0, 1, 2]
    assert runs(tmp_path / "b" / "study") == [3, 4]
    assert len(study["trials"]) == 5


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "as a database's URL"),
        ("nosuch://host/db", "cannot be used"),
        ("postgresql+nosuch://user:secret@host/db", "cannot be used"),
        ("sqlite:////nosuch/folder/study.db", "cannot be used"),
    ],
)
def test_a_storage_that_cannot_be_used_is_told_without_its_password(sweep_of, tmp_path, url, told):
    with pytest.raises(MammoError, match=told) as caught:
        run(sweep_of(1, storage=url))
    assert "secret" not in str(caught.value)
