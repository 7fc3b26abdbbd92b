"""Drawing the maps of a case in the worker: what was finished is seen, whatever comes after."""

from types import SimpleNamespace

import numpy as np
import pytest

from mammo_core.errors import Cancelled
from mammo_core.map_on_air import find_air
from mammo_ui import map_tasks
from mammo_ui.overlay_store import Subject

DEAR = ["score_cam", "smooth_grad", "rise"]
NAMES = ("demo", "exams", "S00001_LCC", "malignant", (), ())


@pytest.fixture
def drawn(monkeypatch):
    """The methods whose maps were written; the user stops within the last of the dear ones."""
    written, told = [], []

    def explain(asked, methods):
        asked.progress(0, 1, "explaining")
        if DEAR[-1] in methods:
            raise Cancelled("Stopped by the user")
        return [SimpleNamespace(method=name) for name in methods]

    def ask(names, folder):
        subject = Subject(None, None, "S00001_LCC", "malignant")
        progress = lambda done, total, doing: told.append(done / total)  # noqa: E731
        return map_tasks._Asked(subject, None, None, progress)

    monkeypatch.setattr(map_tasks, "_ask", ask)
    monkeypatch.setattr(map_tasks, "_explain", explain)
    monkeypatch.setattr(map_tasks, "_measure", lambda *about: {})
    monkeypatch.setattr(map_tasks, "_write", lambda asked, answer, _: written.append(answer.method))
    return SimpleNamespace(written=written, told=told)


def test_a_stop_leaves_every_map_that_was_finished_before_drawn(drawn):
    with pytest.raises(Cancelled):
        map_tasks.draw_maps(NAMES, ["saliency", *DEAR])
    assert drawn.written == ["saliency", *DEAR[:-1]]


def test_methods_of_the_same_noisy_copies_are_asked_together(drawn):
    map_tasks.draw_maps(NAMES, ["saliency", "smooth_grad", "occlusion", "var_grad"])
    assert drawn.written == ["saliency", "smooth_grad", "var_grad", "occlusion"]
    assert len(drawn.told) == 3


def test_progress_is_that_of_all_methods_together(drawn):
    with pytest.raises(Cancelled):
        map_tasks.draw_maps(NAMES, DEAR)
    assert drawn.told == pytest.approx([0, 1 / 3, 2 / 3])


def test_a_class_activation_map_beside_the_breast_says_so_and_no_other_map_does():
    image = np.zeros((64, 48, 1), np.float32)
    image[12:52, :24] = 0.6
    air = find_air(image[..., 0])
    subject = Subject(SimpleNamespace(views=()), None, "S00001_LCC", "malignant")
    asked = map_tasks._Asked(subject, None, SimpleNamespace(image=image), None)

    def tell(method, places):
        explanation = SimpleNamespace(method=method, upsample=lambda: places.astype(np.float32))
        return map_tasks._tell_air(asked, explanation)

    assert tell("grad_cam", air).startswith("100% of this map lies outside the breast")
    assert tell("grad_cam", ~air) is None
    assert tell("saliency", air) is None
