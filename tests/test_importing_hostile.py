"""Hostile and damaged models stay outside: one line of reason, nothing run, nothing left."""

import contextlib
import io
import json
import os
import random
import tempfile
import zipfile
from pathlib import Path

import foreign_files
import h5py
import keras
import numpy as np
import psutil
import pytest

from mammo_core.cli import main
from mammo_core.errors import BadConfiguration, BadModel, MammoError
from mammo_core.importing.copying import Copying
from mammo_core.importing.facts import Import
from mammo_core.importing.hdf5 import copy_hdf5
from mammo_core.importing.run import check_file, import_model

pytestmark = pytest.mark.usefixtures("home", "warm_reader")
TWO = ("benign", "malignant")
SPARE_BYTES = 150_000_000


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A functional model of two classes, as .keras and as .h5."""
    folder = tmp_path_factory.mktemp("foreign")
    model = foreign_files.randomize(foreign_files.functional())
    for ending in ("keras", "h5"):
        model.save(folder / f"good.{ending}")
    return folder


@pytest.fixture
def nothing_left(home, tmp_path, monkeypatch):
    """Fails a test that leaves a model, a half of one, or a copy of a file behind."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert not list((home / "models").glob("*") if (home / "models").is_dir() else [])
    assert not list((home / "models").glob(".*") if (home / "models").is_dir() else [])
    assert not list(scratch.iterdir())


def refuse(path, classes=TWO, kind=BadModel, **options):
    """The one line with which a file is refused."""
    with pytest.raises(kind) as caught:
        import_model(Import(file=path, classes=classes, **options), "theirs")
    line = str(caught.value)
    assert len(line) > 10
    return line


def change_layer(files, tmp_path, name, change):
    """The good model with the entry of one layer changed."""

    def rewrite(text):
        config = json.loads(text)
        for layer in config["config"]["layers"]:
            if layer["config"]["name"] == name:
                change(layer)
        return json.dumps(config).encode()

    return foreign_files.change_config(files / "good.keras", tmp_path / "bad.keras", rewrite)


def settings(**values):
    return lambda layer: layer["config"].update(values)


def entry(**values):
    return lambda layer: layer.update(values)


