"""From the click on Next to the maps of the next case on the screen, in a real browser."""

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.browser_session import serving

ROOT = Path(__file__).resolve().parents[1]
FIRST_MS, CACHED_MS = 500.0, 150.0
N_CASES = 15
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FIND_VIEWER = """
const find = (node) => {
    for (const one of node.querySelectorAll("*")) {
        if (one.classList.contains("viewer")) return one;
        const found = one.shadowRoot && find(one.shadowRoot);
        if (found) return found;
    }
    return null;
};
const viewer = find(document);
"""
SHOWN = f"() => {{ {FIND_VIEWER} return viewer ? viewer.dataset.image : '' }}"
IS_DRAWN = f"""(before) => {{
    {FIND_VIEWER}
    if (!viewer || viewer.dataset.image === before) return false;
    const maps = [...viewer.querySelectorAll("canvas.overlay")];
    return maps.length === 3 && maps.every((map) => map.dataset.isPainted);
}}"""


def rows() -> list[dict[str, Any]]:
    """Medians of cases that nobody looked at before, and of the same cases again."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        return []
    with tempfile.TemporaryDirectory() as home:
        for part in ("models", "sample_data"):
            shutil.copytree(ROOT / part, Path(home) / part)
        with serving(ROOT / "app.py", {"MAMMO_HOME": home}) as port:
            first, cached = measure(found, f"http://127.0.0.1:{port}/case")
    return [
        _row("First explanation of a case, three quick maps", first, FIRST_MS),
        _row("Explanation of a case that is kept", cached, CACHED_MS),
    ]


def measure(browser: str, address: str) -> tuple[list[float], list[float]]:
    """Milliseconds of each step forward through new cases, and of each step back."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = started.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(120_000)
        page.goto(address)
        page.wait_for_function(IS_DRAWN, arg="")
        page.wait_for_timeout(10_000)  # the worker warms up for dear methods
        times = [_step(page, "Next") for _ in range(N_CASES)]
        again = [_step(page, "Previous") for _ in range(N_CASES)]
        started.close()
    return times, again


def _step(page: Any, name: str) -> float:
    before, start = page.evaluate(SHOWN), time.perf_counter()
    page.get_by_role("button", name=name).click()
    page.wait_for_function(IS_DRAWN, arg=before, polling=10)
    seconds = time.perf_counter() - start
    page.wait_for_timeout(500)  # what follows the maps is not to hold up the next step
    return 1000 * seconds


def _row(name: str, times: list[float], budget: float) -> dict[str, Any]:
    median = statistics.median(times)
    return {
        "benchmark": f"{name}, in the browser, median",
        "figure": median,
        "unit": "ms",
        "budget": budget,
        "ratio": median / budget,
    }
