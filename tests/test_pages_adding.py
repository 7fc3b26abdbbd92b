"""Adding a dataset: looked into first, indexed only when the user says so."""

import io
import json
import shutil
import zipfile

import numpy as np
import pytest
import standin_home
from dataset_trees import write_sample
from identified_file import write_identified
from made_films import draw_film
from page_runs import open_app, words
from PIL import Image
from test_pages import note_job

from mammo_core import jobs
from mammo_core.cli import main
from mammo_core.datasets import index_dataset, load_dataset
from mammo_core.datasets.registry import register
from mammo_core.errors import BadConfiguration, UnreadableFile
from mammo_ui import adding, frame, incoming, library
from mammo_ui.names import checked_name

ADD = "Add a dataset"


@pytest.fixture
def standin(home):
    standin_home.make_home(home, n_patients=3)
    return home


@pytest.fixture
def started(monkeypatch):
    """The jobs that a page would have started."""
    asked = []

    def start_job(title, arguments):
        asked.append((title, arguments))
        return jobs.Job(incoming._waiting() / "no-such-job")

    monkeypatch.setattr(jobs, "start_job", start_job)
    return asked


@pytest.fixture
def films(tmp_path):
    for label in ("normal", "malignant"):
        (tmp_path / "films" / label).mkdir(parents=True)
        draw_film(tmp_path / "films" / label / f"{label}.png", len(label))
    return tmp_path / "films"


def look_into(path):
    at = open_app("data", tab=ADD)
    at.text_input(key="add_path").set_value(str(path)).run()
    return at


def name_box(at):
    return next(box for box in at.text_input if box.label == "Name")


def asked(kind, label):
    """The widget with that label among those of one kind."""
    return next(one for one in kind if one.label.startswith(label))


def press(at, label):
    next(button for button in at.button if button.label == label).click().run()


def test_a_folder_is_told_before_anything_runs(standin, films, started):
    at = look_into(films)
    assert not at.exception
    assert "**Found: Class folders**" in words(at)
    assert "normal **1**" in words(at)
    assert "Licence" in words(at)
    assert not started
    assert not (standin / ".mammo" / "datasets" / "films").exists()


def test_the_index_starts_with_what_was_chosen(standin, films, started):
    at = look_into(films)
    name_box(at).set_value("mine").run()
    asked(at.text_input, "Shares").set_value("50,25,25").run()
    asked(at.number_input, "Seed").set_value(7).run()
    asked(at.checkbox, "Hide ids").check().run()
    press(at, "Index it")
    title, arguments = started[0]
    assert title == "Index mine"
    assert arguments[:2] == ["index", str(films)]
    assert arguments[arguments.index("--out") + 1].endswith("mine")
    assert arguments[arguments.index("--shares") + 1] == "50,25,25"
    assert arguments[arguments.index("--seed") + 1] == "7"
    assert "--hide-ids" in arguments


def test_what_is_chosen_is_what_the_command_line_takes(standin, films, started):
    at = look_into(films)
    press(at, "Index it")
    with pytest.raises(SystemExit) as end:
        main(started[0][1])
    assert end.value.code == 0
    assert "films" in library.dataset_names()


@pytest.mark.parametrize(
    "path", ["/no/such/place", "relative/nonsense", "x" * 5000, "\x00a", "~nobody/x"]
)
def test_a_wrong_path_is_one_clear_line(standin, path):
    at = look_into(path)
    assert not at.exception
    assert len(at.error) == 1


