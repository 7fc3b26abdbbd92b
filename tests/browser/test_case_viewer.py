"""The Case page's viewer, in a real browser: what it does, it does without the server."""

import pytest
from conftest import SIZE
from test_journeys import OVERLAY, settle, visit

pytestmark = pytest.mark.browser
CASE = "case?case=S00005_RMLO"


@pytest.fixture
def quiet_case(server, page):
    """A case with three drawn maps, and every request that is sent from now on."""
    visit(page, f"{server.address}/{CASE}")
    page.locator(OVERLAY).nth(2).wait_for(state="attached")
    settle(page)
    page.wait_for_timeout(2500)  # the status corner may have one more round to go
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    return page, sent


def opaque(page):
    """The share of each map's cells that is drawn."""
    return page.locator(OVERLAY).evaluate_all(
        """maps => maps.map(map => {
            const cells = map.getContext('2d').getImageData(0, 0, map.width, map.height).data;
            let n = 0;
            for (let i = 3; i < cells.length; i += 4) n += cells[i] > 0;
            return n / (map.width * map.height);
        })"""
    )


def colors(page):
    return page.locator(OVERLAY).evaluate_all(
        """maps => maps.map(map => {
            const cells = map.getContext('2d').getImageData(0, 0, map.width, map.height).data;
            return cells.join();
        })"""
    )


def visible(page, selector):
    return set(
        page.locator(selector).evaluate_all(
            "all => all.map(one => getComputedStyle(one).visibility)"
        )
    )


def watch(page, selector):
    """The visibilities that the elements have within a second, each time alike for all."""
    seen = set()
    for _ in range(20):
        now = visible(page, selector)
        assert len(now) == 1
        seen |= now
        page.wait_for_timeout(50)
    return seen


def test_a_map_that_is_lost_on_its_way_is_fetched_again(server, page):
    lost = []

    def lose_the_first(route):
        if lost:
            return route.continue_()
        lost.append(route.request.url)
        return route.abort()

    page.route("**/map/**", lose_the_first)
    visit(page, f"{server.address}/{CASE}")
    page.locator(f"{OVERLAY}[data-is-painted]").nth(2).wait_for(state="attached")
    assert lost


def test_a_map_that_never_comes_is_told_of_in_its_panel(server, page):
    page.route("**/map/**/saliency/**", lambda route: route.abort())
    visit(page, f"{server.address}/{CASE}")
    page.get_by_text("the map could not be loaded").wait_for(timeout=60_000)
    assert page.locator(f"{OVERLAY}[data-is-painted]").count() == 2


def test_a_higher_threshold_hides_more_of_every_map_and_asks_nobody(quiet_case):
    page, sent = quiet_case
    shares = [opaque(page)]
    for threshold in ("0.3", "0.6", "0.99"):
        page.locator("input.threshold").fill(threshold)
        page.wait_for_timeout(100)
        shares.append(opaque(page))
    for of_map in zip(*shares, strict=True):
        assert list(of_map) == sorted(of_map, reverse=True)
        assert of_map[0] > of_map[-1] >= 0
    assert not sent


def test_other_colors_draw_every_map_anew_and_reset_brings_the_first_back(quiet_case):
    page, sent = quiet_case
    before = colors(page)
    page.locator("select.colors").select_option(label="Viridis")
    page.wait_for_timeout(100)
    assert not set(before) & set(colors(page))
    page.get_by_role("button", name="Reset").click()
    page.wait_for_timeout(100)
    assert colors(page) == before
    assert not sent


def test_b_blinks_all_maps_at_once_and_ends_it(quiet_case):
    page, sent = quiet_case
    page.keyboard.press("b")
    assert watch(page, OVERLAY) == {"visible", "hidden"}
    page.keyboard.press("b")
    assert watch(page, OVERLAY) == {"visible"}
    assert not sent


def test_two_maps_blink_at_the_same_place(quiet_case):
    page, sent = quiet_case
    page.locator("select.blink").select_option(label="with Saliency")
    assert watch(page, "canvas.rival") == {"visible", "hidden"}
    painted = page.locator("canvas.rival").evaluate_all(
        """maps => maps.map(map =>
            map.getContext('2d').getImageData(0, 0, map.width, map.height).data.join())"""
    )
    assert len(set(painted)) == 1
    assert painted[0] == colors(page)[1]
    assert not sent


