"""A training in a real browser: started, reloaded, stopped, resumed, found on the Models page."""

import csv
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from mammo_core import cli

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
EPOCHS = 60
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
PATIENCE_MS = 120_000

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a dataset of 24 tiny patients and no model."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MAMMO_HOME", str(folder))
    raw = tmp_path / "raw"
    for words in (
        ["sample", raw, "--patients", 24, "--seed", 5, "--size", "160x128"],
        ["index", raw, "--out", folder / ".mammo" / "datasets" / "exams"],
    ):
        with pytest.raises(SystemExit) as end:
            cli.main([*map(str, words), "--json"])
        assert end.value.code == 0
    return folder


@pytest.fixture
def server(home):
    """The address of the app on that home."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    process = subprocess.Popen(
        [sys.executable, *words, "--server.port", str(port)],
        cwd=ROOT,
        env={**os.environ, "MAMMO_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _await(lambda: _answers(address))
        yield address
    finally:
        _end(process)


@pytest.fixture
def page(server):
    """A page of Chromium, which can reach nothing but this machine."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    browser_file = next(filter(None, map(shutil.which, BROWSERS)), None)
    with playwright.sync_playwright() as started:
        if browser_file is None and not Path(started.chromium.executable_path).exists():
            pytest.skip("There is no Chromium here")
        browser = started.chromium.launch(
            executable_path=browser_file,
            args=["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(server)
        page.wait_for_selector(IDLE)
        yield page
        browser.close()


def _answers(address):
    try:
        return urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).status == 200
    except OSError:
        return False


def _await(holds, seconds=120):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{holds} did not hold within {seconds} s"
        time.sleep(0.1)


def _end(process):
    """End the server and whatever it or a failed test left at work."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    process.wait(30)
    for child in children:
        if child.is_running():
            child.kill()


def fill(page, label, value):
    page.get_by_label(label, exact=True).fill(str(value))
    page.keyboard.press("Tab")
    page.wait_for_selector(IDLE)


def shown_epoch(page):
    """The last whole epoch that the page tells of."""
    told = page.get_by_text(re.compile(r"^Epoch \d+")).first
    told.wait_for()
    return int(re.search(r"\d+", told.inner_text())[0])


def read_epochs(home):
    with (home / "models" / "my-model" / "history.csv").open() as stream:
        return [int(row["epoch"]) for row in csv.DictReader(stream)]


def live(page, text):
    """A part of the panel of the shown job."""
    return page.locator(".st-key-train_live").get_by_text(text, exact=True)


def test_a_training_survives_a_reload_and_a_stop_and_is_found_among_the_models(page, home):
    page.get_by_role("link", name="Train").click()
    page.get_by_role("button", name="Start training").wait_for()
    fill(page, "Image size", "64x48")
    fill(page, "Epochs", EPOCHS)
    page.locator(".st-key-more_schedule button").click()
    fill(page, "Patience", EPOCHS)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Start training").click()

    before = shown_epoch(page)
    assert "job=" in page.url
    page.reload()
    page.wait_for_selector(IDLE)
    _await(lambda: shown_epoch(page) > before)
    page.locator(".st-key-train_live [data-testid=stVegaLiteChart]").nth(1).wait_for()

    page.locator(".st-key-train_live").get_by_role("button", name="Stop").click()
    live(page, "stopped").wait_for()
    stopped_at = len(read_epochs(home))
    assert before < stopped_at < EPOCHS

    page.locator(".st-key-train_live").get_by_role("button", name="Resume").click()
    live(page, "done").wait_for()
    assert read_epochs(home) == list(range(1, EPOCHS + 1))

    page.get_by_role("link", name="Models").click()
    page.wait_for_selector(IDLE)
    row = page.locator("[role=grid] td", has_text="my-model")
    row.first.wait_for(state="attached")  # the table itself is drawn on a canvas
