"""Cases and their reviews as a person uses them, in a real browser."""

import pytest
from conftest import copy_home, running_server
from test_journeys import OVERLAY, settle, visit

from mammo_core.reviews.reviews import open_reviews

pytestmark = pytest.mark.browser
MARKED = ".tile.marked"


def wait_for_tag(page, database, image_id):
    """Until it is saved: maps that are being computed may keep the page busy for some seconds."""
    for _ in range(600):
        if open_reviews(f"sqlite:///{database}").read("sample_data", image_id).tags:
            return
        page.wait_for_timeout(100)
    raise TimeoutError(f"The tag of {image_id} was not saved within a minute")


def test_a_tag_survives_a_restart_of_the_server(chromium, tmp_path, open_page):
    copy_home(tmp_path)
    with running_server(tmp_path) as server:
        page = open_page(server)
        visit(page, f"{server.address}/case?case=S00005_RMLO")
        page.locator(OVERLAY).nth(2).wait_for(state="attached")
        settle(page)
        page.get_by_label("Tags").click()
        page.keyboard.type("clip near the nipple", delay=20)
        page.get_by_text("Add: clip near the nipple").click()
        wait_for_tag(page, tmp_path / ".mammo" / "reviews.db", "S00005_RMLO")
    with running_server(tmp_path) as server:
        page = open_page(server)
        visit(page, f"{server.address}/cases?tag=clip+near+the+nipple")
        tiles = page.locator(".tile")
        tiles.first.wait_for()
        assert tiles.evaluate_all("all => all.map(tile => tile.dataset.id)") == ["S00005_RMLO"]
        assert "clip near the nipple" in tiles.first.inner_text()


def test_what_shift_clicks_mark_is_kept_alone_and_back_shows_all_again(server, page):
    visit(page, f"{server.address}/cases?true=malignant")
    page.locator(".tile").first.wait_for()
    n = page.locator(".tile").count()
    names = [page.locator(".tile").nth(place).get_attribute("data-id") for place in (0, 2)]
    for name in names:
        page.locator(f'.tile[data-id="{name}"]').click(modifiers=["Shift"])
        settle(page)
    assert page.locator(MARKED).count() == 2
    page.get_by_role("button", name="Keep only these 2").click()
    page.wait_for_url("**set=*")
    settle(page)
    page.locator(".tile").nth(2).wait_for(state="detached")
    assert page.locator(".tile").count() == 2
    assert page.locator(MARKED).count() == 0
    page.go_back()
    page.locator(".tile").nth(n - 1).wait_for()
    assert "true=malignant" in page.url
    assert "set=" not in page.url


def test_marks_are_still_there_after_a_look_at_the_map(server, page):
    visit(page, f"{server.address}/cases?true=malignant")
    page.locator(".tile").first.click(modifiers=["Shift"])
    settle(page)
    for tab in ("Map", "Gallery"):
        page.get_by_role("tab", name=tab).click()
        settle(page)
        page.get_by_role("button", name="Do with 1 marked").wait_for()
    page.locator(MARKED).wait_for()
    page.locator(".tile").nth(1).click(modifiers=["Shift"])
    page.get_by_role("button", name="Do with 2 marked").wait_for()


def test_the_overlay_of_a_case_that_was_explained_comes_with_the_pointer(server, page):
    visit(page, f"{server.address}/case?case=S00005_RMLO")
    page.locator(OVERLAY).first.wait_for(state="attached")
    visit(page, f"{server.address}/cases?find=S00005_RMLO")
    page.locator(".tile").first.wait_for()
    assert page.locator(".tile img").count() == 1
    page.locator(".tile .picture").first.hover()
    overlay = page.locator(".tile img.overlay")
    overlay.wait_for(state="attached")
    page.wait_for_function("image => image.complete", arg=overlay.element_handle())
    assert overlay.evaluate("image => image.naturalWidth") > 0
