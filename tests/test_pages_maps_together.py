"""The tabs Agreement and Export: what they ask of the worker, and what they tell."""

import io
import json
import zipfile

import numpy as np
import pytest
import standin_home
from page_runs import open_app, words

from mammo_core.errors import BadModel
from mammo_core.explanations import Explanation, Refusal
from mammo_core.model_input import input_of_case
from mammo_ui import agreement_tasks, agreement_view, export_tasks, export_view
from mammo_ui.overlay_store import find_subject

CASE = "S00002_LCC"
NAMES = (standin_home.MODEL, standin_home.DATASET, CASE, "malignant", (), ())
MAP = np.random.default_rng(0).normal(size=(20, 16)).astype(np.float32)
MAPS = {"grad_cam": MAP, "saliency": 3 * MAP + 1, "input_x_gradient": -MAP, "edges": 0 * MAP}
"""Two of one order, one reversed, one that says nothing."""


def explain(names, methods):
    subject = find_subject(names)
    given = input_of_case(subject.model, subject.dataset, subject.image_id)
    key = {"image_id": subject.image_id, "target": subject.target, "settings": {}}
    answers = [
        Explanation(key | {"method": name}, MAPS[name], given.image.shape[:2], 0.1, "1 forward")
        if name in MAPS
        else Refusal(name, "not on this model")
        for name in methods
    ]
    return subject, given, answers


@pytest.fixture
def standin(home, monkeypatch):
    """The stand-in home, its maps made here and at once."""
    standin_home.make_home(home)
    tasks = (agreement_tasks.correlate_maps, export_tasks.zip_exports)

    def run(self, doing, task, *arguments):
        if task not in tasks:
            raise BadModel("The stand-in for a model has no network")
        return task(*arguments)

    monkeypatch.setattr("mammo_ui.worker.Worker.run", run)
    for module in (agreement_tasks, export_tasks):
        monkeypatch.setattr(module, "explain_subject", explain)
    agreement_view._correlate.clear()
    return home


def open_tab(name, **view):
    view["class"] = "malignant"
    return open_app("case", state={"case_tab": name}, case=CASE, **view)


def test_maps_of_one_order_agree_whatever_their_scale_and_blank_ones_are_undefined(standin):
    pairs = {(a, b): r for a, b, r in agreement_tasks.correlate_maps(NAMES, (*MAPS, "center"))}
    assert pairs["grad_cam", "saliency"] == pytest.approx(1)
    assert pairs["input_x_gradient", "grad_cam"] == pytest.approx(-1)
    assert pairs["edges", "grad_cam"] is None
    assert not [pair for pair in pairs if "center" in pair]
    assert all(r == pytest.approx(pairs[b, a]) for (a, b), r in pairs.items() if r is not None)


def test_the_tab_names_who_agrees_most_and_least_and_draws_controls_too(standin):
    at = open_tab("Agreement")
    told = words(at).replace("\\", "")
    assert "Grad-CAM and Saliency agree most (1.00)" in told
    assert "least (-1.00)" in told
    assert "Agreement of the maps for malignant" in told
    (chart,) = [c for c in at.get("vega_lite_chart") if "correlation" in c.proto.spec]
    rows = json.loads(chart.proto.spec)["layer"][0]["data"]["values"]
    assert {"Grad-CAM", "Edges"} <= {row["other"] for row in rows}


def test_a_dear_method_waits_for_its_click(standin):
    at = open_tab("Agreement", method=["grad_cam", "saliency", "rise"])
    assert "Not computed yet, see Explanations: RISE." in words(at)


def test_a_zip_holds_each_method_in_each_format_and_why_one_is_missing(standin):
    content = export_tasks.zip_exports(NAMES, ("grad_cam", "center"), ("npz", "dicom-pm"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert f"{CASE}.grad_cam.malignant.npz" in archive.namelist()
        unwritten = {(u["method"], u["format"]) for u in json.loads(archive.read("unwritten.json"))}
    assert unwritten == {("grad_cam", "dicom-pm"), ("center", "")}


def test_the_tab_offers_the_files_and_says_what_they_tell_of_the_patient(standin):
    at = open_tab("Export")
    assert at.button(key="export").label == "Make 3 x 4 files as one zip"
    assert not at.get("download_button")
    assert "with hidden ids and no dates of the patient" in words(at)


@pytest.mark.parametrize("can_be_made", [True, False])
def test_a_zip_is_offered_once_it_is_made_or_the_reason_told(standin, monkeypatch, can_be_made):
    def make(self, doing, task, *asked):
        if not can_be_made:
            raise BadModel("The model is not there any more")
        return b"PK"

    at = open_tab("Export")
    monkeypatch.setattr("mammo_ui.worker.Worker.run", make)
    export_view._make.clear()
    at.button(key="export").click().run()
    assert not at.exception
    assert bool(at.get("download_button")) == can_be_made
    assert ("The model is not there any more" in words(at)) != can_be_made
