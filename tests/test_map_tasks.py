"""Drawing the maps of a case in the worker: what was finished is seen, whatever comes after."""

from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest

from mammo_core.errors import Cancelled
from mammo_core.explanation_store import Explanation
from mammo_core.map_on_air import find_air
from mammo_ui import map_tasks, overlay_store
from mammo_ui.overlay_store import DrawnExplanation, Measured, Subject, read_drawn, write_drawn

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


@pytest.fixture
def asked(monkeypatch):
    """A case of which two measures of two maps are taken, then the user stops."""
    pieces = [
        {"edges": {"deletion": 0.5}},
        {"saliency": {"deletion": 0.2}, "rise": {"deletion": 0.3}},
        {"saliency": {"insertion": 0.9}},
    ]

    def measure(*about, metrics, progress):
        yield from pieces
        progress(1, 2, "measuring")

    def stop(done, total, doing):
        raise Cancelled("Stopped by the user")

    subject = Subject(None, None, "S00001_LCC", "malignant")
    asked = map_tasks._Asked(subject, None, SimpleNamespace(image=None), stop)
    monkeypatch.setattr(map_tasks, "_ask", lambda names, folder: asked)
    monkeypatch.setattr(map_tasks, "_explain", lambda _, methods: [explain(m) for m in methods])
    monkeypatch.setattr(map_tasks, "list_controls", lambda: ["edges"])
    monkeypatch.setattr("mammo_core.case_evidence.measure_each", measure)
    monkeypatch.setattr("mammo_core.image_evidence.find_places", lambda *about: (None, None))
    return asked


def explain(method):
    return Explanation({"method": method}, np.eye(2, dtype=np.float32), (2, 2), 0.1, "")


def test_what_was_measured_before_a_stop_is_left_with_the_maps(asked, monkeypatch):
    drawn = DrawnExplanation("saliency", "malignant", evidence={"sparseness": Measured(0.7, {})})
    written = []
    monkeypatch.setattr(map_tasks, "read_drawn", lambda *_: drawn)
    monkeypatch.setattr(map_tasks, "overlay_path", lambda subject, method: method)
    monkeypatch.setattr(map_tasks, "write_facts", lambda *about: written.append(about))
    with pytest.raises(Cancelled):
        map_tasks.measure_maps(NAMES, ["saliency", "rise"])
    found = {method: facts.evidence for method, facts in written}
    assert found["saliency"]["deletion"] == Measured(0.2, {"edges": 0.5})
    assert found["saliency"]["sparseness"] == Measured(0.7, {})
    assert found["rise"]["deletion"].value == 0.3


def test_a_measure_that_the_controls_lack_is_not_told_of_a_map(asked):
    maps = [explain("saliency"), explain("rise")]
    *_, last = islice(map_tasks._measure_each(asked, maps, ["deletion", "insertion"]), 3)
    assert last["saliency"] == {"deletion": Measured(0.2, {"edges": 0.5})}


def test_a_file_is_read_once_until_its_dataset_is_another(monkeypatch):
    read = []
    monkeypatch.setattr("mammo_core.model_input.input_of_case", lambda *about: read.append(about))
    monkeypatch.setattr(map_tasks.library, "find_model", lambda name: name)
    monkeypatch.setattr(map_tasks.library, "require_dataset", lambda name: name)
    map_tasks._read_input.cache_clear()
    for fingerprint in ("before", "before", "after"):
        map_tasks._read_input("demo", "0" * 64, "exams", fingerprint, "S00001_LCC")
    map_tasks._read_input.cache_clear()
    assert read == 2 * [("demo", "exams", "S00001_LCC")]


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


def test_damaged_facts_of_a_drawn_map_are_none_so_that_it_is_drawn_anew(monkeypatch, tmp_path):
    path = tmp_path / "map.png"
    monkeypatch.setattr(overlay_store, "overlay_path", lambda *_: path)
    write_drawn(path, DrawnExplanation("saliency", "malignant", refusal="why"), b"", b"")
    assert read_drawn(None, "saliency").refusal == "why"
    path.with_suffix(".json").write_text("{")
    assert read_drawn(None, "saliency") is None
