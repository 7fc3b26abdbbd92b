"""Blinded reading, without a browser: nothing is told before the verdict."""

import json

import pytest
from page_runs import asked, open_app, words
from prediction_rows import make_predictions

from mammo_core.predictions import read_predictions
from mammo_core.reviews.reading_result import judge_reading
from mammo_core.reviews.readings import open_readings
from mammo_core.table_models.adoption import TableImport, adopt_table
from mammo_core.verbs.reading import reading as tell_reading
from mammo_ui import frame, library, routes

pytestmark = pytest.mark.usefixtures("absent_network")


def begin(at, n=3):
    at.text_input[0].set_value("AB")
    at.number_input[0].set_value(n)
    press(at, "Begin")
    return open_readings().list()[0]


def press(at, label):
    return next(button for button in at.button if button.label == label).click().run()


def say(at, label="normal"):
    at.radio[0].set_value(label)
    at.radio[1].set_value(70)
    return press(at, "Give the verdict")


def sent(at):
    """All that the browser is given of the page's body, as text."""
    return "\n".join(str(element.proto) for element in at.main)


def test_without_pictures_there_is_nothing_to_read_and_none_can_begin(tmp_path, monkeypatch):
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path))
    make_predictions(6).to_csv(tmp_path / "t.csv", index=False)
    adopt_table(TableImport(file=tmp_path / "t.csv"), "theirs")
    at = open_app("reading")
    assert not at.exception
    assert "no pictures, so there is nothing to read" in words(at)
    assert "Begin" not in [button.label for button in at.button]


def test_without_initials_no_reading_begins(standin):
    at = open_app("reading")
    press(at, "Begin")
    assert "initials" in words(at)
    assert not open_readings().list()


def test_before_the_verdict_nothing_names_the_image_its_truth_or_the_model(standin):
    at = open_app("reading")
    reading = begin(at)
    body = sent(at)
    assert routes.reading_address(reading.id, 0).split("?")[0] in body
    for image_id in reading.image_ids:
        assert image_id not in body
    assert "The model says" not in words(at)
    assert "The truth is" not in words(at)


def test_enter_in_a_field_does_not_begin_a_reading(standin):
    [form] = [node for node in blocks(open_app("reading").main) if node.type == "form"]
    assert not form.proto.form.enter_to_submit


def blocks(block):
    for child in getattr(block, "children", {}).values():
        yield child
        yield from blocks(child)


def test_the_title_of_a_reading_tells_its_data_and_no_threshold(standin):
    at = open_app("reading")
    assert "threshold" in words(at)
    begin(at)
    assert "3 cases of **exams** (test), by AB" in words(at)
    assert "threshold" not in words(at)


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_a_reading_of_generated_images_says_so(standin, monkeypatch, is_synthetic):
    at = open_app("reading")
    monkeypatch.setattr(library, "is_synthetic", lambda name: is_synthetic)
    begin(at)
    assert ("SYNTHETIC" in words(at)) == is_synthetic


def test_after_the_verdict_model_and_truth_are_told(standin):
    at = open_app("reading")
    reading = begin(at)
    say(at)
    assert "You said **normal**" in words(at)
    assert "The model says" in words(at)
    index = library.require_dataset("exams").index.set_index("image_id")
    assert f"The truth is **{index.loc[reading.image_ids[0], 'label']}**" in words(at)


def test_a_verdict_without_a_class_is_asked_for(standin):
    at = open_app("reading")
    reading = begin(at)
    press(at, "Give the verdict")
    assert "Choose a class" in words(at)
    assert not open_readings().verdicts(reading)


def test_a_suspicion_that_nobody_chose_is_asked_for(standin):
    at = open_app("reading")
    reading = begin(at)
    at.radio[0].set_value("normal")
    press(at, "Give the verdict")
    assert "Choose first how likely it is malignant" in words(at)
    assert not open_readings().verdicts(reading)


def test_a_reading_goes_on_in_another_session_where_it_stopped(standin):
    at = open_app("reading")
    reading = begin(at)
    say(at)
    later = open_app("reading", reading=reading.id)
    assert routes.reading_address(reading.id, 1).split("?")[0] in sent(later)


def test_after_the_last_case_it_says_how_reader_and_model_agree(standin):
    at = open_app("reading")
    reading = begin(at)
    for _ in reading.image_ids:
        say(at)
        press(at, "Next case")
    table = read_predictions(standin / "models" / "demo" / "predictions" / "exams.parquet")
    result = judge_reading(table, open_readings().verdicts(reading))
    json.dumps(result, allow_nan=False)
    assert f"agree on {frame.estimate_text(result['agreement']['same'])}" in words(at)
    assert tell_reading()["readings"][0]["judged"] == 3


def test_disagreements_open_as_cases(standin):
    at = open_app("reading")
    reading = begin(at, 4)
    for _ in reading.image_ids:
        say(at, "benign")
        press(at, "Next case")
    next(button for button in at.button if "disagreement" in button.label).click().run()
    assert at.title[0].value == "Cases"
    assert asked(at, "set")


def test_a_reading_that_is_gone_is_told(standin):
    assert "no such reading" in words(open_app("reading", reading="0" * 16))
