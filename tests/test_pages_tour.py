"""The tour leads through its stops by its own buttons, each saying what to look at."""

import pytest
from page_runs import open_app, words

from mammo_ui.tour import STOPS

pytestmark = pytest.mark.usefixtures("made_home")


def button(at, key):
    return next((one for one in at.button if one.key == key), None)


def test_the_overview_offers_the_tour_and_its_button_begins_it():
    at = open_app()
    next(one for one in at.button if one.label == "Tour").click().run()
    assert "Tour, 1 of 5" in words(at)


@pytest.mark.parametrize("number", range(1, len(STOPS) + 1))
def test_each_stop_says_on_its_page_what_to_look_at(number):
    at = open_app(STOPS[number - 1].page, tour=str(number))
    assert not at.exception
    assert f"Tour, {number} of {len(STOPS)}" in words(at)
    assert (button(at, "tour_on") is None) == (number == len(STOPS))
    assert (button(at, "tour_done") is None) == (number < len(STOPS))
    assert button(at, "tour_back").disabled == (number == 1)


def test_a_stop_that_is_not_there_is_no_stop():
    assert "Tour, " not in words(open_app(tour="99"))


def test_a_stop_is_told_only_on_its_own_page():
    assert "Tour, " not in words(open_app("evaluate", tour="3"))
