"""What a supervisor does on the first day, in a real browser."""

import csv
import os
import re
import subprocess
import sys

import numpy as np
import psutil
import pytest
from PIL import Image

pytestmark = pytest.mark.browser
FINISHED = "[data-testid=stApp][data-test-script-state=notRunning]"
OVERLAY = "canvas.overlay"


def visit(page, address):
    page.goto(address)
    settle(page)


def settle(page):
    page.wait_for_timeout(300)  # a click takes a moment to reach the server
    page.wait_for_selector(FINISHED)


def title(page):
    return page.locator("h1").inner_text()


def cells(page):
    """The matrix's cells as (truth, predicted, count, place)."""
    labels = page.locator(".mark-rect path").evaluate_all(
        "marks => marks.map(mark => mark.getAttribute('aria-label'))"
    )
    pattern = r"Predicted: (.+?); Truth: (.+?); .*Count: (\d+)"
    found = [re.search(pattern, label).groups() for label in labels]
    return [(truth, said, int(n), place) for place, (said, truth, n) in enumerate(found)]


def worst_cell(page):
    """Malignant called normal; where that is empty, the largest cell off the diagonal."""
    wrong = [cell for cell in cells(page) if cell[0] != cell[1] and cell[2] > 0]
    return max(wrong, key=lambda cell: (cell[:2] == ("malignant", "normal"), cell[2]))


def make_exams(home):
    """A dataset of the home that no model has been run on."""
    for words in (
        f"sample {home}/raw/exams --patients 2 --seed 3 --size 160x128",
        f"index {home}/raw/exams --out {home}/.mammo/datasets/exams",
    ):
        command = [sys.executable, "-m", "mammo_core", *words.split()]
        subprocess.run(command, env={**os.environ, "MAMMO_HOME": str(home)}, check=True)


def pixels_of(page, selector):
    """The pictures' contents, drawn small."""
    return page.locator(selector).evaluate_all(
        """pictures => pictures.map(picture => {
            const canvas = document.createElement('canvas');
            canvas.width = 64; canvas.height = 80;
            const context = canvas.getContext('2d');
            context.drawImage(picture, 0, 0, 64, 80);
            return Array.from(context.getImageData(0, 0, 64, 80).data).join();
        })"""
    )


def test_from_the_headline_to_three_explanations_of_the_worst_mistake(server, page):
    visit(page, server.address)
    card = page.locator("[data-testid=stMetric]", has_text="AUROC").first
    assert 0.5 < float(card.locator("[data-testid=stMetricValue]").inner_text()) <= 1
    assert re.search(r"\[0\.\d\d to \d\.\d\d\], \d+ patients", card.inner_text())

    page.wait_for_selector(".mark-rect path")
    truth, said, n, place = worst_cell(page)
    page.locator(".mark-rect path").nth(place).click()
    page.wait_for_url("**/cases?*")
    settle(page)
    assert title(page) == "Cases"
    assert page.locator(".tile").count() == n
    assert f"truth {truth}" in page.locator(".tile").first.inner_text()
    assert f"said {said}" in page.locator(".tile").first.inner_text()

    page.locator(".tile").first.click()
    page.wait_for_url("**/case?*")
    page.wait_for_function(f"() => document.querySelectorAll('{OVERLAY}') || true")
    page.locator(OVERLAY).nth(2).wait_for(state="attached")
    page.wait_for_timeout(500)
    maps = pixels_of(page, OVERLAY)
    assert len(maps) == 3
    assert len(set(maps)) == 3


def test_the_viewer_zooms_all_pictures_in_step_and_asks_nobody(server, page):
    visit(page, f"{server.address}/case")
    page.locator(OVERLAY).nth(2).wait_for(state="attached")
    settle(page)
    page.wait_for_timeout(2500)  # the status corner may have one more round to go
    frames = []
    page.on("request", lambda request: frames.append(request.url))
    page.locator(".port").first.hover()
    page.mouse.wheel(0, -400)
    slider = page.locator("input.opacity")
    slider.fill("0.2")
    moved = page.locator(".stage").evaluate_all(
        "stages => stages.map(stage => getComputedStyle(stage).transform)"
    )
    assert len(moved) == 5
    assert len(set(moved)) == 1
    assert moved[0] != "matrix(1, 0, 0, 1, 0, 0)"
    opacity = page.locator(OVERLAY).first.evaluate("image => getComputedStyle(image).opacity")
    assert float(opacity) == pytest.approx(0.2)
    assert not frames


