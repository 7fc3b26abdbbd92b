"""Cases and the review of a case, without a browser."""

import csv
import io
import shutil

import numpy as np
import pandas as pd
import pytest
from page_runs import open_app, words
from streamlit.testing.v1 import AppTest

from mammo_core.explanations import Explanation, write_explanation
from mammo_core.predictions import read_predictions
from mammo_core.reviews.reviews import open_reviews
from mammo_ui import case_tiles, chosen_cases, library, state

pytestmark = pytest.mark.usefixtures("absent_network", "own_database")
LEFT, RIGHT = "S00001_LCC", "S00001_RCC"


@pytest.fixture
def own_database(monkeypatch):
    """Reviews lie in the test's home."""
    monkeypatch.delenv("MAMMO_DATABASE_URL", raising=False)


def choose(level="image"):
    return state.Choice(library.find_model("demo"), "exams", "test", level, "mean", 0.5)


def ids_of(selection, **choice):
    made = choose(**choice)
    return chosen_cases.image_ids(made, chosen_cases.find_places(made, selection))


def options(at, label):
    return next(group.options for group in at.get("button_group") if group.label == label)


def test_a_tag_is_a_facet_and_a_chip(standin):
    open_reviews().tag("exams", [LEFT, RIGHT], "clip")
    at = open_app("cases", tag="clip")
    assert "**2 images**" in words(at)
    assert "clip (2)" in options(at, "Tag")
    at.button(key="chip_tag").click().run()
    assert "**48 images**" in words(at)


def test_an_image_of_which_nothing_was_said_is_open(standin):
    open_reviews().set_status("exams", [LEFT], "exclude")
    at = open_app("cases", status="open")
    assert "**47 images**" in words(at)
    assert options(at, "Review") == ["open (47)", "exclude (1)"]


def test_a_range_of_scores_in_the_address_is_kept_and_has_a_chip(standin):
    frame = read_predictions(standin / "models" / "demo" / "predictions" / "exams.parquet").frame
    n = int(frame["p_malignant"].between(0.2, 0.6).sum())
    at = open_app("cases", scores="0.2-0.6")
    assert f"**{n} images**" in words(at)
    at.button(key="chip_scores").click().run()
    assert "**48 images**" in words(at)


@pytest.mark.parametrize("text", ["0.2", "a-b", "0.2-1.5.3", "-1-2", "0.2-0.6&x"])
def test_what_is_no_range_of_scores_keeps_everything(standin, text):
    assert state._read_scores(text) is None


def test_a_column_of_the_table_is_a_filter_by_its_own_name(standin):
    path = standin / "models" / "demo" / "predictions" / "exams.parquet"
    frame = pd.read_parquet(path)
    frame["split_by"] = np.where(frame["view"] == "CC", "first", None)
    frame.to_parquet(path)
    at = open_app("cases", in_split_by="first")
    assert "**24 images**" in words(at)
    assert options(at, "split\\_by") == ["first (24)", "unknown (24)"]
    at.toggle(key="more_filters").set_value(True).run()
    assert not at.exception


def press(at, label):
    next(button for button in at.button if button.label == label).click()
    return at.run()


@pytest.fixture
def asked_first(standin):
    """The page after a change of twelve images was asked for."""
    at = open_app("cases", density="a")
    at.selectbox(key="bulk_status").set_value("exclude").run()
    return press(at, "Set for 12")


def test_many_are_changed_only_after_a_yes_that_tells_how_many(asked_first):
    assert "Set the review of 12 images to exclude?" in words(asked_first)
    assert "Nothing is written yet" in words(asked_first)
    assert open_reviews().read_all("exams") == {}
    at = press(asked_first, "Yes, 12")
    assert not at.exception
    assert open_reviews().counts("exams")["status"] == {"exclude": 12}
    assert "?**" not in words(at)


def test_a_no_changes_nothing(asked_first):
    at = press(asked_first, "No")
    assert open_reviews().read_all("exams") == {}
    assert "?**" not in words(at)


def test_an_unanswered_question_is_not_replaced_by_another(asked_first):
    assert asked_first.selectbox(key="bulk_tag").disabled
    asked_first.button(key="bulk_yes").click().run()
    assert not asked_first.selectbox(key="bulk_tag").disabled


def test_the_question_stands_where_its_button_was_pressed(asked_first):
    popover = next(one for one in walk(asked_first.main) if is_popover(one))
    inside = [one.key for one in walk(popover) if getattr(one, "key", None)]
    assert {"bulk_status", "bulk_yes", "bulk_no"} <= set(inside)


def walk(block):
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from walk(child)


def is_popover(node):
    return getattr(node, "type", "") == "popover"


def test_what_is_said_of_a_case_is_saved_at_once_and_shown_again(standin):
    at = open_app("case", case=LEFT)
    at.selectbox(key=f"status_{LEFT}").set_value("exclude").run()
    at.text_area(key=f"note_{LEFT}").set_value("clip near the nipple").run()
    said = open_reviews().read("exams", LEFT)
    assert (said.status, said.note) == ("exclude", "clip near the nipple")
    again = open_app("case", case=LEFT)
    assert again.selectbox(key=f"status_{LEFT}").value == "exclude"
    assert again.text_area(key=f"note_{LEFT}").value == "clip near the nipple"