LAMBDA = {"class_name": "__lambda__", "config": {"value": ["4wEAAAA=", None, None]}}
HOSTILE = {
    "ten million units": ("head", settings(units=10_000_000), "10,000,000"),
    "units of nobody": ("head", settings(units=999), r"\(any, 999\), which the file does not"),
    "filters of nobody": ("first", settings(filters=640_000), r"640,000\), which the file does"),
    "a kernel of nobody": ("first", settings(kernel_size=[900, 900]), r"\(900, 900, any, 4\)"),
    "no units": ("head", settings(units=0), "from 1 on"),
    "units that are words": ("head", settings(units="many"), "from 1 on"),
    "units in brackets": ("head", settings(units=[7]), "from 1 on"),
    "a Lambda": ("head", entry(class_name="Lambda"), "never run"),
    "code for an activation": ("head", settings(activation=LAMBDA), "activation"),
    "another's activation": ("head", settings(activation="os.system"), "'os.system'"),
    "code among the settings": ("first", settings(padding=LAMBDA), "'__lambda__'"),
    "a layer of nobody": ("head", entry(class_name="MyDense"), "'MyDense'"),
    "a layer that reads files": ("head", entry(class_name="TFSMLayer"), "'TFSMLayer'"),
    "a vocabulary": ("head", entry(class_name="StringLookup"), "'StringLookup'"),
    "a recurrent layer": ("head", entry(class_name="LSTM"), "'LSTM'"),
    "a module of nobody": ("head", entry(module="evil.layers"), "'evil.layers'"),
    "a registered name": ("head", entry(registered_name="evil>Dense"), "'evil>Dense'"),
    "int8 weights": (
        "head",
        settings(dtype={"class_name": "QuantizedDTypePolicy", "config": {}}),
        "quantized",
    ),
    "a type as a connection": (
        "head",
        entry(inbound_nodes=[{"args": [{"class_name": "__typespec__"}], "kwargs": {}}]),
        "'__typespec__'",
    ),
    "channels first": ("second", settings(data_format="channels_first"), "channels first"),
    "a huge input": ("input", settings(batch_shape=[None, 9_000, 9_000, 1]), "16 to 4096"),
    "a tiny input": ("input", settings(batch_shape=[None, 4, 4, 1]), "16 to 4096"),
    "seven channels": ("input", settings(batch_shape=[None, 32, 24, 7]), "1 or 3 channels"),
    "an image of channels first": (
        "input",
        settings(batch_shape=[None, 1, 32, 24]),
        "it has them first",
    ),
    "no image": ("input", settings(batch_shape=[None, 32]), "a model of images"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_configuration_is_refused_by_its_words(name, files, tmp_path, nothing_left):
    layer, change, match = HOSTILE[name]

    def pick(one):
        return layer in ("input", one["config"]["name"]) and (
            layer != "input" or one["class_name"] == "InputLayer"
        )

    def rewrite(text):
        config = json.loads(text)
        [change(one) for one in config["config"]["layers"] if pick(one)]
        return json.dumps(config).encode()

    bad = foreign_files.change_config(files / "good.keras", tmp_path / "bad.keras", rewrite)
    size = psutil.Process().memory_info().rss
    with pytest.raises(BadModel, match=match), tempfile.TemporaryDirectory() as scratch:
        check_file(Import(file=bad, classes=TWO), Path(scratch))
    assert psutil.Process().memory_info().rss - size < SPARE_BYTES
    refuse(bad)


@pytest.mark.parametrize(
    ("layer", "change", "match"),
    [
        ("head", settings(use_bias=False), "not of one model"),
        ("first", settings(strides=[1, 1], padding="nonsense"), "do not fit together"),
        ("second", settings(groups=3), "do not fit together"),
    ],
)
def test_what_only_the_whole_network_shows_is_refused_before_it_is_built(
    layer, change, match, files, tmp_path, nothing_left
):
    assert match in refuse(change_layer(files, tmp_path, layer, change))


def save(tmp_path, *parts, shape=foreign_files.SHAPE):
    model = keras.Sequential([keras.Input(shape), *parts])
    model.save(tmp_path / "bad.keras")
    return tmp_path / "bad.keras"


def test_outputs_that_would_fill_the_memory_are_refused(tmp_path, nothing_left):
    layers = keras.layers
    huge = layers.UpSampling2D(64), layers.UpSampling2D(64)
    path = save(tmp_path, layers.Conv2D(2, 1), *huge, layers.GlobalAveragePooling2D())
    assert "numbers for one image" in refuse(path)


def test_work_without_end_is_refused(tmp_path, monkeypatch, nothing_left):
    from mammo_core.importing import foreign_network

    monkeypatch.setattr(foreign_network, "MAX_PRODUCTS", 10_000)
    path = save(tmp_path, keras.layers.Conv2D(2, 3), keras.layers.GlobalAveragePooling2D())
    assert "multiplies" in refuse(path)


@pytest.mark.parametrize(
    ("build", "match"),
    [
        (foreign_files.of_two_images, "one image, this one has several inputs"),
        (foreign_files.channels_first, "expects the channels first"),
        (lambda: foreign_files.functional("sigmoid", 3), "multi-label"),
    ],
)
def test_a_model_of_another_kind_is_refused(build, match, tmp_path, nothing_left):
    build().save(tmp_path / "other.keras")
    assert match in refuse(tmp_path / "other.keras", ("a", "b", "c"))


@pytest.mark.parametrize("classes", [("a", "b", "c"), ("a",), ("a", "a"), ("a", ""), ("a\n", "b")])
def test_another_number_of_classes_is_refused(classes, files, nothing_left):
    line = refuse(files / "good.h5", classes, MammoError)
    assert "class" in line


@pytest.mark.parametrize("name", ["../up", "a/b", "CON", ""])
def test_a_name_that_is_no_plain_name_is_refused(name, files, nothing_left):
    with pytest.raises(BadConfiguration, match="name"):
        import_model(Import(file=files / "good.keras", classes=TWO), name)


def rebuild(files, tmp_path, *, method=zipfile.ZIP_STORED, **changes):
    """The good archive with members replaced, added (bytes) or left out (None)."""
    with zipfile.ZipFile(files / "good.keras") as old:
        members = {name: old.read(name) for name in old.namelist()}
    members |= {name.replace("__", "."): content for name, content in changes.items()}
    with zipfile.ZipFile(tmp_path / "bad.keras", "w", method) as new:
        for name, content in members.items():
            if content is not None:
                new.writestr(name, content)
    return tmp_path / "bad.keras"


def test_an_inflated_member_is_refused_by_its_directory(files, tmp_path, nothing_left):
    path = rebuild(files, tmp_path, method=zipfile.ZIP_DEFLATED, config__json=b" " * 30_000_000)
    assert "declares 30,000,000 bytes" in refuse(path)


def test_what_lies_beside_network_and_weights_is_not_unpacked(files, tmp_path, home):
    path = rebuild(files, tmp_path, **{"../../outside": b"x", "assets/vocabulary": b"y"})
    import_model(Import(file=path, classes=TWO), "theirs")
    assert not list(tmp_path.rglob("outside"))
    assert not list(home.rglob("vocabulary"))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"config__json": None}, "lacks config.json"),
        ({"model.weights.h5": None}, "lacks model.weights.h5"),
        ({"config__json": b"{"}, "no JSON"),
        ({"config__json": b"[]"}, "another kind"),
        ({"config__json": b"[" * 100_000}, "no JSON"),
        ({"config__json": b"\xff\xfe"}, "Cannot read"),
        ({"config__json": b"{}"}, "kind of a layer"),
        ({"config__json": b'{"class_name": "\\ud800", "config": {}}'}, "surrogates"),
        ({"config__json": b'{"class_name": "Mine", "config": {}}'}, "'Mine'"),
        ({"config__json": b'{"class_name": "Functional", "config": {}}'}, "the layers"),
        ({"model.weights.h5": b"junk"}, "HDF5"),
        ({"model.weights.h5": b""}, "HDF5"),
    ],
)
def test_an_archive_without_its_parts_is_refused(changes, match, files, tmp_path, nothing_left):
    changes = {name.replace(".", "__") if name == "config.json" else name: content
               for name, content in changes.items()}  # fmt: skip
    assert match in refuse(rebuild(files, tmp_path, **changes))


