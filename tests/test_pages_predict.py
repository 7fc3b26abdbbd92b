"""The Predict page: verdict first, many files, overrides that stay beside their answer."""

import io
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import standin_home
from page_runs import open_app, words
from prediction_rows import make_predictions

from mammo_core.errors import MammoError
from mammo_core.file_prediction import FileAnswer
from mammo_core.model_store import find_model
from mammo_core.paths import REPOSITORY
from mammo_core.predictions import write_predictions
from mammo_core.types import Verdict
from mammo_ui import casework, frame, many_files, model_tasks, passing_files, uploads
from mammo_ui.batches import Batch, BroughtFile
from mammo_ui.case_maps import CONSTANT

CLASSES = standin_home.CLASSES
P = dict(zip(CLASSES, (0.2, 0.1, 0.7), strict=True))
FILM = next((REPOSITORY / "sample_data" / "dicom").rglob("*.dcm")).read_bytes()


@pytest.fixture
def standin(home):
    standin_home.make_home(home, n_patients=3)
    return home


def ask(upload, anyway):
    """A gate that accepts what begins with "film", and a model that says the same of all."""
    if upload.content.startswith(b"film"):
        return FileAnswer("", Verdict("accept", ()), P)
    return FileAnswer("", Verdict("refuse", ("no film",)), P if anyway else None, anyway)


def bring(*contents):
    return [BroughtFile(f"{n}.png", lambda c=content: c) for n, content in enumerate(contents)]


def run(brought, ask=ask):
    batch = Batch(brought, ask)
    batch.wait(20)
    return batch


