"""The Erase tab: what is asked of the worker, and how its answer reads."""

import re
import time

import numpy as np
import pytest
import standin_home
from linear_classifier import LinearClassifier
from page_runs import open_app, words

from mammo_core.errors import BadModel
from mammo_core.model_store import find_model
from mammo_ui import dear_work
from mammo_ui.erase_tasks import erase_case

CASE = "S00002_LCC"


class ThreeClasses(LinearClassifier):
    """The bright sum for malignant, against it for normal; benign never changes."""

    classes = standin_home.CLASSES

    def logits(self, images):
        z = np.tensordot(images, self.weights, axes=3)
        return np.stack([-z, 0 * z, z], axis=1).astype(np.float32)


@pytest.fixture
def standin(home, monkeypatch):
    """The stand-in home; erasing is done here and at once, on a model with a closed form."""
    standin_home.make_home(home)

    def run(self, doing, task, *arguments):
        if task is not erase_case:
            raise BadModel("The stand-in for a model has no network")
        return task(*arguments)

    def load(stored):
        rows, columns, channels = stored.input_shape
        return ThreeClasses(np.full((rows, columns, channels), 1 / (rows * columns * channels)))

    monkeypatch.setattr(dear_work, "_BEGUN", {})
    monkeypatch.setattr("mammo_ui.worker.Worker.run", run)
    monkeypatch.setattr("mammo_ui.model_tasks.keep_loaded", load)
    return home


def open_tab(case=CASE):
    return open_app("case", state={"case_tab": "Erase"}, case=case)


def button(at):
    return next(b for b in at.button if b.label == "Erase and predict again")


def choose(at, label, value):
    next(c for c in at.main.segmented_control if c.label == label).set_value(value)


def erase(at):
    """Press the button and wait for the end of the work, as the page does."""
    button(at).click()
    while button(at.run()).disabled:
        time.sleep(0.02)
    return at


def test_nothing_is_erased_before_a_region_is_chosen(standin):
    at = open_tab()
    assert button(at).disabled
    assert "A map says where to look; erasing says whether it matters." in words(at)


def test_the_lesion_is_offered_only_where_its_mask_is_known(standin):
    kinds = {
        case: next(c for c in open_tab(case).segmented_control if c.label == "What to erase")
        for case in (CASE, "S00000_RCC")
    }
    assert "The lesion" in kinds[CASE].options
    assert "The lesion" not in kinds["S00000_RCC"].options


def test_erasing_the_lesion_tells_before_and_after_and_how_random_regions_do(standin):
    at = open_tab()
    choose(at, "What to erase", "The lesion")
    choose(at.run(), "Fill it with", "mean")
    erase(at.run())
    assert not at.exception
    told = words(at).replace("\\", "")  # marks of Markdown are escaped
    assert re.search(r"Erasing this region (leaves malignant at|\w+ malignant from) 0\.\d\d", told)
    assert re.search(r"Logit -?\d+\.\d\d to -?\d+\.\d\d; \d+ of 20 random regions", told)
    assert "Not tried yet: blurred, surrounding tissue" in told
    choose(at, "Fill it with", "blurred")
    at.run()
    assert "The choice has changed since; erase again" in words(at)


def test_what_was_erased_before_is_told_again_without_asking_the_model(standin, monkeypatch):
    at = open_tab()
    choose(at, "What to erase", "The lesion")
    erase(at.run())
    monkeypatch.setattr("mammo_ui.worker.Worker.run", lambda *asked: pytest.fail("It was asked"))
    again = open_tab()
    assert "Erasing this region" not in words(again)
    choose(again, "What to erase", "The lesion")
    assert "Erasing this region" in words(again.run())


def test_erasing_shows_how_far_it_is_and_can_be_stopped(standin, monkeypatch):
    def never_ends(names, erasing, folder):
        from mammo_core.progress import JobProgress

        progress = JobProgress(folder)
        for step in range(10_000):
            progress(step % 21, 21, "Asking about erased images")
            time.sleep(0.01)

    monkeypatch.setattr("mammo_ui.erase_view.erase_case", never_ends)
    monkeypatch.setattr("mammo_ui.worker.Worker.run", lambda self, doing, task, *a: task(*a))
    at = open_tab()
    choose(at, "What to erase", "The lesion")
    button(at.run()).click()
    at.run()
    while not (told := [p.proto.text for p in at.get("progress")]) or "of 21" not in told[0]:
        at.run()
    assert button(at).disabled
    next(b for b in at.button if b.label == "Stop").click()
    while button(at.run()).disabled:
        time.sleep(0.02)
    assert "Stopped" in words(at)


def test_another_case_does_not_show_the_last_ones_answer(standin):
    at = open_tab()
    choose(at, "What to erase", "The lesion")
    erase(at.run())
    at.query_params["case"] = "S00005_LCC"
    assert "Erasing this region" not in words(at.run())


def test_what_cannot_be_erased_is_told_in_the_tab(standin, monkeypatch):
    def refuse(stored):
        raise BadModel(f"{find_model(stored.id).id} cannot be loaded; import it again")

    monkeypatch.setattr("mammo_ui.model_tasks.keep_loaded", refuse)
    at = open_tab()
    choose(at, "What to erase", "The lesion")
    assert "demo cannot be loaded; import it again" in words(erase(at.run()))
