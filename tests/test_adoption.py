"""Models come into models/ whole or not at all, and go only when they may."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from made_cards import make_card

from mammo_core import adoption
from mammo_core.adoption import adopt_model, remove_model
from mammo_core.cli import main
from mammo_core.errors import BadConfiguration, BadModel, MammoError
from mammo_core.locks import holding
from mammo_core.model_folders import adding
from mammo_core.model_store import (
    default_model,
    file_sha256,
    find_model,
    list_models,
    make_default,
)
from mammo_core.paths import write_json

pytestmark = pytest.mark.usefixtures("home")


def make_folder(folder, **changes):
    """A finished model folder as a training leaves it."""
    (folder / "predictions").mkdir(parents=True)
    (folder / "model.keras").write_bytes(b"network")
    digest = file_sha256(folder / "model.keras")
    write_json(folder / "model.json", make_card(sha256=digest, **changes))
    (folder / "history.csv").write_text("epoch,loss\n1,0.5\n")
    (folder / "predictions" / "films.parquet").write_bytes(b"table")
    (folder / "checkpoint.npz").write_bytes(b"state")
    return folder


def entries(home):
    return sorted(path.name for path in (home / "models").iterdir())


def run(*words):
    with pytest.raises(SystemExit) as end:
        main([*map(str, words), "--json"])
    return end.value.code


def test_an_adopted_trial_is_a_model_of_its_own(home, tmp_path):
    trial = make_folder(tmp_path / "study" / "trials" / "7")
    stored = adopt_model(trial, "best")
    assert stored.sha256 == find_model("best").sha256 == file_sha256(trial / "model.keras")
    assert stored.card["training"]["adopted_from"] == "study/trials/7"
    assert (stored.path / "card.md").read_text().startswith("# best\n")
    assert (stored.path / "predictions" / "films.parquet").exists()
    assert not (stored.path / "checkpoint.npz").exists()
    assert json.loads((trial / "model.json").read_text())["training"].get("adopted_from") is None


@pytest.mark.parametrize(
    "name",
    ["", "..", "a/b", "a\\b", "/tmp/x", ".hidden", "nul", "COM1.x", "ends.", "x" * 65, "ä", "a b"],
)
def test_a_name_that_is_no_plain_name_is_refused(name, home, tmp_path):
    with pytest.raises(BadConfiguration, match="name"):
        adopt_model(make_folder(tmp_path / "fold"), name)
    assert not (home / "models").exists()


@pytest.mark.parametrize("name", ["mine", "Mine"])
def test_a_taken_name_is_refused_in_any_spelling(name, home, tmp_path):
    make_folder(home / "models" / "mine")
    with pytest.raises(BadConfiguration, match="must be new"):
        adopt_model(make_folder(tmp_path / "fold"), name)


def test_a_folder_without_its_own_network_is_not_adopted(home, tmp_path):
    fold = make_folder(tmp_path / "fold")
    (fold / "model.keras").write_bytes(b"another")
    with pytest.raises(BadModel, match="another SHA-256"):
        adopt_model(fold, "best")
    (fold / "model.json").unlink()
    with pytest.raises(BadModel, match="lacks model"):
        adopt_model(fold, "best")


def fill_up(name):
    with adding(name) as place:
        (place / "model.keras").write_bytes(b"half a network")
        raise OSError(28, "No space left on device")


def test_a_trial_that_is_not_there_is_called_no_folder(home, tmp_path):
    with pytest.raises(BadModel, match="There is no folder"):
        adopt_model(tmp_path / "trials" / "9", "best")


def test_a_failure_on_the_way_in_leaves_nothing(home):
    with pytest.raises(MammoError, match="No space left"):
        fill_up("half")
    assert entries(home) == []


def test_what_is_on_its_way_in_is_no_model_yet(home):
    with adding("soon") as place:
        make_folder(place / "inside")
        assert list_models() == []


def test_removal_needs_a_yes_and_says_what_would_go(home, capsys):
    make_folder(home / "models" / "mine")
    assert run("remove", "mine") == 2
    told = capsys.readouterr().err
    assert "5 files" in told
    assert "1 prediction table" in told
    assert "--yes" in told
    assert entries(home) == ["mine"]
    assert run("remove", "mine", "--yes") == 0
    assert entries(home) == []


@pytest.mark.parametrize("name", ["other", "../models/mine", "."])
def test_only_a_name_of_the_list_can_be_removed(name, home):
    make_folder(home / "models" / "mine")
    with pytest.raises(BadModel, match="there are: mine"):
        remove_model(name)


def test_shipped_models_stay(home, tmp_path, monkeypatch):
    monkeypatch.setattr(adoption, "REPOSITORY", home)
    make_folder(home / "models" / "demo")
    with pytest.raises(BadModel, match="ships with the app"):
        remove_model("demo")


def test_a_model_that_a_job_is_training_stays(home):
    folder = make_folder(home / "models" / "mine")
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        import psutil

        job = {
            "title": "Train",
            "arguments": ["train", "films", "--out", str(folder)],
            "created": time.time(),
            "pid": sleeper.pid,
            "started": psutil.Process(sleeper.pid).create_time(),
        }
        write_json(home / ".mammo" / "jobs" / "1" / "job.json", job)
        with pytest.raises(BadModel, match="being trained"):
            remove_model("mine")
    finally:
        sleeper.kill()
        sleeper.wait()
    remove_model("mine")
    assert entries(home) == []


def test_an_unfinished_training_goes_once_it_is_still(home):
    folder = make_folder(home / "models" / "half")
    (folder / "model.json").unlink()
    with pytest.raises(BadModel, match="being trained"):
        remove_model("half")
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    remove_model("half")
    assert entries(home) == []


def test_a_training_that_has_been_silent_for_long_keeps_its_folder(home):
    folder = make_folder(home / "models" / "half")
    (folder / "model.json").unlink()
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    with ThreadPoolExecutor(1) as other, holding(folder):
        refusal = other.submit(remove_model, "half").exception()
    assert isinstance(refusal, BadModel)
    assert "being trained" in str(refusal)
    remove_model("half")


def test_the_app_opens_with_the_chosen_model_while_it_is_there(home):
    assert default_model() is None
    for name in ("a", "b"):
        make_folder(home / "models" / name)
    assert default_model().id == "a"
    make_default("b")
    assert default_model().id == "b"
    remove_model("b")
    assert default_model().id == "a"
    with pytest.raises(BadModel, match="there are: a"):
        make_default("b")


def test_the_card_can_be_exported(home, tmp_path, capsys):
    make_folder(home / "models" / "mine")
    assert run("card", "mine", "--out", tmp_path / "mine.md") == 0
    assert (tmp_path / "mine.md").read_text().startswith("# mine\n")
    assert json.loads(capsys.readouterr().out)["model"] == "mine"
