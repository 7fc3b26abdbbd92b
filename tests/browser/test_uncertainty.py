"""From the curve of errors left to the cases that a radiologist is to read."""

import re

import pytest
from test_journeys import settle, visit

pytestmark = pytest.mark.browser
REFERRED = re.compile(r"(\d+) of (\d+) referred, (\d+) left to the model")


def open_uncertainty(page, server):
    visit(page, f"{server.address}/evaluate")
    page.get_by_role("tab", name="Uncertainty").click()
    page.get_by_text(REFERRED).wait_for()
    settle(page)


def refer(page, steps):
    slider = page.get_by_role("slider", name=re.compile("^Refer to a radiologist"))
    slider.focus()
    before = page.get_by_text(REFERRED).inner_text()
    for _ in range(steps):
        slider.press("ArrowRight")
    page.wait_for_function(
        "before => !document.body.innerText.includes(before)", arg=before.split(".")[0]
    )
    settle(page)


def numbers(page):
    """Referred, all, left; and where the chart's upright line stands."""
    told = REFERRED.search(page.get_by_text(REFERRED).inner_text())
    line = page.locator("[data-testid=stVegaLiteChart] .mark-rule line").last
    return [int(number) for number in told.groups()], line.bounding_box()["x"]


def test_a_larger_share_refers_more_cases_and_they_open_as_that_many(server, page):
    open_uncertainty(page, server)
    assert page.get_by_text("Errors left when the least sure are referred: AURC").is_visible()
    (few, whole, left), at = numbers(page)
    assert few + left == whole

    refer(page, 20)
    (more, whole, left), further = numbers(page)
    assert more > few
    assert more + left == whole
    assert further > at
    address = page.url

    page.get_by_role("button", name=f"Open the {more} referred cases").click()
    page.wait_for_url("**/cases?*set=*")
    page.locator(".tile").first.wait_for()
    settle(page)
    assert page.locator(".tile").count() == min(more, 48)
    assert page.get_by_role("button", name=re.compile("^least sure")).is_visible()

    page.go_back()
    page.wait_for_url(address)
    page.get_by_text(REFERRED).wait_for()
    settle(page)
    assert numbers(page)[0][0] == more
