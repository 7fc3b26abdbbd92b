"""Erasing, agreement and export of a case, in a real browser with the shipped model."""

import io
import re
import zipfile

import pytest
from test_journeys import settle, visit

pytestmark = pytest.mark.browser
CASE = "S00000_RCC"
"""An indistinct mass that `demo` calls malignant at .97."""
ERASE = "Erase and predict again"


def open_tab(page, server, name):
    visit(page, f"{server.address}/case?case={CASE}&model=demo&dataset=sample_data")
    page.get_by_role("tab", name=name).click()
    settle(page)


def read_answer(page):
    told = page.get_by_text("Erasing this region")
    told.first.wait_for()
    return told.first.inner_text()


def test_erasing_the_lesion_lowers_malignant_more_than_any_random_region(server, page):
    open_tab(page, server, "Erase")
    page.get_by_text("The lesion", exact=True).click()
    settle(page)
    page.get_by_role("button", name=ERASE).click()
    told = read_answer(page)
    before, after = map(float, re.search(r"malignant from ([\d.]+) to ([\d.]+)", told).groups())
    assert after < before / 2
    assert "of 20 random regions of the same size elsewhere in the breast none" in told


def test_a_box_is_drawn_by_the_pointer_and_by_its_sides_and_survives_another_tab(server, page):
    open_tab(page, server, "Erase")
    assert page.get_by_role("button", name=ERASE).is_disabled()
    paper = page.locator(".paper")
    box = paper.bounding_box()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
    page.mouse.up()
    settle(page)
    sides = [int(page.locator(f"input.{side}").input_value()) for side in ("top", "right")]
    assert sides == pytest.approx([0.3 * 640, 0.8 * 512], abs=3)
    page.locator("input.bottom").fill("400")
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_role("tab", name="Preprocessing").click()
    settle(page)
    page.get_by_role("tab", name="Erase").click()
    page.locator("input.bottom").wait_for()
    assert page.locator("input.bottom").input_value() == "400"
    page.get_by_role("button", name=ERASE).click()
    assert "malignant from" in read_answer(page)


def test_a_stroke_on_the_enlarged_image_lands_where_it_was_drawn_and_can_be_undone(server, page):
    open_tab(page, server, "Erase")
    page.get_by_text("Freehand").click()
    box = page.locator(".paper").bounding_box()

    def go(x, y, **how):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], **how)

    go(0.7, 0.4)  # stays where it is while the image grows around it
    for _ in range(4):
        page.mouse.wheel(0, -100)
    page.locator(".eraser[data-zoom='2.07']").wait_for()
    sides = [read_side(page, side) for side in ("top", "left", "bottom", "right")]
    assert sides == ["", "", "", ""]
    page.mouse.down()
    for x, y in ((0.9, 0.4), (0.9, 0.6), (0.7, 0.6)):
        go(x, y, steps=5)
    page.mouse.up()
    settle(page)
    drawn = [int(read_side(page, side)) for side in ("top", "left", "bottom", "right")]
    width, height = 0.2 / 2.07 * 512, 0.2 / 2.07 * 640
    assert drawn == pytest.approx(
        [0.4 * 640, 0.7 * 512, 0.4 * 640 + height, 0.7 * 512 + width], abs=4
    )
    page.mouse.click(box["x"] + 9, box["y"] + 9)
    assert [int(read_side(page, side)) for side in ("top", "left")] == drawn[:2]
    page.get_by_role("button", name="Undo").click()
    settle(page)
    assert read_side(page, "top") == ""
    assert page.get_by_role("button", name=ERASE).is_disabled()


def test_sides_that_make_no_box_are_told_and_nothing_is_erased(server, page):
    open_tab(page, server, "Erase")
    page.locator("input.top").focus()
    for value in ("300", "300", "360", "360"):
        page.keyboard.type(value)
        page.keyboard.press("Tab")
    settle(page)
    assert [read_side(page, side) for side in ("left", "right")] == ["300", "360"]
    assert not page.get_by_role("button", name=ERASE).is_disabled()
    page.locator("input.bottom").fill("300")
    page.keyboard.press("Tab")
    page.get_by_text("Top must be less than bottom").wait_for()
    settle(page)
    assert page.get_by_role("button", name=ERASE).is_disabled()
    assert read_side(page, "bottom") == "300"


def read_side(page, side):
    return page.locator(f"input.{side}").input_value()


def test_arrow_keys_on_the_drawing_surface_move_the_box_and_do_not_turn_the_page(server, page):
    open_tab(page, server, "Erase")
    page.locator(".paper").focus()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    page.locator("input.left").focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    sides = [int(page.locator(f"input.{side}").input_value()) for side in ("top", "left")]
    assert sides == [256 + 13, 205 + 13]
    assert f"case={CASE}" in page.url
    assert not page.get_by_role("button", name=ERASE).is_disabled()


def test_the_zip_of_an_export_holds_each_map_in_each_format(server, page):
    open_tab(page, server, "Export")
    page.get_by_role("button", name="as one zip").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the zip").click()
    with zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())) as archive:
        names = archive.namelist()
    for ending in (".png", ".npz", ".pm.dcm", ".sc.dcm"):
        assert f"{CASE}.grad_cam.malignant{ending}" in names
    assert "unwritten.json" not in names


def test_agreement_is_told_in_words_with_its_table(server, page):
    open_tab(page, server, "Agreement")
    page.get_by_text("agree most").first.wait_for()
    page.get_by_text("Agreement of the maps for malignant").wait_for()
