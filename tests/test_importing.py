"""The Import form hands a hostile file on as data, and keeps it no longer than its job needs."""

import json
import os

import psutil
import pytest
import run_folders
import standin_home
from page_runs import open_app, words

from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.importing.input_ranges import INPUT_RANGES
from mammo_core.jobs import Job
from mammo_core.paths import read_json
from mammo_ui import importing, model_files, table_adoption
from mammo_ui.import_form import Asked
from mammo_ui.importing import word_for_page
from mammo_ui.status import UNREAD

pytestmark = pytest.mark.usefixtures("home")


class Upload:
    """What the uploader gives."""

    def __init__(self, name, content=b"network"):
        self.name, self.content = name, content

    def getvalue(self):
        return self.content


def ask(source="x.keras", **changes):
    usual = {"name": "theirs", "classes": "a,b", "input_range": "0..1", "size": ""}
    return Asked(source, **(usual | {"preprocess": {}} | changes))


def note_job(home, *, exit_code=None, verb="import"):
    folder = home / ".mammo" / "jobs" / "20260101-000000-abcdef"
    folder.mkdir(parents=True, exist_ok=True)
    process = {"pid": os.getpid(), "started": psutil.Process().create_time()}
    content = {"title": "Import x", "arguments": [verb], "created": 1.7e9} | process
    (folder / "job.json").write_text(json.dumps(content))
    if exit_code is not None:
        (folder / "end.json").write_text(json.dumps({"exit": exit_code}))
    return Job(folder)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("net.keras", "net.keras"),
        ("../../etc/passwd.h5", "passwd.h5"),
        ("--json.HDF5", "json.hdf5"),
        ("a b\0c$(x).exe", "a-b-c-x.keras"),
        (".keras", "keras.keras"),
        ("folder.ZIP", "folder.zip"),
        ("ü.h5", "model.h5"),
    ],
)
def test_an_upload_is_kept_under_plain_letters_in_its_own_folder(name, kept):
    place = model_files.make_place()
    path = model_files.keep_upload(place, name, b"network")
    assert path == place / kept
    assert path.read_bytes() == b"network"


def test_a_file_that_looks_like_an_option_is_a_file_to_the_command(tmp_path):
    words = importing._write_arguments(ask("--classes=x"), tmp_path)
    assert words[-2] == "--"
    assert os.path.isabs(words[-1])


def test_settings_are_handed_over_only_where_they_are_not_the_usual_ones(tmp_path):
    assert "--preprocess" not in importing._write_arguments(ask(), tmp_path)
    words = importing._write_arguments(ask(preprocess={"crop": False}), tmp_path)
    assert read_json(words[words.index("--preprocess") + 1]) == {"crop": False}


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"source": ""}, BadModel, "Expected a model's file"),
        ({"name": "../up"}, BadConfiguration, "'name' must be"),
        ({"name": ""}, BadConfiguration, "Give it a name"),
        ({"classes": "malignant"}, BadConfiguration, "two classes or more"),
    ],
)
def test_what_cannot_be_is_told_before_anything_runs(home, changes, error, told):
    with pytest.raises(error, match=told):
        importing._start(ask(**changes))
    assert not (home / ".mammo" / "jobs").exists()
    assert not list(home.rglob("model-*"))


def test_an_upload_stays_while_its_job_runs_and_goes_when_it_has_ended(home):
    place = model_files.make_place()
    file = model_files.keep_upload(place, "net.keras", b"network")
    model_files.drop_ended()
    assert file.exists(), "its job is about to begin"
    model_files.note_job(place, note_job(home))
    model_files.drop_ended()
    assert file.exists(), "its job is at work"
    note_job(home, exit_code=2)
    model_files.drop_ended()
    assert not place.exists()


def errors_after(home, *sent, intake=importing.INTAKE):
    """What the page says in red after a failed intake, once the buttons named by `sent` are hit."""
    job = note_job(home, exit_code=1, verb=intake.verb)
    (job.folder / "log.txt").write_text("It is no archive")
    is_table = intake is table_adoption.INTAKE
    kind = "A table of predictions" if is_table else "A Keras network"
    at = open_app("models", part="Import a model", bring=kind)
    at.session_state[intake.started] = job.id
    at.session_state[UNREAD] = {job.id: "Import x failed: It is no archive"}
    at.run()
    for label in sent:
        next(button for button in at.main.button if button.label == label).click().run()
    assert not at.exception
    return [error.value for error in at.error]


@pytest.mark.parametrize("intake", [importing.INTAKE, table_adoption.INTAKE], ids=lambda i: i.verb)
def test_a_failure_is_told_once(home, intake):
    (told,) = errors_after(home, intake=intake)
    assert "It is no archive" in told


@pytest.mark.parametrize(
    ("intake", "button", "error"),
    [
        (importing.INTAKE, "Import it", "Expected a model's file"),
        (table_adoption.INTAKE, "Take it in", "Expected a table's file"),
    ],
)
def test_the_next_attempt_takes_the_failure_away(home, intake, button, error):
    (told,) = errors_after(home, button, intake=intake)
    assert told.startswith(error)


def import_answer(home, classes):
    run_folders.write_import(home / "models" / "theirs", classes=classes)
    standin_home.write_dataset(home / ".mammo" / "datasets" / "films", n_patients=1, seed=0)
    job = note_job(home, exit_code=0)
    facts = {"input_shape": [64, 48, 1], "head": "softmax", "parameters": 10, "warnings": []}
    facts |= {"model": str(home / "models" / "theirs"), "classes": classes, "layers": []}
    (job.folder / "log.txt").write_text(json.dumps(facts))
    at = open_app("models", part="Import a model")
    at.session_state[importing.INTAKE.started] = job.id
    return at.run()


@pytest.mark.parametrize(
    ("classes", "offered"),
    [(("normal", "benign", "malignant"), True), (("healthy", "malignant"), False)],
)
def test_the_order_of_the_classes_can_be_checked_where_labels_fit(home, classes, offered):
    at = import_answer(home, classes)
    assert not at.exception
    labels = [button.label for button in at.main.button]
    assert ("Check the order of its classes on films" in labels) == offered


def test_an_upload_whose_job_was_forgotten_goes(home):
    place = model_files.make_place()
    model_files.note_job(place, Job(home / "gone"))
    model_files.drop_ended()
    assert not place.exists()


def test_the_page_shows_the_form_with_every_input_range():
    at = open_app("models", part="Import a model")
    assert not at.exception
    assert "never run" in words(at)
    ranges = next(box for box in at.main.selectbox if box.label.startswith("Values"))
    assert [option.split(":")[0] for option in ranges.options] == list(INPUT_RANGES)


def test_sending_an_empty_form_says_what_is_missing():
    at = open_app("models", part="Import a model")
    next(button for button in at.main.button if button.label == "Import it").click().run()
    assert "Expected a model" in at.main.error[0].value


def test_warnings_name_no_options_of_the_command_line():
    text = "No --preprocess was given: x; import it again with --input-range 0..255, -1..1"
    assert word_for_page(text) == (
        "Its images are prepared as usual: x; import it again for values 0..255, -1..1"
    )