def nest(depth):
    inner = {"class_name": "Sequential", "config": {"name": "s", "layers": [{}]}}
    config = inner
    for _ in range(depth):
        deeper = {"class_name": "Sequential", "config": {"name": "s", "layers": [{}]}}
        inner["config"]["layers"] = [deeper]
        inner = deeper
    return json.dumps(config).encode()


def test_models_nested_without_end_are_refused(files, tmp_path, nothing_left):
    assert "nested" in refuse(rebuild(files, tmp_path, config__json=nest(200)))


def test_layers_without_number_are_refused(files, tmp_path, nothing_left):
    flatten = {"class_name": "Flatten", "config": {"name": "f"}}
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [flatten] * 6_000}}
    line = refuse(rebuild(files, tmp_path, config__json=json.dumps(config).encode()))
    assert "at most 5,000 layers" in line


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "something else"),
        (os.urandom(5_000), "something else"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "HDF5"),
        (b"\x80\x04\x95 pickle", "something else"),
    ],
)
def test_junk_is_refused(content, match, tmp_path, nothing_left):
    (tmp_path / "junk.keras").write_bytes(content)
    assert match in refuse(tmp_path / "junk.keras")


def test_what_is_no_file_is_refused(tmp_path, nothing_left):
    assert "found none" in refuse(tmp_path / "absent.keras")
    assert "folder" in refuse(tmp_path).lower() or "Expected a file" in refuse(tmp_path)


def test_weights_alone_say_what_is_missing(tmp_path, nothing_left):
    foreign_files.functional().save_weights(tmp_path / "only.weights.h5")
    assert "without the network's configuration" in refuse(tmp_path / "only.weights.h5")


def elsewhere(file, folder):
    file["w"] = h5py.ExternalLink(str(folder / "other.h5"), "/secret")


def by_another_name(file, folder):
    file["first"] = np.zeros(3)
    file["second"] = file["first"]


def in_another_file(file, folder):
    (folder / "raw").write_bytes(b"\0" * 400)
    file.create_dataset("w", (100,), "f4", external=[(str(folder / "raw"), 0, 400)])


