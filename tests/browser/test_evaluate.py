"""From a number to its cases and back, and a threshold that moves all numbers."""

import re

import pytest
from test_journeys import settle, title, visit, worst_cell

pytestmark = pytest.mark.browser
CARD_VALUES = "[data-testid=stMetricValue]"


def address_of(page, server):
    return page.url.removeprefix(server.address)


def go_back(page, place):
    page.go_back()
    page.wait_for_url(place)
    settle(page)


def open_worst_cell(page):
    page.wait_for_selector(".mark-rect path")
    page.locator(".mark-rect path").nth(worst_cell(page)[3]).click()
    page.wait_for_url("**/cases?*")
    settle(page)


def tile_ids(page):
    page.locator(".tile").first.wait_for()
    return page.locator(".tile").evaluate_all("tiles => tiles.map(tile => tile.dataset.id)")


def counts(page):
    return page.locator(".mark-text text").all_text_contents()[:4]


def test_back_leads_from_case_to_cell_step_by_step_and_keeps_the_selection(server, page):
    visit(page, f"{server.address}/evaluate?threshold=0.3&matrix=Most+probable+class")
    start = address_of(page, server)
    open_worst_cell(page)
    cases = address_of(page, server)
    assert "true=" in cases
    assert "threshold=0.3" in cases
    tiles = tile_ids(page)

    page.locator(".tile").first.click()
    page.wait_for_url("**/case?*")
    page.get_by_role("heading", name="Case", exact=True).wait_for()

    go_back(page, "**/cases?*")
    assert address_of(page, server) == cases
    assert tile_ids(page) == tiles
    go_back(page, "**/evaluate?*")
    assert address_of(page, server) == start
    assert title(page) == "Evaluate"
    chosen = page.get_by_role("radio", name="Most probable class")
    assert chosen.get_attribute("aria-checked") == "true"


def test_the_slider_moves_every_card_and_the_matrix(server, page):
    visit(page, f"{server.address}/evaluate?threshold=0.1")
    page.wait_for_selector(".mark-text text")
    before = page.locator(CARD_VALUES).all_inner_texts(), counts(page)
    slider = page.get_by_role("slider", name=re.compile("^Call a case"))
    slider.focus()
    slider.press("End")
    page.wait_for_url("**threshold=1*")
    settle(page)
    after = page.locator(CARD_VALUES).all_inner_texts(), counts(page)
    assert len(before[0]) == 5
    assert all(x != y for x, y in zip(before[0], after[0], strict=True))
    assert before[1] != after[1]


def test_a_click_on_the_roc_sets_the_threshold_again_and_again(server, page):
    visit(page, f"{server.address}/evaluate")
    chart = page.locator("[data-testid=stVegaLiteChart]").nth(1)
    chart.locator(".mark-line path").first.wait_for()
    seen = []
    for _ in range(2):
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 0.1 * box["height"])
        page.wait_for_url("**threshold=*")
        settle(page)
        seen.append(address_of(page, server))
        page.get_by_role("button", name="Own:").click()
        page.wait_for_function("() => !location.search.includes('threshold')")
        settle(page)
    assert seen[0] == seen[1]
    assert float(re.search(r"threshold=([\d.e-]+)", seen[0])[1]) < 0.1


def test_a_bar_of_the_scores_opens_its_images(server, page):
    visit(page, f"{server.address}/evaluate?evaluate_tab=Scores")
    bars = page.locator(".mark-rect path[aria-label*='Share of the class']")
    bars.last.wait_for()
    label = bars.last.get_attribute("aria-label")
    bars.last.click()
    page.wait_for_url("**/cases?*set=*")
    assert len(tile_ids(page)) == int(re.search(r"Images: (\d+)", label)[1])
