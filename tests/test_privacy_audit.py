"""No verb leaves a trace of a patient behind: not on disk, not on the screen, not in a warning."""

import io
import json
import random
import sys
import zipfile
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from identified_file import DATE, TRACES, WORD, write_identified
from linear_classifier import LinearClassifier
from made_files import write_dicom
from standin_home import MODEL, write_card

from mammo_core.cli import main
from mammo_core.paths import models_folder
from mammo_core.privacy import hide_id

IN_A_PATH = "images"
"""What the user called a folder; paths of the user's own may be shown and kept."""


@pytest.fixture
def disc(tmp_path):
    """Three images full of traces, one of them not to be read, and what is no mammogram."""
    folder = tmp_path / IN_A_PATH
    for number in (0, 5):
        write_identified(folder / f"{number}.dcm", number, in_kept_texts=False)
    whole = write_identified(folder / "cut.dcm", 9, in_kept_texts=False).read_bytes()
    (folder / "cut.dcm").write_bytes(whole[: len(whole) // 3])
    values = whole.replace(DATE.encode(), f"{WORD}07".encode()).replace(b"099Y", b"0CAN")
    (folder / "wrong_values.dcm").write_bytes(values)
    write_dicom(folder / "ct.dcm", Modality="CT", PatientName=WORD, StudyDescription=WORD)
    write_dicom(folder / "blank.dcm", PatientName=WORD, PatientID=WORD, ImageComments=WORD)
    return folder


@pytest.fixture
def standin(home, monkeypatch):
    """A model in the home whose network is a linear one."""
    write_card(models_folder() / MODEL)
    keras = ModuleType("keras_classifier")
    weights = np.random.default_rng(0).normal(size=(96, 64, 1))
    keras.load_classifier = lambda model: Three(weights)
    start = ModuleType("tensorflow_start")
    start.start_tensorflow = lambda progress=None: None
    monkeypatch.setitem(sys.modules, "mammo_core.keras_classifier", keras)
    monkeypatch.setitem(sys.modules, "mammo_core.tensorflow_start", start)
    return MODEL


class Three(LinearClassifier):
    """A linear classifier of three classes."""

    classes = ("normal", "benign", "malignant")

    def predict(self, images):
        return np.full((len(images), 3), 1 / 3, np.float32)

    def logits(self, images):
        return np.zeros((len(images), 3), np.float32)


class Witness:
    """All that a run says and writes."""

    def __init__(self, capsys, recwarn, caplog):
        self._capsys, self._warned, self._logged = capsys, recwarn, caplog
        self.said = ""

    def run(self, *words):
        """The exit code of a verb."""
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        shown = self._capsys.readouterr()
        self.said += shown.out + shown.err + self._logged.text
        self.said += "".join(str(one.message) for one in self._warned)
        return end.value.code or 0

    def traces(self, *folders):
        """Which traces were said, or stand in a file or a file's name below the folders."""
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        content = b"".join(map(read_all, files)) + "".join(map(str, files)).encode()
        return [trace for trace in TRACES if trace in content + self.said.encode()]


@pytest.fixture
def witness(capsys, recwarn, caplog):
    return Witness(capsys, recwarn, caplog)


def read_all(path):
    """A file's bytes, and what it says where it is packed."""
    content = path.read_bytes()
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        content += frame.to_csv().encode() + json.dumps(frame.attrs, default=str).encode()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content += b"".join(archive.read(name) for name in archive.namelist())
    return content


def test_the_witness_sees_what_is_said_and_what_is_written(tmp_path, witness, capsys):
    pd.DataFrame({"a": [WORD] * 100}).to_parquet(tmp_path / "a.parquet")
    assert witness.traces(tmp_path) == [WORD.encode()]
    assert witness.run("index", tmp_path / DATE, "--out", tmp_path / "x") == 2
    assert DATE.encode() in witness.traces()


def test_from_a_disc_to_predictions_no_trace_is_left(disc, home, tmp_path, standin, witness):
    data = tmp_path / "data"
    assert witness.run("check", *sorted(disc.iterdir())) == 0
    assert witness.run("index", disc, "--dry-run") == 0
    assert witness.run("index", disc, "--out", data) == 0
    assert witness.run("quality", data) == 0
    assert witness.run("prepare", data, "--size", "96x64") == 0
    assert witness.run("decide", data) == 0
    assert witness.run("predict", standin, data) == 0
    assert witness.run("predict", standin, *disc.iterdir(), "--out", tmp_path / "answers.csv") == 0
    index = pd.read_parquet(data / "index.parquet")
    assert len(index) >= 2
    case = (standin, index["image_id"].iloc[0], "--dataset", data)
    assert witness.run("erase", *case, "--region", "top:edges:0.1") == 0
    assert witness.run("export", *case, "--methods", "edges", "--out", tmp_path / "maps") == 0
    assert len(list((tmp_path / "maps").iterdir())) == 4
    assert witness.traces(home, data, tmp_path / "maps") == []
    assert not [trace for trace in TRACES if trace in (tmp_path / "answers.csv").read_bytes()]


def test_from_an_archive_only_the_unpacked_files_keep_what_they_are(disc, home, tmp_path, witness):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for file in disc.iterdir():
            archive.write(file, f"CANARY_DOE/{file.name}")
    assert witness.run("index", tmp_path / "in.zip", "--out", tmp_path / "data") == 0
    written = [path for path in (tmp_path / "data").iterdir() if path.is_file()]
    content = b"".join(map(read_all, written))
    assert not [trace for trace in TRACES if trace in content.replace(b"CANARY_DOE", b"")]
    assert witness.traces(home) == []


@pytest.mark.parametrize("layout", ["class_folders", "table"])
def test_other_layouts_keep_no_trace_of_headers(disc, home, tmp_path, witness, layout):
    for name in ("benign", "malignant"):
        (tmp_path / "root" / name).mkdir(parents=True)
    for n, file in enumerate(sorted(disc.iterdir())):
        file.rename(tmp_path / "root" / ("benign", "malignant")[n % 2] / file.name)
    if layout == "table":
        files = sorted((tmp_path / "root").rglob("*.dcm"))
        lines = [f"{file.relative_to(tmp_path / 'root')},{file.parent.name}" for file in files]
        (tmp_path / "root" / "labels.csv").write_text("path,label\n" + "\n".join(lines))
    data = tmp_path / "data"
    assert witness.run("index", tmp_path / "root", "--out", data, "--format", layout) == 0
    assert witness.run("prepare", data, "--size", "96x64") == 0
    assert witness.traces(home, data) == []


def test_ids_of_a_table_are_hidden_where_it_is_asked_for(disc, home, tmp_path, witness):
    lines = [
        f"{file.name},{label},{WORD}{label},{WORD}-E,{WORD}-{n}"
        for n, (file, label) in enumerate(zip(sorted(disc.iterdir()), "ababab", strict=False))
    ]
    heading = "path,label,patient_id,exam_id,image_id"
    (disc / "labels.csv").write_text("\n".join([heading, *lines]))
    assert witness.run("index", disc, "--out", tmp_path / "data", "--hide-ids") == 0
    assert witness.run("prepare", tmp_path / "data", "--size", "96x64") == 0
    assert witness.traces(home, tmp_path / "data") == []
    index = pd.read_parquet(tmp_path / "data" / "index.parquet")
    assert set(index["patient_id"]) <= {hide_id(f"{WORD}a"), hide_id(f"{WORD}b")}


def test_damage_anywhere_is_told_without_the_headers_words(home, tmp_path, witness):
    whole = write_identified(tmp_path / "whole.dcm", in_kept_texts=False).read_bytes()
    dice = random.Random(0)
    for k in range(12):  # so few that no further process starts
        content = bytearray(whole[: dice.randrange(200, 80_000)] if k % 3 == 0 else whole)
        for _ in range(20):
            content[dice.randrange(132, min(len(content), 100_000))] = dice.randrange(256)
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{k}.dcm").write_bytes(content)
    assert witness.run("check", *sorted((tmp_path / "in").iterdir())) == 0
    witness.run("index", tmp_path / "in", "--out", tmp_path / "data", "--format", "dicom_folder")
    witness.run("deidentify", tmp_path / "in", "--out", tmp_path / "clean")
    assert witness.traces(home, tmp_path / "data", tmp_path / "clean") == []