def virtual(file, folder):
    layout = h5py.VirtualLayout((100,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "w", (100,))
    file.create_virtual_dataset("w", layout)


HOLLOW = {
    "a link to another file": (elsewhere, "link to elsewhere"),
    "a link within": (lambda f, _: f.__setitem__("w", h5py.SoftLink("/x")), "link to elsewhere"),
    "a second name": (by_another_name, "second name"),
    "a loop": (lambda f, _: f.create_group("a").__setitem__("b", f["a"]), "second name"),
    "data in another file": (in_another_file, "another file"),
    "a virtual array": (virtual, "another file"),
    "an array that is not stored": (
        lambda f, _: f.create_dataset("w", (10**9,), "f4", chunks=(1000,)),
        "declare 4,000,000,000 bytes, of which the file stores 0",
    ),
    "an array squeezed to nothing": (
        lambda f, _: f.create_dataset("w", data=np.zeros(10**6, "f4"), compression="gzip"),
        "declare 4,000,000 bytes",
    ),
    "many that are not stored": (
        lambda f, _: [f.create_dataset(f"w{k}", (250_000,), "f4") for k in range(20)],
        "declare 20,000,000 bytes, expected at most",
    ),
    "texts": (lambda f, _: f.create_dataset("w", data=["a", "b"]), "another kind"),
    "groups without end": (lambda f, _: f.create_group("/".join("a" * 80)), "too deep"),
}


@pytest.mark.parametrize("name", HOLLOW)
def test_arrays_that_are_not_really_there_are_refused(name, tmp_path):
    write, match = HOLLOW[name]
    with h5py.File(tmp_path / "hollow.h5", "w") as file:
        write(file, tmp_path)
    size = (tmp_path / "hollow.h5").stat().st_size
    with pytest.raises(BadModel, match=match):
        copy_hdf5(Copying(tmp_path / "hollow.h5", tmp_path, size))
    assert not list(tmp_path.glob("*.npy"))


def test_a_stop_leaves_nothing(files, nothing_left):
    from mammo_core.errors import Cancelled

    def stop(done, total, doing):
        if done == 2:
            raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        import_model(Import(file=files / "good.keras", classes=TWO), "theirs", progress=stop)


def test_a_full_disk_leaves_nothing(files, monkeypatch, nothing_left):
    def fail(self, path, **options):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", fail)
    with pytest.raises(MammoError, match="No space left"):
        import_model(Import(file=files / "good.keras", classes=TWO), "theirs")


def damage(content, seed):
    """Truncated, or with a few bits flipped, anywhere or near the start."""
    rng = random.Random(seed)
    if seed % 3 == 0:
        return content[: rng.randrange(len(content))]
    spoiled = bytearray(content)
    for _ in range(1 + seed % 4):
        place = rng.randrange(len(content) if seed % 2 else min(2_000, len(content)))
        spoiled[place] ^= 1 << rng.randrange(8)
    return bytes(spoiled)


@pytest.mark.parametrize(
    ("ending", "seeds"),
    [
        ("keras", range(24)),
        ("h5", range(8)),
        pytest.param("keras", range(24, 400), marks=pytest.mark.slow),
        pytest.param("h5", range(8, 300), marks=pytest.mark.slow),
    ],
)
def test_damage_never_shows_a_traceback(ending, seeds, files, tmp_path, home, capsys):
    """In Keras's archives a checksum finds it; in plain HDF5 a changed number may come in."""
    content = (files / f"good.{ending}").read_bytes()
    for seed in seeds:
        path = tmp_path / f"spoiled.{ending}"
        path.write_bytes(damage(content, seed))
        with pytest.raises(SystemExit) as end:
            main(["import", str(path), "--name", f"m{seed}", "--classes", "a,b"])
        said = capsys.readouterr().err
        assert end.value.code in (0, 2), seed
        assert "Traceback" not in said
        assert (home / "models" / f"m{seed}").exists() == (end.value.code == 0)
    names = [path.name for path in (home / "models").glob("*")] if home.exists() else []
    assert all(name.startswith("m") for name in names)


def test_a_member_gives_no_more_than_it_declares():
    """The limit on declared sizes rests on this behavior of Python's zipfile."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"x" * 1_000)
    content = buffer.getvalue().replace((1_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert len(archive.read("a")) <= 10
