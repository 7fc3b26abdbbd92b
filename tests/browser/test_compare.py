"""From two models' scores to the cases where they part, and back."""

import re

import pytest
from test_journeys import settle, visit

pytestmark = pytest.mark.browser
PLOT = ".js-plotly-plot .nsewdrag"
CORNERS = ((0.03, 0.97), (0.97, 0.97), (0.97, 0.3), (0.03, 0.3), (0.03, 0.96))
"""Of a lasso around all that B scores low, as shares of the plot from its top left."""


def draw_lasso(page):
    plot = page.locator(PLOT).first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in CORNERS]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def test_a_lasso_opens_its_cases_and_back_keeps_both_models(server, page):
    visit(page, f"{server.address}/compare?model=demo-shortcut&threshold_b=0.42")
    page.wait_for_selector(PLOT)
    address = page.url
    draw_lasso(page)
    button = page.get_by_role("button", name=re.compile(r"^Show these: \d+ image"))
    n = int(re.search(r"\d+", button.inner_text()).group())
    button.click()
    page.wait_for_url("**/cases?*")
    settle(page)
    assert page.get_by_text(f"{n} images picked by both scores").first.is_visible()
    page.go_back()
    page.wait_for_url("**/compare?*")
    settle(page)
    assert page.url == address
    assert page.get_by_role("combobox", name=re.compile("A = demo")).first.input_value() == "demo"
