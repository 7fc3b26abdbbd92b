"""tf-keras-vis beside our maps on the Agreement tab: what is asked, and how its answer reads."""

import time

import numpy as np
import pytest
import standin_home
from page_runs import open_app, words

from mammo_core.errors import BadModel
from mammo_core.library_maps import LIBRARY_METHODS, LibraryMap
from mammo_ui import cross_check_tasks, dear_work

CASE = "S00002_LCC"
BUTTON = "Draw 6 maps by tf-keras-vis, too"


@pytest.fixture
def standin(home, monkeypatch):
    """The stand-in home; the cross-check runs here and at once, all else has no network."""
    standin_home.make_home(home)

    def run(self, doing, task, *arguments):
        if task is not cross_check_tasks.cross_check:
            raise BadModel("The stand-in for a model has no network")
        return task(*arguments)

    class Named:
        classes = standin_home.CLASSES

    monkeypatch.setattr(dear_work, "_BEGUN", {})
    monkeypatch.setattr("mammo_ui.worker.Worker.run", run)
    monkeypatch.setattr("mammo_ui.agreement_view._correlate", lambda *asked: ())
    monkeypatch.setattr("mammo_ui.model_tasks.keep_loaded", lambda stored: Named())
    monkeypatch.setattr(cross_check_tasks, "draw_maps", lambda names, methods: None)
    return home


def answer(monkeypatch, library):
    monkeypatch.setattr("mammo_core.cross_checks.ask_library", library)
    at = open_app("case", state={"case_tab": "Agreement"}, case=CASE)
    next(b for b in at.button if b.label == BUTTON).click()
    at.run()
    while dear_work._BEGUN:
        time.sleep(0.02)
        at.run()
    assert not at.exception
    return at


def draw(classifier, image, target, method, layers):
    shares = np.linspace(0, 1, image[..., 0].size, dtype=np.float32).reshape(image.shape[:2])
    near = 0.5 if method == "saliency" else 0.9
    return LibraryMap(method, shares, near, LIBRARY_METHODS[method].difference)


def test_each_map_of_the_library_has_its_correlation_and_its_known_difference(standin, monkeypatch):
    at = answer(monkeypatch, draw)
    told = words(at).replace("\\", "")
    assert "Saliency least (0.50)" in told
    table = at.table[0].value
    assert list(table["rank correlation"]) == ["0.900"] * 4 + ["0.500", "0.900"]
    assert list(table.iloc[:, -1]) == [one.difference for one in LIBRARY_METHODS.values()]
    assert BUTTON not in [b.label for b in at.button]


def test_a_model_that_the_library_cannot_take_is_told_once_with_the_reason(standin, monkeypatch):
    def refuse(classifier, image, target, method, layers):
        raise BadModel("tf-keras-vis fails on a Sequential model")

    at = answer(monkeypatch, refuse)
    told = [i.value for i in at.info if "Sequential" in i.value]
    assert len(told) == 1
    assert not at.table