def test_an_empty_folder_says_that_it_is_empty(standin, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "is empty" in look_into(tmp_path / "empty").error[0].value


def test_holiday_photos_are_no_layout_unless_the_user_names_one_and_nothing_starts(
    standin, tmp_path
):
    rng = np.random.default_rng(0)
    (tmp_path / "summer").mkdir()
    for n in range(3):
        pixels = rng.integers(0, 255, (90, 120, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "summer" / f"IMG_{n}.jpg")
    at = look_into(tmp_path / "summer")
    assert not at.exception
    assert "Found no known layout" in at.error[0].value
    assert asked(at.main.selectbox, "Layout").value is None
    assert "Index it" not in [button.label for button in at.button]


def test_advice_for_the_command_line_is_worded_for_the_page():
    said = "if they are classes, write --format class_folders"
    assert adding.word_for_page(said) == (
        "if they are classes, choose the layout Class folders below"
    )


def test_a_broken_archive_is_told_by_its_own_name(home):
    with pytest.raises(UnreadableFile, match=r"^broken\.zip: Expected a zip"):
        incoming.open_upload("broken.zip", b"no archive")


def test_a_taken_name_is_refused_before_anything_starts(standin, films, started):
    at = look_into(films)
    name_box(at).set_value("exams").run()
    press(at, "Index it")
    assert at.error[0].value == "The name exams is taken; choose another"
    assert not started


def test_another_source_brings_another_name(standin, films):
    at = look_into(films)
    assert name_box(at).value == "films"
    films.rename(films.with_name("Übung 2"))
    at.text_input(key="add_path").set_value(str(films.with_name("Übung 2"))).run()
    assert name_box(at).value == "bung-2"


def test_what_was_chosen_for_one_source_does_not_reach_another(standin, films, started):
    second = films.with_name("second")
    shutil.copytree(films, second)
    at = look_into(films)
    asked(at.main.selectbox, "Labels").set_value("none").run()
    asked(at.checkbox, "Hide ids").check().run()
    at.text_input(key="add_path").set_value(str(second)).run()
    press(at, "Index it")
    arguments = started[0][1]
    assert arguments[arguments.index("--labels") + 1] == "given"
    assert arguments[arguments.index("--shares") + 1] == "60,20,20"
    assert "--hide-ids" not in arguments


def test_without_labels_there_is_nothing_to_deal(standin, films):
    at = look_into(films)
    asked(at.main.selectbox, "Labels").set_value("none").run()
    assert asked(at.text_input, "Shares").disabled
    assert asked(at.number_input, "Seed").disabled


def test_a_hospitals_ids_are_shown_as_hidden(standin, tmp_path):
    (tmp_path / "disc").mkdir()
    write_identified(tmp_path / "disc" / "0", 0)
    at = look_into(tmp_path / "disc")
    box = asked(at.checkbox, "Hide ids")
    assert box.value
    assert box.disabled


@pytest.mark.parametrize("name", ["", "../x", "a b", "ä", "-x", "a/b", "con:"])
def test_a_name_is_a_plain_word(name):
    with pytest.raises(BadConfiguration, match="such as mias-1"):
        checked_name(name)


def test_wrong_shares_are_told_and_nothing_starts(standin, films, started):
    at = look_into(films)
    asked(at.text_input, "Shares").set_value("60;20").run()
    assert not at.exception
    assert at.error
    press(at, "Index it")
    assert not started


def test_without_a_dataset_the_page_begins_with_adding_one(home):
    at = open_app("data")
    assert "There is no dataset yet" in at.info[0].value
    assert at.text_input(key="add_path")


def test_a_running_index_is_shown_and_can_be_stopped(standin):
    note_job(standin, ["index", "/x", "--out", "/y"])
    at = open_app("data", tab=ADD)
    assert not at.exception
    press(at, "Stop")
    (job,) = jobs.list_jobs()
    assert (job.folder / "CANCEL").exists()


def finish(at, home, code, log=""):
    """The page when the index that it started has ended."""
    arguments = ["index", "/x", "--out", "/y"]
    note_job(home, arguments, log=log, end=code)
    (job,) = jobs.list_jobs()
    content = json.loads((job.folder / "job.json").read_text()) | {"title": "Index made"}
    (job.folder / "job.json").write_text(json.dumps(content))
    at.session_state["started_index"] = job.id
    at.run()
    return at


def test_the_new_dataset_is_chosen_when_its_index_is_done(standin, tmp_path):
    at = open_app("data", tab=ADD)
    write_sample(tmp_path / "raw")
    index_dataset(tmp_path / "raw", standin / ".mammo" / "datasets" / "made")
    finish(at, standin, 0)
    assert not at.exception
    assert "data **made**" in words(at)
    assert "Prepare" in [button.label for button in at.button]


@pytest.mark.parametrize(("code", "said"), [(2, "Disk full"), (130, "was stopped")])
def test_an_index_that_failed_or_was_stopped_is_told(standin, code, said):
    at = finish(open_app("data", tab=ADD), standin, code, log="Disk full\n")
    assert not at.exception
    assert said in words(at)
    assert "data **exams**" in words(at)


def zipped(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_an_uploaded_archive_is_looked_into_and_indexed_as_it_came(home):
    source = incoming.open_upload("upload-1", zipped(**{"a/x.png": b"1"}))
    assert (source.folder.name, source.name) == ("a", "upload-1")
    assert (source.folder / "x.png").read_bytes() == b"1"
    assert zipfile.is_zipfile(source.root)
    incoming.drop_all()
    assert not source.root.exists()


def test_a_path_leads_to_the_same_folder_from_wherever_the_index_runs(films, monkeypatch):
    monkeypatch.chdir(films)
    source = incoming.open_folder("normal")
    assert source.root == films / "normal"


def test_an_archive_is_taken_by_its_path_too(standin, films, tmp_path, started):
    files = {path.relative_to(films).as_posix(): path.read_bytes() for path in films.rglob("*.png")}
    (tmp_path / "my films.zip").write_bytes(zipped(**files))
    at = look_into(tmp_path / "my films.zip")
    assert not at.exception
    assert "**Found: Class folders**" in words(at)
    press(at, "Index it")
    assert started[0][1][1] == str(tmp_path / "my films.zip")


def test_a_broken_archive_at_a_path_is_one_clear_line(standin, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no archive")
    at = look_into(tmp_path / "broken.zip")
    assert not at.exception
    assert len(at.error) == 1


def test_a_second_upload_drops_the_first(home):
    first = incoming.open_upload("upload-1", zipped(**{"a.png": b"1"}))
    incoming.open_upload("upload-2", zipped(**{"b.png": b"2"}))
    assert not first.root.exists()


def test_a_folder_of_the_users_own_stays_where_it_is(home, films):
    source = incoming.open_folder(str(films))
    incoming.drop_all()
    assert source.root == source.folder == films
    assert films.is_dir()


def test_a_bomb_stays_in_the_archive_and_is_told(home):
    source = incoming.open_upload("bomb", zipped(**{"x.png": b"\0" * 30_000_000, "y.png": b"1"}))
    assert [path.name for path in source.folder.iterdir()] == ["y.png"]
    assert list(source.left_out.values()) == [1]


def test_what_is_no_archive_is_one_clear_line_and_leaves_nothing(home):
    with pytest.raises(UnreadableFile):
        incoming.open_upload("x", b"no archive")
    assert not incoming._waiting().exists()


@pytest.mark.parametrize("name", ["a b&c=d", "übung", "50%", "x#y?z", "*x* [y](z) <b>"])
def test_a_dataset_with_an_odd_name_opens_with_its_pictures(home, tmp_path, name):
    folder = tmp_path / name
    standin_home.write_dataset(folder, n_patients=1, seed=0)
    register(folder)
    at = open_app("data", dataset=name, tab="Look")
    assert not at.exception
    assert load_dataset(name).name == name
    assert f"data **{frame.plain(name)}**" in words(at)


def test_a_layout_that_was_taken_wrongly_can_be_changed(standin, films, started):
    (films / "labels.csv").write_text("path,label\nnormal/normal.png,normal\n")
    at = look_into(films)
    box = next(box for box in at.main.selectbox if box.label == "Layout")
    box.set_value("table").run()
    assert not at.exception
    press(at, "Index it")
    arguments = started[0][1]
    assert arguments[arguments.index("--format") + 1] == "table"