def zipped(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.png", content)
    return stream.getvalue()


def test_each_file_gets_its_answer_under_the_name_that_its_user_knows():
    batch = run(bring(b"film a", b"cat"))
    assert [answer.file for answer in batch.answers] == ["0.png", "1.png"]
    assert [answer.prediction for answer in batch.answers] == ["malignant", None]
    assert not batch.is_running


def test_an_archives_members_stand_in_its_place(home):
    archive = BroughtFile("Exam.ZIP", lambda: zipped(left=b"film", right=b"film"))
    batch = run([*bring(b"film"), archive])
    assert [answer.file for answer in batch.answers] == ["0.png", "left.png", "right.png"]


def test_an_archive_that_is_none_is_told_by_its_name_and_the_other_files_go_on(home):
    batch = run([BroughtFile("broken.zip", lambda: b"no archive"), *bring(b"film")])
    (fault,) = batch.faults
    assert fault.startswith("broken.zip: Expected a zip archive")
    assert len(batch.answers) == 1


def test_nothing_of_an_archive_is_on_disk_and_each_file_can_be_read_again(home, tmp_path):
    lying = []

    def look(upload, anyway):
        lying.append([path for path in tmp_path.rglob("*") if path.is_file()])
        return ask(upload, anyway)

    batch = run([BroughtFile("exam.zip", lambda: zipped(Doe=b"film 1", Roe=b"film 2"))], look)
    assert lying == [[], []]
    assert [file.read() for file in batch.files] == [b"film 1", b"film 2"]


def test_a_damaged_member_is_refused_and_the_others_go_on(home):
    content = zipped(left=b"film left", right=b"film right")
    spoiled = content.replace(b"film left", b"xilm left", 1)
    batch = run([BroughtFile("exam.zip", lambda: spoiled)])
    assert [answer.verdict.verdict for answer in batch.answers] == ["refuse", "accept"]
    assert not batch.faults


def test_what_a_killed_server_left_is_swept_and_what_is_in_use_stays(home):
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    left = home / ".mammo" / "uploads" / f"{process.pid}-1"
    left.mkdir(parents=True)
    (left / "film.dcm").write_bytes(b"film")
    with uploads.as_file(uploads.receive("a.png", b"film")) as path:
        passing_files.sweep()
        assert path.is_file()
        assert path.is_relative_to(home / ".mammo" / "uploads")
    assert not left.exists()
    passing_files.remove_own()
    assert list((home / ".mammo" / "uploads").iterdir()) == []


def test_a_stop_keeps_what_is_known():
    reached, go_on = threading.Event(), threading.Event()

    def slow(upload, anyway):
        reached.set()
        go_on.wait(10)
        return ask(upload, anyway)

    batch = Batch(bring(b"film", b"film", b"film"), slow)
    reached.wait(10)
    batch.stop()
    go_on.set()
    batch.wait(10)
    assert len(batch.answers) == 1
    assert len(batch.files) == 3


def test_a_worker_that_ends_is_told_and_what_is_known_stays():
    def die(upload, anyway):
        if upload.content == b"film 2":
            raise MammoError("The process ended")
        return ask(upload, anyway)

    batch = run(bring(b"film 1", b"film 2", b"film 3"), die)
    assert batch.faults == ["The process ended"]
    assert len(batch.answers) == 1


def test_an_override_asks_the_model_and_is_written_in_the_table():
    batch = run(bring(b"film", b"cat", b"dog"))
    batch.override([1])
    rows = many_files.describe_answers(batch.answers, CLASSES, 0.5)
    assert [row["override"] for row in rows] == ["", "yes", ""]
    assert [row["prediction"] for row in rows] == ["malignant", "malignant", None]
    assert [row["verdict"] for row in rows] == ["✓ accepted", "✗ refused", "✗ refused"]


def test_the_threshold_calls_from_its_very_value():
    answers = [FileAnswer("x", Verdict("accept", ()), P)]
    called = [
        many_files.describe_answers(answers, CLASSES, threshold)[0]["called"]
        for threshold in (0.7, 0.71)
    ]
    assert called == ["yes", "no"]


def test_reasons_tell_why_a_file_was_not_accepted_and_notes_the_rest():
    answers = [
        FileAnswer("a", Verdict("accept", ("Side R read from the picture",)), P),
        FileAnswer("b", Verdict("refuse", ("no film",))),
    ]
    rows = many_files.describe_answers(answers, CLASSES, 0.5)
    assert [row["reasons"] for row in rows] == ["", "no film"]
    assert [row["notes"] for row in rows] == ["Side R read from the picture", ""]


def test_no_name_of_an_upload_reaches_the_disk(home):
    seen = []
    upload = uploads.receive("Doe^Jane 1950-01-02.dcm", b"film")
    with uploads.as_file(upload) as path:
        seen.append(str(path))
    assert "Doe" not in seen[0]
    assert path.suffix == ".dcm"
    assert not path.exists()


@pytest.fixture
def page(standin, monkeypatch):
    """The Predict page with files brought, its worker replaced by a model that says the same."""

    def answer(doing, task, model_id, path, *rest):
        assert "Doe" not in doing
        if task is model_tasks.answer_file:
            return ask(uploads.receive("x", Path(path).read_bytes()), rest[0])
        return model_tasks.FilePrediction(P, "malignant", {"saliency": None})

    monkeypatch.setattr(uploads.WORKER, "run", answer)
    at = open_app("predict")

    def bring_files(*files):
        at.file_uploader[0].set_value([(name, content, "image/png") for name, content in files])
        at.run()
        return at

    return bring_files


def test_a_method_without_a_map_says_why_in_its_own_place(monkeypatch):
    shown = []
    monkeypatch.setattr(casework, "show_viewer", lambda panels, **_: shown.extend(panels))
    maps, refusals = {"grad_cam": None, "saliency": None}, {"grad_cam": "There is no layer"}
    prediction = model_tasks.FilePrediction(P, "malignant", maps, refusals)
    casework.show_upload(SimpleNamespace(picture="data:", aspect=1.0), prediction)
    assert [panel.title for panel in shown] == ["Original", "Grad-CAM", "Saliency"]
    assert [panel.message for panel in shown[1:]] == ["There is no layer", CONSTANT]


def test_the_verdict_comes_before_the_prediction_and_the_answer_can_be_taken_along(page):
    at = page(("Doe.dcm", FILM))
    assert not at.exception
    assert "accepts it as a mammogram" in at.success[0].value
    assert "malignant 0.70: **called**" in words(at)
    labels = [button.label for button in at.get("download_button")]
    assert labels == ["CSV", "JSON"]


def test_a_refused_file_is_not_predicted_until_the_user_insists_which_is_written(page, standin):
    picture = next((standin / ".mammo/datasets/exams/images").glob("S*.png")).read_bytes()
    at = page(("holiday.png", picture))
    assert not at.get("download_button")
    assert "malignant 0.70" not in words(at)
    at.toggle[0].set_value(True).run()
    assert "malignant 0.70" in words(at)
    assert "because you wanted it" in words(at)


def test_many_files_become_a_table_and_one_row_opens(page):
    at = page(("film.dcm", b"film"), ("cat.png", b"cat"))
    at.session_state["batch"][1].wait(10)
    at.run()
    assert not at.exception
    assert "**2 files**" in words(at)
    at.session_state["answers"] = {"selection": {"rows": [1], "columns": []}}
    at.run()
    assert at.subheader[0].value == frame.plain("cat.png")
    assert "refuses it" in at.error[0].value


def test_a_picked_file_that_was_answered_can_be_taken_along_beside_all_of_them(page):
    at = page(("one.dcm", FILM), ("two.dcm", FILM))
    at.session_state["batch"][1].wait(10)
    at.session_state["answers"] = {"selection": {"rows": [0], "columns": []}}
    at.run()
    assert not at.exception
    assert "malignant 0.70: **called**" in words(at)
    assert [button.label for button in at.get("download_button")] == ["CSV", "JSON"] * 2


@pytest.fixture
def with_validation(standin):
    """The model keeps what it said of validation images, all of them surer than of `P`."""
    sure = np.tile([0.04, 0.01, 0.95], (120, 1))
    names = [f"p_{name}" for name in CLASSES]
    frame = make_predictions(30).assign(split="val", **dict(zip(names, sure.T, strict=True)))
    facts = {"model_sha256": find_model("demo").sha256, "dataset_fingerprint": "0", "split": "val"}
    write_predictions(standin / "models" / "demo" / "validation.parquet", frame, facts)


def test_a_file_that_the_model_is_less_sure_of_than_of_validation_is_referred(
    with_validation, page
):
    at = page(("Doe.dcm", FILM))
    assert "Refer to a radiologist" in at.warning[-1].value
    assert "120 images, 30 patients" in at.warning[-1].value
    assert "Left open: **" in words(at)


def test_without_validation_images_there_is_no_limit_and_it_says_so(page):
    at = page(("Doe.dcm", FILM))
    assert "No limit to refer by" in words(at)
    assert "Refer to a radiologist" not in words(at)


def test_the_table_of_many_files_says_whom_to_refer(with_validation, page):
    at = page(("film.dcm", b"film"), ("cat.png", b"cat"))
    at.session_state["batch"][1].wait(10)
    at.run()
    assert "**1** to refer" in words(at)
    assert list(at.dataframe[0].value["refer"].fillna("")) == ["yes", ""]


def test_an_answer_taken_along_as_json_has_its_override():
    answer = FileAnswer("cat.png", Verdict("refuse", ("no film",)), P, is_override=True)
    assert json.loads(json.dumps(answer.to_json()))["override"] is True


def test_files_that_were_brought_are_there_when_the_page_is_come_back_to(page):
    at = page(("film.dcm", b"film"), ("cat.png", b"cat"))
    at.session_state["batch"][1].wait(10)
    at.file_uploader[0].set_value([])
    at.run()
    assert not at.exception
    assert "**2 files**" in words(at)
    next(button for button in at.button if button.label == "Forget them").click().run()
    assert "Bring an image" in at.info[0].value
    assert "batch" not in at.session_state