def test_the_arrow_key_walks_to_the_next_case(server, page):
    visit(page, f"{server.address}/cases?true=malignant")
    page.locator(".tile").first.click()
    page.wait_for_url("**/case?*")
    settle(page)
    before = page.url
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => location.href !== {before!r}")
    assert "true=malignant" in page.url


def test_a_case_opens_by_its_address_alone(server, page):
    visit(page, f"{server.address}/cases")
    name = page.locator(".tile").nth(3).get_attribute("data-id")
    visit(page, f"{server.address}/case?case={name}")
    assert title(page) == "Case"
    assert name in page.locator("[data-testid=stMain]").inner_text()


def test_numbers_appear_by_themselves_when_a_prediction_is_done(server, page):
    make_exams(server.home)
    visit(page, f"{server.address}/evaluate?dataset=exams&split=all")
    page.get_by_role("button", name="Predict now").click()
    page.get_by_text("Confusion matrix, 8 images").wait_for()
    assert "dataset=exams" in page.url


def test_no_tensorflow_in_the_process_that_serves_an_open_page(server, page):
    visit(page, server.address)
    mapped = {entry.path for entry in psutil.Process(server.pid).memory_maps()}
    assert any("libpython" in path or "python" in path for path in mapped)
    assert not [path for path in mapped if "tensorflow" in path or "libkeras" in path]
    children = psutil.Process(server.pid).children(recursive=True)
    assert children  # the worker, which alone may hold it


def test_window_and_level_of_an_image_of_the_data_ask_nobody(server, page):
    visit(page, f"{server.address}/data?tab=Look")
    page.locator(".tile").first.click()
    page.wait_for_url("**image=*")
    page.locator(".film canvas").wait_for()
    page.wait_for_timeout(2500)  # the status corner may have one more round to go
    settle(page)
    before = pixels_of(page, ".film canvas")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("input.width").fill("200")
    page.wait_for_timeout(200)
    narrow = pixels_of(page, ".film canvas")
    page.get_by_role("button", name="As the file asks").click()
    page.wait_for_timeout(200)
    assert narrow != before
    assert pixels_of(page, ".film canvas") == before
    assert not asked


def test_a_folder_becomes_the_chosen_dataset(server, page):
    words = f"sample {server.home}/raw/new --patients 2 --seed 5 --size 160x128"
    command = [sys.executable, "-m", "mammo_core", *words.split()]
    subprocess.run(command, env={**os.environ, "MAMMO_HOME": str(server.home)}, check=True)
    visit(page, f"{server.address}/data?tab=Add+a+dataset")
    path = page.get_by_role("textbox", name="Path of a folder")
    path.fill(f"{server.home}/raw/new")
    path.press("Enter")
    page.get_by_text("Found: Synthetic sample").wait_for()
    assert not (server.home / ".mammo" / "datasets" / "new").exists()
    page.get_by_role("button", name="Index it").click()
    page.wait_for_url("**dataset=new*")
    settle(page)
    assert "8" in page.locator("[data-testid=stMetric]", has_text="Images").inner_text()


def test_a_refused_file_among_many_is_not_predicted_until_the_user_insists(server, page, tmp_path):
    film = next((server.home / "sample_data" / "dicom").rglob("*.dcm"))
    noise = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 240), np.uint8)).save(noise)
    visit(page, f"{server.address}/predict")
    page.locator("input[type=file]").set_input_files([film, noise])
    page.get_by_text("2 files").wait_for()
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    accepted, refused = read_rows(waiting.value)
    assert (accepted["verdict"], refused["verdict"]) == ("accept", "refuse")
    assert accepted["prediction"]
    assert refused["prediction"] == refused["override"] == ""


def read_rows(download):
    return list(csv.DictReader(download.path().open(encoding="utf-8")))
