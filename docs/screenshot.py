"""Take the pictures of docs/ from the running app: `make screenshot`."""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
SHOTS = {
    "overview": "",
    "case": "case?case=S00000_RCC&class=malignant",
    "data": "data?tab=Look&image=S00000_RCC",
}
READY = "[data-testid=stApp][data-test-script-state=notRunning]"


def main() -> None:
    """Start the app, picture its pages, end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["streamlit", "run", "app.py", "--server.port", str(port), "--server.headless=true"]
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=HERE.parent)
    try:
        _wait_for(port)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            for name, path in SHOTS.items():
                _take(page, f"http://127.0.0.1:{port}/{path}", HERE / f"{name}.png")
            browser.close()
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)


def _take(page: Page, address: str, file: Path) -> None:
    page.goto(address)
    page.wait_for_selector(READY, timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(15_000)
    page.screenshot(path=file)


if __name__ == "__main__":
    main()
