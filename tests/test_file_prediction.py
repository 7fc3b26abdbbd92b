"""Single files: the gate before the model, the override beside the answer."""

import json
import math
import zipfile

import numpy as np
import pytest
from linear_classifier import LinearClassifier
from made_cards import make_card
from PIL import Image

from mammo_core.cli import main
from mammo_core.errors import UnreadableFile
from mammo_core.file_prediction import (
    OVERRIDE,
    FileAnswer,
    NamedFile,
    answer_file,
    answer_files,
    tabulate,
)
from mammo_core.file_sources import opening
from mammo_core.gate import check
from mammo_core.model_store import StoredModel
from mammo_core.paths import REPOSITORY
from mammo_core.synthetic_only import WARNING
from mammo_core.types import Verdict

FILM = next((REPOSITORY / "sample_data" / "dicom").rglob("*.dcm"))
CLASSES = ("normal", "malignant")
ACCEPTED = Verdict("accept", ())
REFUSED = Verdict("refuse", ("It is a cat",))


@pytest.fixture
def stored(tmp_path):
    card = make_card(threshold=0.25, input_shape=[64, 48, 1], preprocessing={"size": [64, 48]})
    return StoredModel(tmp_path, card)


@pytest.fixture
def noise(tmp_path):
    path = tmp_path / "noise.png"
    pixels = np.random.default_rng(0).integers(0, 255, (80, 64), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


class Asked:
    """Loads a model and counts how often it was loaded."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return LinearClassifier(np.random.default_rng(0).normal(size=(64, 48, 1)))


def test_a_refused_file_never_reaches_the_model(stored, noise):
    load = Asked()
    answer = answer_file(NamedFile("noise", noise), stored, load)
    assert answer.verdict.verdict == "refuse"
    assert (answer.probabilities, answer.prediction, answer.is_override) == (None, None, False)
    assert load.times == 0


def test_an_override_is_written_beside_the_answer(stored, noise):
    answer = answer_file(NamedFile("noise", noise), stored, Asked(), anyway=True)
    assert answer.verdict.verdict == "refuse"
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert answer.to_json()["override"] is True
    assert tabulate([answer], CLASSES, 0.5)[0]["override"] == OVERRIDE


def test_an_accepted_file_is_no_override_even_where_one_was_allowed(stored):
    answer = answer_file(NamedFile("film", FILM), stored, Asked(), anyway=True)
    assert answer.verdict.verdict == "accept"
    assert answer.probabilities is not None
    assert not answer.is_override


@pytest.mark.parametrize("saw_only_synthetic", [True, False])
def test_a_model_of_synthetic_images_warns_of_real_ones_alone(stored, noise, saw_only_synthetic):
    stored.card["dataset"] = {"name": "made", "synthetic": saw_only_synthetic}
    real, generated = (
        answer_file(NamedFile("x", path), stored, Asked(), anyway=True) for path in (noise, FILM)
    )
    assert (WARNING in real.to_json()["warning"]) == saw_only_synthetic
    assert generated.warning == ""


@pytest.mark.parametrize("kind", ["film", "noise", "damage"])
def test_the_verdict_is_the_gates_own(stored, noise, tmp_path, kind):
    (tmp_path / "damage.dcm").write_bytes(FILM.read_bytes()[:5000])
    path = {"film": FILM, "noise": noise, "damage": tmp_path / "damage.dcm"}[kind]
    by_gate = check(path)
    answer = answer_file(NamedFile("x", path), stored, Asked())
    assert answer.verdict.verdict == by_gate.verdict
    assert len(answer.verdict.reasons) == len(by_gate.reasons)


def test_what_cannot_be_read_has_no_answer_and_no_override(stored, tmp_path):
    (tmp_path / "a.dcm").write_bytes(b"nothing")
    answer = answer_file(NamedFile("a", tmp_path / "a.dcm"), stored, Asked(), anyway=True)
    assert (answer.probabilities, answer.is_override) == (None, False)


def test_the_file_on_disk_is_not_named_in_the_reasons(stored, tmp_path):
    (tmp_path / "0123456789.dcm").write_bytes(b"nothing")
    answer = answer_file(NamedFile("Doe", tmp_path / "0123456789.dcm"), stored, Asked())
    assert "0123456789" not in " ".join(answer.verdict.reasons)


def test_progress_counts_the_files_and_may_stop_between_them(stored, noise):
    seen = []

    def progress(done, total, doing):
        seen.append((done, total))

    files = [NamedFile(str(n), noise) for n in range(3)]
    assert len(list(answer_files(files, stored, Asked(), progress=progress))) == 3
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("p", "uncertainty", "margin"),
    [
        ({"a": 1.0, "b": 0.0}, 0.0, 1.0),
        ({"a": 0.5, "b": 0.5}, 1.0, 0.0),
        ({"a": 0.25, "b": 0.75}, -0.25 * math.log2(0.25) - 0.75 * math.log2(0.75), 0.5),
        ({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, 1.0, 0.0),
    ],
)
def test_uncertainty_is_the_normalized_entropy_and_margin_the_lead(p, uncertainty, margin):
    answer = FileAnswer("x", ACCEPTED, p)
    assert answer.uncertainty == pytest.approx(uncertainty)
    assert answer.margin == pytest.approx(margin)


def test_the_table_leaves_blank_what_was_not_asked():
    row = tabulate([FileAnswer("cat.jpg", REFUSED)], CLASSES, 0.5)[0]
    assert row["verdict"] == "refuse"
    assert row["reasons"] == "It is a cat"
    assert {row[name] for name in ("p_normal", "p_malignant", "called", "override")} == {""}


def test_called_begins_at_the_threshold():
    at, below = ({"normal": 1 - p, "malignant": p} for p in (0.25, 0.2499))
    rows = tabulate(
        [FileAnswer("x", ACCEPTED, at), FileAnswer("y", ACCEPTED, below)], CLASSES, 0.25
    )
    assert [row["called"] for row in rows] == [True, False]


def test_members_keep_their_names_in_the_answer_and_lose_them_on_disk(tmp_path, noise):
    archive = tmp_path / "exam.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(noise, "Jane Doe/left.png")
        file.write(noise, "Jane Doe/right.png")
    with opening([archive, noise]) as opened:
        names = [file.name for file in opened.files]
        paths = [file.path for file in opened.files[:2]]
        assert all(path.read_bytes() == noise.read_bytes() for path in paths)
        assert not [path for path in paths if "Doe" in str(path) or "left" in path.name]
    assert names == ["Jane Doe/left.png", "Jane Doe/right.png", str(noise)]
    assert not any(path.exists() for path in paths)


def test_a_member_that_points_outside_is_told_as_refused(tmp_path, noise):
    archive = tmp_path / "exam.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(noise, "a.png")
        file.writestr("../../b.png", b"x")
    with opening([archive]) as opened:
        assert [file.name for file in opened.files] == ["a.png"]
        assert [answer.verdict.verdict for answer in opened.left_out] == ["refuse"]


def test_a_missing_file_is_one_clear_line(tmp_path):
    with (
        pytest.raises(UnreadableFile, match="Expected a file, a folder or a zip archive"),
        opening([tmp_path / "gone.dcm"]),
    ):
        pass


def test_what_lies_below_a_folder_is_judged_file_by_file(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("b.png", "deep/a.png", ".hidden"):
        (tmp_path / "in" / name).write_bytes(b"x")
    with opening([tmp_path / "in"]) as opened:
        names = [file.name for file in opened.files]
    assert names == [str(tmp_path / "in" / "b.png"), str(tmp_path / "in" / "deep" / "a.png")]


def check_verb(capsys, *words):
    with pytest.raises(SystemExit) as end:
        main(["check", "--json", *map(str, words)])
    out, err = capsys.readouterr()
    return end.value.code or 0, json.loads(out) if out else None, err


def test_a_wrong_path_takes_no_answer_from_the_others(tmp_path, capsys, noise):
    (tmp_path / "b.png").write_bytes(b"no picture")
    paths = (noise, tmp_path / "gone.dcm", tmp_path / "b.png")
    code, answer, err = check_verb(capsys, *paths)
    assert code == 2
    assert "gone.dcm" in err.splitlines()[-1]
    assert [one["file"] for one in answer["files"]] == [str(noise), str(tmp_path / "b.png")]
    assert answer["missing"] == [str(tmp_path / "gone.dcm")]


def test_where_no_path_is_there_nothing_is_answered(tmp_path, capsys):
    code, answer, err = check_verb(capsys, tmp_path / "gone.dcm")
    assert (code, answer, len(err.splitlines())) == (2, None, 1)


def test_folders_and_archives_are_checked_file_by_file(tmp_path, capsys, noise):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.png").write_bytes(noise.read_bytes())
    with zipfile.ZipFile(tmp_path / "exam.zip", "w") as archive:
        archive.write(noise, "deep/a.png")
    code, answer, _ = check_verb(capsys, tmp_path / "in", tmp_path / "exam.zip")
    assert (code, answer["refuse"], answer["missing"]) == (0, 2, [])
    assert [one["file"] for one in answer["files"]] == [
        str(tmp_path / "in" / "b.png"),
        "deep/a.png",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gone.dcm"], "found none at gone.dcm"),
        (["gone.zip", "b.png"], "found none at gone.zip"),
        (["nonsense"], "Expected a dataset's folder or name"),
        (["nonsense", "--anyway"], "--anyway goes with files"),
        ([str(FILM), "--split", "test"], "--split goes with a dataset"),
    ],
)
def test_wrong_words_are_told_in_a_line(capsys, words, said):
    with pytest.raises(SystemExit) as end:
        main(["predict", "demo", *words])
    assert end.value.code == 2
    assert said in capsys.readouterr().err
