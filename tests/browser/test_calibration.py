"""Calibration and decisions by hand: a bin's cases, a fit by a button, a threshold by a click."""

import json
import re

import pytest
from test_journeys import settle, visit

pytestmark = pytest.mark.browser
POINTS = ".mark-symbol path[aria-label*='Mean probability']"


def test_a_point_of_the_diagram_opens_as_many_images_as_its_bin_holds(server, page):
    visit(page, f"{server.address}/evaluate?evaluate_tab=Calibration")
    point = page.locator(POINTS).nth(2)
    point.wait_for()
    n = int(re.search(r"Cases: (\d+)", point.get_attribute("aria-label"))[1])
    point.click()
    page.wait_for_url("**/cases?*set=*")
    settle(page)
    page.locator(".tile").first.wait_for()
    assert page.locator(".tile").count() == n


@pytest.mark.slow
def test_a_button_fits_a_calibrator_that_the_decision_curve_then_offers(server, page):
    visit(
        page, f"{server.address}/evaluate?evaluate_tab=Calibration&calibrator=Isotonic+regression"
    )
    page.get_by_role("button", name="Calibrate on validation images of demo-training").click()
    page.get_by_text("After: reliability of these cases").wait_for()
    kept = json.loads((server.home / "models" / "demo" / "calibration.json").read_text())
    assert kept["fits"]["isotonic"]["n"] == 240

    page.get_by_role("tab", name="Decision curve").click()
    page.get_by_role("radio", name="Isotonic regression").wait_for()
    chart = page.locator("[data-testid=stVegaLiteChart]").last
    chart.locator(".mark-area path").wait_for()
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    page.wait_for_url("**threshold=*")
    assert 0.6 < float(re.search(r"threshold=([\d.]+)", page.url)[1]) < 0.9
