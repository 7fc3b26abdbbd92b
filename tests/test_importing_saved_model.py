"""SavedModel folders: what names its layers is rebuilt, what only runs stays outside."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import foreign_files
import keras
import numpy as np
import pytest
import tensorflow as tf

from mammo_core.errors import BadModel
from mammo_core.importing import copying
from mammo_core.importing.facts import Import
from mammo_core.importing.run import import_model
from mammo_core.model_store import find_model, list_models

pytestmark = pytest.mark.usefixtures("home")
TWO = ("benign", "malignant")


@pytest.fixture(autouse=True)
def read_here(monkeypatch):
    """Checkpoints are read in this process: TensorFlow starts slowly in one of its own."""
    monkeypatch.setattr(copying, "read_guarded", lambda work, task, bounds: work(task))


@pytest.fixture
def model():
    return foreign_files.randomize(foreign_files.functional())


@pytest.fixture
def folder(model, tmp_path):
    return foreign_files.write_saved_model(model, tmp_path / "theirs")


def take_in(folder):
    return import_model(Import(file=folder, classes=TWO), "theirs")


def refuse(folder, match):
    with pytest.raises(BadModel, match=match):
        take_in(folder)
    assert list_models() == []


def test_a_folder_of_keras_2_says_here_what_it_said_there(folder, model):
    answer = take_in(folder)
    saved = keras.models.load_model(find_model("theirs").file)
    images = np.random.default_rng(0).random((3, *foreign_files.SHAPE), dtype=np.float32)
    np.testing.assert_array_equal(saved(images), model(images))
    assert answer["layers"] == ["first", "second"]
    assert find_model("theirs").card["training"]["format"] == "Keras 2 SavedModel"


@pytest.mark.parametrize("inside", [".", "outer/theirs"])
def test_a_zip_of_the_folder_is_the_folder(folder, model, tmp_path, inside):
    shutil.copytree(folder, tmp_path / "packed" / inside, dirs_exist_ok=True)
    shutil.make_archive(tmp_path / "packed", "zip", tmp_path / "packed")
    take_in(tmp_path / "packed.zip")
    saved = keras.models.load_model(find_model("theirs").file)
    images = np.random.default_rng(0).random((2, *foreign_files.SHAPE), dtype=np.float32)
    np.testing.assert_array_equal(saved(images), model(images))


def pack(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("members", "match"),
    [
        ({"a/saved_model.pb": b"", "b/saved_model.pb": b""}, "found 2"),
        ({"../saved_model.pb": b""}, "outside of the folder"),
        ({"saved_model.pb": b"", "huge": bytes(10**8)}, "huge: It inflates"),
        ({"saved_model.pb": b""}, "exported SavedModel"),
        ({"saved_model.pb": b"", "inner.zip": b""}, "archive within"),
    ],
)
def test_an_archive_of_anything_else_is_refused(tmp_path, members, match):
    refuse(pack(tmp_path / "packed.zip", members), match)


def test_what_was_unpacked_goes_with_the_import(folder, tmp_path, monkeypatch):
    shutil.make_archive(tmp_path / "packed", "zip", folder)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    take_in(tmp_path / "packed.zip")
    assert not list(scratch.iterdir())


def test_an_exported_graph_is_refused_with_what_to_do(folder):
    (folder / "keras_metadata.pb").unlink()
    refuse(folder, r"not run here; save it there with model.save")


@pytest.fixture
def hostile_graph(tmp_path):
    """An exported graph that writes a file when it is run; (saved_model.pb, that file)."""
    canary = tmp_path / "canary"

    class Theirs(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def __call__(self, image):
            tf.io.write_file(str(canary), "run")
            return image

    tf.saved_model.save(Theirs(), str(tmp_path / "exported"))
    tf.saved_model.load(str(tmp_path / "exported"))([1.0])
    canary.unlink()  # it is as hostile as it says
    return tmp_path / "exported" / "saved_model.pb", canary


def test_an_exported_graph_is_neither_loaded_nor_run(hostile_graph):
    graph, canary = hostile_graph
    code = (
        "import sys, pathlib\n"
        "from mammo_core.errors import BadModel\n"
        "from mammo_core.importing.facts import Import\n"
        "from mammo_core.importing.run import import_model\n"
        "try:\n"
        "    import_model(Import(file=pathlib.Path(sys.argv[1]), classes=('a', 'b')), 'theirs')\n"
        "except BadModel as error:\n"
        "    assert 'model.save' in str(error), error\n"
        "    sys.exit(7 if 'tensorflow' in sys.modules else 0)\n"
    )
    root = Path(__file__).parents[1]
    result = subprocess.run([sys.executable, "-c", code, graph.parent], cwd=root, check=False)
    assert result.returncode == 0
    assert not canary.exists()


def test_a_graph_beside_named_layers_is_not_run_either(hostile_graph, folder):
    graph, canary = hostile_graph
    shutil.copyfile(graph, folder / "saved_model.pb")
    take_in(folder)
    assert not canary.exists()


def test_another_folder_is_refused(tmp_path):
    refuse(tmp_path, "is neither")


def test_weights_of_another_model_are_refused(folder, tmp_path):
    other = foreign_files.functional(units=5)
    foreign_files.write_saved_model(other, tmp_path / "other")
    for file in (tmp_path / "other" / "variables").iterdir():
        file.replace(folder / "variables" / file.name)
    refuse(folder, "which the file does not hold")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "names no model"),
        (b"junk", "damaged|names no model"),
        (b"\x0a\xff\xff\xff\xff\x7f", "cut off"),
        (b"\xff" * 20, "too long"),
        (foreign_files.field(1, foreign_files.field(3, b"root")), "damaged"),
        (
            foreign_files.field(
                1, foreign_files.field(3, b"root") + foreign_files.field(5, b'{"name": "mine"}')
            ),
            "subclassed",
        ),
    ],
)
def test_a_damaged_description_is_refused(content, match, folder):
    (folder / "keras_metadata.pb").write_bytes(content)
    refuse(folder, match)


@pytest.mark.parametrize("name", ["variables.index", "variables.data-00000-of-00001"])
def test_missing_or_cut_weights_are_refused(name, folder):
    path = folder / "variables" / name
    path.write_bytes(path.read_bytes()[:-20])
    refuse(folder, "weights")
    path.unlink()
    refuse(folder, "Cannot read the weights")
