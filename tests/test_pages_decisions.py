"""What the gate set apart, and the buttons that decide about it."""

import pytest
import standin_home
from made_films import draw_film, draw_noise
from page_runs import open_app, words

from mammo_core.datasets import index_dataset, load_dataset
from mammo_core.datasets.set_aside import read_set_aside
from mammo_core.preparation import prepare_dataset
from mammo_core.preprocess import Preprocess
from mammo_ui import inventory
from mammo_ui.apart import find_apart, list_apart


@pytest.fixture
def dataset(home, tmp_path):
    """Four films and one picture of noise, which the gate refuses once it sees the pixels."""
    standin_home.write_card(home / "models" / "demo")
    for number, label in enumerate(("normal", "normal", "malignant", "malignant")):
        (tmp_path / "films" / label).mkdir(parents=True, exist_ok=True)
        draw_film(tmp_path / "films" / label / f"f{number}.png", number)
    draw_noise(tmp_path / "films" / "normal" / "noise.png", 1)
    folder = home / ".mammo" / "datasets" / "films"
    index_dataset(tmp_path / "films", folder)
    return prepare_dataset(load_dataset(folder), Preprocess(size=(64, 48)))[0]


def open_refused():
    """The tab with the only reason picked."""
    at = open_app("data", dataset="films", tab="Refused")
    return pick_reason(at).run()


def pick_reason(at):
    at.session_state["apart_reasons"] = {"selection": {"rows": [0], "columns": []}}
    return at


def press(at, label):
    next(button for button in at.button if button.label == label).click().run()
    pick_reason(at).run()


def decision_of(dataset, image_id):
    apart = read_set_aside(load_dataset(dataset.path)).set_index("image_id")
    return apart.loc[image_id, "decision"]


def test_what_the_gate_set_apart_is_shown_with_its_reason(dataset):
    at = open_refused()
    assert not at.exception
    assert "1 set apart by the gate" in words(at)
    (row,) = at.dataframe[0].value.to_dict("records")
    assert (row["to decide"], row["refused"], row["used"], row["left out"]) == (0, 1, 0, 0)


def test_nothing_is_decided_about_refused_images_until_a_reason_is_picked(dataset):
    at = open_app("data", dataset="films", tab="Refused")
    assert not [button for button in at.button if " all " in button.label]


@pytest.mark.parametrize(
    ("label", "decision", "is_used"),
    [("Use all 1", "take", True), ("Leave out all 1", "leave", False)],
)
def test_the_buttons_decide_for_good(dataset, label, decision, is_used):
    press(open_refused(), label)
    assert decision_of(dataset, "noise") == decision
    assert ("noise" in set(load_dataset(dataset.path).index["image_id"])) == is_used


def test_a_decision_can_be_taken_back(dataset):
    at = open_refused()
    press(at, "Use all 1")
    press(at, "Leave out all 1")
    assert not at.exception
    assert decision_of(dataset, "noise") == "leave"


def test_a_click_is_confirmed_and_undone_by_another(dataset):
    at = open_refused()
    press(at, "Use all 1")
    assert "1 image now used" in words(at)
    press(at, "Take it back")
    assert not at.exception
    assert read_set_aside(load_dataset(dataset.path))["decision"].isna().all()
    assert "noise" not in set(load_dataset(dataset.path).index["image_id"])
    assert "Take it back" not in [button.label for button in at.button]


def test_taking_back_brings_the_decision_before(dataset):
    at = open_refused()
    press(at, "Leave out all 1")
    press(at, "Use all 1")
    press(at, "Take it back")
    assert decision_of(dataset, "noise") == "leave"


def test_what_the_user_left_out_says_so_among_the_refused(dataset):
    press(open_refused(), "Leave out all 1")
    (one,) = inventory.list_refused("films")
    assert one.kind == "Left out by you"
    assert "the gate says" in one.reason


def test_a_picked_image_has_its_own_buttons(dataset):
    at = open_refused()
    at.session_state["apart_image"] = "noise"
    at.run()
    press(at, "Use it")
    assert decision_of(dataset, "noise") == "take"


def test_only_images_set_apart_are_found_by_their_ids(dataset):
    assert [one.image_id for one in list_apart(dataset)] == ["noise"]
    assert find_apart(dataset, "noise").name == "noise.png"
    for image_id in ("f0", "../noise", "/etc/passwd", ""):
        assert find_apart(dataset, image_id) is None