def test_a_note_shows_on_its_tile_and_can_be_filtered_by(standin):
    open_reviews().write_note("exams", [LEFT], "clip near the nipple")
    at = open_app("cases")
    assert options(at, "Note") == ["has a note (1)", "no note (47)"]
    assert "**1 image**" in words(open_app("cases", note="has a note"))
    choice = at.session_state["choice"]
    places = chosen_cases.find_places(choice, state.Selection(facets={"note": ("has a note",)}))
    [row] = chosen_cases.list_rows(choice, state.Selection(), places)
    assert row["image_id"] == LEFT
    assert "✎ clip near the nipple" in [
        line.text for line in case_tiles.write_lines(row, choice, {}, "loss")
    ]


def test_without_a_note_there_is_no_filter_by_notes(standin):
    assert "Note" not in [one.label for one in open_app("cases").get("button_group")]


def test_a_note_that_cannot_be_kept_is_told(standin):
    at = open_app("case", case=LEFT)
    at.text_area(key=f"note_{LEFT}").set_value("x\0").run()
    assert "Expected a note" in words(at)
    assert open_reviews().read_all("exams") == {}


def test_without_its_database_the_pages_show_the_cases_and_say_so(standin, monkeypatch):
    (standin / "broken.db").write_bytes(b"no database" * 100)
    monkeypatch.setenv("MAMMO_DATABASE_URL", f"sqlite:///{standin / 'broken.db'}")
    for page, shown in (("cases", "48 images"), ("case", "1 of 48")):
        at = open_app(page)
        assert not at.exception
        assert shown in words(at)
        assert "not a database" in words(at)


def test_the_most_disputed_by_another_model_come_first(standin):
    shutil.copytree(standin / "models" / "demo", standin / "models" / "second")
    path = standin / "models" / "second" / "predictions" / "exams.parquet"
    other = pd.read_parquet(path).set_index("image_id")
    other.loc[RIGHT, ["p_normal", "p_benign", "p_malignant"]] = [0.0, 0.0, 1.0]
    other.loc[LEFT, ["p_normal", "p_benign", "p_malignant"]] = [1.0, 0.0, 0.0]
    other.reset_index().to_parquet(path)
    own = read_predictions(standin / "models" / "demo" / "predictions" / "exams.parquet").frame
    p = own.set_index("image_id")["p_malignant"]
    expected = sorted((LEFT, RIGHT), key=lambda name: p[name] if name == RIGHT else 1 - p[name])
    assert ids_of(state.Selection(sort="disagreement", other="second"))[:2] == expected


def keep_maps(image_id, *maps):
    for method, attribution in zip(("saliency", "grad_cam"), maps, strict=False):
        key = {"model_sha256": choose().model.sha256, "image_id": image_id, "image_sha256": "1",
               "method": method, "settings": {}, "target": "malignant"}  # fmt: skip
        write_explanation(Explanation(key, np.float32(attribution), (64, 48), 0.1, "one"))


def test_the_images_whose_explanations_are_most_apart_come_first(standin):
    up = np.arange(12.0).reshape(4, 3)
    order = next(box for box in open_app("cases").selectbox if box.label == "Order").options
    assert state.SORTS["explanations"] not in order
    keep_maps(LEFT, up, up)
    keep_maps(RIGHT, up, -up)
    keep_maps("S00000_LCC", up)
    assert ids_of(state.Selection(sort="explanations"))[:2] == [RIGHT, LEFT]
    at = open_app("cases", sort="explanations")
    assert "2 images of 48 have kept maps" in words(at)
    assert next(b for b in at.selectbox if b.label == "Order").value == "explanations"


def test_an_order_by_explanations_that_are_gone_still_shows_the_cases(standin):
    at = open_app("cases", sort="explanations")
    assert not at.exception
    assert "**48 images**" in words(at)


def test_the_walk_is_the_order_of_the_gallery(standin):
    selection = state.Selection({"laterality": ("L",)}, sort="score")
    ids = ids_of(selection)
    walk = chosen_cases.walk(choose(), selection, ids[3])
    assert (walk.n, walk.place, walk.previous, walk.following) == (24, 3, ids[2], ids[4])
    assert chosen_cases.walk(choose(), selection, ids[0]).previous is None
    assert chosen_cases.walk(choose(), selection, RIGHT).place is None


def test_marks_outlive_the_map_and_those_of_cases_that_are_filtered_out_do_not_count(standin):
    at = open_app("cases")
    key = f"gallery_0_{at.session_state['choice'].dataset}"
    at.session_state[case_tiles.MARKS] = {key: (LEFT, RIGHT)}
    for tab in ("Gallery", "Map", "Gallery"):
        at.session_state["cases_tab"] = tab
        at.run()
        assert not at.exception
        assert "2 images marked" in words(at)
    at.query_params["laterality"] = "L"
    assert "1 image marked" in words(at.run())


def test_the_list_holds_the_marked_alone_where_there_are_any(standin):
    open_reviews().write_note("exams", [LEFT], "=1+1")
    places = chosen_cases.find_places(choose(), state.Selection())
    [row] = csv.DictReader(io.StringIO(chosen_cases.write_csv(choose(), places, [LEFT])))
    assert (row["image_id"], row["note"]) == (LEFT, "'=1+1")
    assert len(chosen_cases.write_csv(choose(), places).splitlines()) == 1 + 48


def test_a_selection_says_the_same_after_its_way_through_an_address():
    selection = state.Selection(
        {"density": ("c", "d"), "source": ("x",)}, "score", "S", "0" * 16, (0.1, 0.25), "second"
    )
    script = "import streamlit as st\nfrom mammo_ui import state\n"
    at = AppTest.from_string(f"{script}st.session_state['read'] = state.read_selection()")
    for name, value in selection.to_query().items():
        at.query_params[name] = value
    assert at.run().session_state["read"] == selection
