"""HDF5 damaged where its structure lies: whatever the library does, a line of reason comes."""

import random
import struct
import tempfile
import zipfile
from pathlib import Path

import foreign_files
import h5py
import keras
import numpy as np
import pytest
import spoiling_work

from mammo_core.architectures.weight_files import StoredWeights, WeightCopy, copy_weights
from mammo_core.cli import main
from mammo_core.errors import BadModel, UnreadableFile
from mammo_core.guarded_reading import Bounds
from mammo_core.importing import copying, hdf5
from mammo_core.importing.facts import Import
from mammo_core.importing.run import import_model
from mammo_core.model_store import find_model, list_models

pytestmark = pytest.mark.usefixtures("home")
FORMS = ("keras", "h5", "weights.h5")
WORDS = (0, 1, 8, 0x7FFFFFFF, 0xFFFFFFFF, 2**40, 2**63 - 1, 2**64 - 1)
MEMBER = "model.weights.h5"
TWO = ("benign", "malignant")
AMPLE = Bounds(60, 2_000_000_000)
SEEDS = range(100, 400)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The bytes of a small model in every form."""
    folder = tmp_path_factory.mktemp("good")
    model = foreign_files.randomize(foreign_files.functional())
    for form in FORMS[:2]:
        model.save(folder / f"model.{form}")
    model.save_weights(folder / "model.weights.h5")
    return {form: (folder / f"model.{form}").read_bytes() for form in FORMS}


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """Where temporary files go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def spoil(content, rng):
    """HDF5 cut, with bits turned, or with words of a lie in its structure."""
    spoiled = bytearray(content)
    kind = rng.randrange(4)
    if kind == 0:
        return bytes(spoiled[: rng.randrange(9, len(spoiled))])
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        place = rng.randrange(8, len(spoiled) - 8)
        if kind == 1:
            spoiled[place] ^= 1 << rng.randrange(8)
            continue
        word = rng.choice((*WORDS, rng.randrange(len(content)) & ~7))
        spoiled[place & ~7 : (place & ~7) + 8] = struct.pack("<Q", word)
    return bytes(spoiled)


def write_spoiled(good, form, seed, folder):
    """A damaged file; in an archive the weights are, whose checksum is made to fit."""
    rng = random.Random(seed)
    path = folder / f"spoiled.{form}"
    if form != "keras":
        path.write_bytes(spoil(good[form], rng))
        return path
    (folder / "good").write_bytes(good[form])
    with zipfile.ZipFile(folder / "good") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, spoil(content, rng) if name == MEMBER else content)
    return path


@pytest.mark.parametrize(
    ("form", "seeds"),
    [
        ("keras", range(12)),
        ("h5", range(12)),
        ("weights.h5", range(8)),
        pytest.param("keras", SEEDS, marks=pytest.mark.slow),
        pytest.param("h5", SEEDS, marks=pytest.mark.slow),
        pytest.param("weights.h5", SEEDS, marks=pytest.mark.slow),
    ],
)
def test_a_damaged_structure_is_told_in_a_line(
    form, seeds, good, tmp_path, home, scratch, capsys, warm_reader
):
    for seed in seeds:
        path = write_spoiled(good, form, seed, tmp_path)
        with pytest.raises(SystemExit) as end:
            main(["import", str(path), "--name", f"m{seed}", "--classes", "a,b"])
        said = capsys.readouterr().err
        assert end.value.code in (0, 2), seed
        assert end.value.code == 0 or (len(said) > 10 and said.count("\n") == 1), (seed, said)
        assert "Traceback" not in said
        assert (home / "models" / f"m{seed}").exists() == (end.value.code == 0)
        assert not list(scratch.iterdir()), seed


@pytest.mark.parametrize("seeds", [range(8), pytest.param(SEEDS, marks=pytest.mark.slow)])
@pytest.mark.parametrize("form", FORMS)
def test_first_weights_out_of_a_damaged_structure_are_copied_or_refused(
    form, seeds, good, tmp_path, running_reader
):
    for seed in seeds:
        path = write_spoiled(good, form, seed, tmp_path)
        try:
            answer = running_reader(
                copy_weights, WeightCopy(path, tmp_path / "c.npz", 10**6), AMPLE
            )
        except UnreadableFile as lost:
            answer = str(lost)
        assert isinstance(answer, StoredWeights) or len(answer.splitlines()) == 1, seed


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (spoiling_work.crash, "its reading ended the process that tried"),
        (spoiling_work.hang, "its reading took more than"),
    ],
)
@pytest.mark.parametrize("form", FORMS[:2])
def test_a_file_that_kills_or_holds_its_reader_is_refused_in_a_line(
    form, work, told, good, tmp_path, scratch, monkeypatch
):
    monkeypatch.setattr(hdf5, "copy_hdf5", work)
    monkeypatch.setattr(copying, "READER_SECONDS", 1 if work is spoiling_work.hang else 60)
    (tmp_path / f"theirs.{form}").write_bytes(good[form])
    with pytest.raises(BadModel, match=f"^The file is damaged: {told}[^\n]*$"):
        import_model(Import(file=tmp_path / f"theirs.{form}", classes=TWO), "theirs")
    assert not list(scratch.iterdir())
    assert list_models() == []


@pytest.mark.parametrize("form", FORMS[:2])
def test_only_files_of_our_own_are_opened_as_hdf5_where_keras_runs(
    form, good, tmp_path, monkeypatch, warm_reader
):
    opened = []

    class Noting(h5py.File):
        def __init__(self, name, mode="r", **options):
            if mode == "r":
                opened.append(Path(name).read_bytes())
            super().__init__(name, mode, **options)

    path = tmp_path / f"theirs.{form}"
    path.write_bytes(good[form])
    with monkeypatch.context() as patch:
        patch.setattr(h5py, "File", Noting)
        import_model(Import(file=path, classes=TWO), "theirs")
    assert opened
    assert unpack(path) not in opened
    saved = keras.models.load_model(find_model("theirs").file)
    genuine = foreign_files.randomize(foreign_files.functional())
    for ours, theirs in zip(saved.get_weights(), genuine.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def unpack(path):
    """The bytes of a file's HDF5 part."""
    if path.suffix != ".keras":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read(MEMBER)
