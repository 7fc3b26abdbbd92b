"""Small things that many tests start from."""

import functools
import gc
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
import standin_home
from file_groups import FileGroups, rank
from linear_classifier import LinearClassifier
from page_runs import open_app
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner
from warm_reader import WarmReader

from mammo_core.errors import BadModel


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Where tests run on several processes, what costs a start is paid once."""
    return FileGroups(config, log)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: rank(item.path))


def pytest_collection_finish():
    """What is imported by now stays, so no garbage is looked for in it."""
    gc.collect()
    gc.freeze()


OWN_MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def own_main():
    """Streamlit leaves a page's script as `__main__`, which spawned processes would run again."""
    sys.modules["__main__"] = OWN_MAIN
    yield
    sys.modules["__main__"] = OWN_MAIN


@pytest.fixture(scope="session", autouse=True)
def cheap_page_runs():
    """What Streamlit does at each run of a page is done once a process, or when it is due.

    Packages with components are looked for once (.3 s each time), and garbage is collected when
    Python finds it worth it, not after each run (.2 s and more where so much is imported).
    """
    with pytest.MonkeyPatch.context() as patch:
        found = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        patch.setattr(script_runner, "gc", SimpleNamespace(collect=lambda generation: 0))
        yield


@pytest.fixture
def linear_classifier():
    return LinearClassifier(np.random.default_rng(0).normal(size=(12, 10, 1)))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty MAMMO_HOME of this test's own."""
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="session")
def made_home(tmp_path_factory):
    """The stand-in home; a file that needs another overrides it."""
    folder = tmp_path_factory.mktemp("home")
    standin_home.make_home(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAMMO_HOME", str(folder))
        open_app()  # leaves its evaluation in the home, so that each test finds it there
    return folder


@pytest.fixture
def standin(made_home, tmp_path, monkeypatch):
    """A copy of the made home for this test alone."""
    shutil.copytree(made_home, tmp_path / "home")
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def absent_network(monkeypatch):
    """What a home without networks says, said without starting TensorFlow to find it out."""

    def refuse(self, doing, task, *arguments):
        raise BadModel("The stand-in for a model has no network")

    monkeypatch.setattr("mammo_ui.worker.Worker.run", refuse)


@pytest.fixture(scope="session")
def running_reader():
    """One process for all guarded readings."""
    reader = WarmReader()
    yield reader
    reader.close()


@pytest.fixture
def warm_reader(running_reader, monkeypatch):
    """Files of an import are read by a process that waits already."""
    monkeypatch.setattr("mammo_core.importing.copying.read_guarded", running_reader)
    return running_reader


@pytest.fixture(scope="session")
def real_data():
    """The folder of real mammograms; skips the test where MAMMO_REAL_DATA is not set."""
    folder = os.environ.get("MAMMO_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("MAMMO_REAL_DATA names no folder of real mammograms")
    return Path(folder).resolve()
