"""What whoever trained a model wrote of it stands where the model is told of, letter by letter."""

import pytest
import standin_home
from page_runs import open_app, words

from mammo_core.paths import read_json, write_json
from mammo_ui.frame import plain

NOTE = "Mind the <b>tag</b>: $x$ *is* burned in"


@pytest.fixture
def noted(home):
    standin_home.make_home(home)
    card = home / "models" / "demo" / "model.json"
    content = read_json(card)
    write_json(card, content | {"training": content["training"] | {"note": NOTE}})


@pytest.mark.parametrize("page", ["overview", "models"])
def test_a_note_is_shown_as_it_was_written(noted, page):
    told = words(open_app(page, model="demo"))
    assert plain(NOTE) in told
    assert NOTE not in told