def test_enlarged_an_image_and_what_is_as_fine_show_their_own_pixels(quiet_case):
    page, sent = quiet_case
    base, maps = page.locator("img.base").first, page.locator(OVERLAY)
    rendering = "image => getComputedStyle(image).imageRendering"
    cells = "maps => maps.map(map => map.width)"
    small = maps.evaluate_all(cells)
    assert base.evaluate(rendering) == "auto"
    page.locator(".port").first.hover()
    for _ in range(12):
        page.mouse.wheel(0, -400)
        page.wait_for_timeout(50)
    assert base.evaluate(rendering) == "pixelated"
    assert [one.evaluate(rendering) for one in maps.all()] == ["auto", "pixelated", "pixelated"]
    assert all(b >= 2 * a for a, b in zip(small, maps.evaluate_all(cells), strict=True))
    assert not sent


def test_the_scale_names_the_ends_of_each_maps_colors(quiet_case):
    page, _ = quiet_case
    ends = page.locator(".scale").evaluate_all(
        "bars => bars.map(bar => [bar.firstChild.textContent, bar.lastChild.textContent])"
    )
    assert len(ends) == 3
    assert all(low == "0" or low == f"\N{MINUS SIGN}{high}" for low, high in ends)
    assert all(float(high) > 0 for _, high in ends)


def test_five_panels_stand_in_a_row_and_below_each_map_what_this_case_says_of_it(quiet_case):
    page, _ = quiet_case
    boxes = [port.bounding_box() for port in page.locator(".port").all()]
    assert len(boxes) == 5
    assert max(box["y"] for box in boxes) - min(box["y"] for box in boxes) < 2
    assert min(box["width"] for box in boxes) >= 170
    ends = [chips.bounding_box() for chips in page.locator(".chips").all()]
    assert all(box["y"] + box["height"] < SIZE["height"] for box in ends)
    found = page.locator("figure:has(canvas.overlay)").evaluate_all(
        "all => all.map(one => [...one.querySelectorAll('.chip')].map(chip => chip.textContent))"
    )
    assert len(found) == 3
    for chips in found:
        assert any("on the lesion" in chip for chip in chips)
        assert any("in the breast" in chip for chip in chips)
        assert all(chip[0] in "✓✗" for chip in chips)


def test_methods_and_tab_stand_in_the_address_and_back_obeys_it(server, page):
    visit(page, f"{server.address}/{CASE}&method=grad_cam&method=saliency&method=rise")
    page.locator(OVERLAY).nth(1).wait_for(state="attached")
    page.get_by_role("button", name="Methods").click()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Saliency").click()
    page.wait_for_url(lambda url: "saliency" not in url)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Export").click()
    page.wait_for_url("**tab=Export*")
    page.get_by_role("button", name="as one zip").wait_for()
    page.go_back()
    page.locator(OVERLAY).first.wait_for(state="attached")
    assert page.locator(".port").count() == 3
    page.go_back()
    page.wait_for_url(lambda url: "saliency" in url)
    page.locator(OVERLAY).nth(1).wait_for(state="attached")
    assert page.locator(".port").count() == 4
    set_a_slider_and_turn_the_page(page)


def set_a_slider_and_turn_the_page(page):
    """The arrow keys do the first for who came to it by the keyboard, and else the second."""
    slider, address = page.locator("input.opacity"), page.url
    slider.focus()
    before = float(slider.input_value())
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert float(slider.input_value()) > before
    assert page.url == address
    slider.click(position={"x": 20, "y": 5})
    page.keyboard.press("ArrowRight")
    page.wait_for_function("address => location.href !== address", arg=address)
    assert "method=saliency" in page.url


def test_shap_is_computed_on_a_click_and_stands_beside_the_others(quiet_case):
    page, _ = quiet_case
    page.get_by_role("button", name="Compute Partition SHAP").click()
    page.locator(OVERLAY).nth(3).wait_for(state="attached")
    assert "computed" not in page.locator(".panels").inner_text()
