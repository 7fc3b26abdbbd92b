"""A server over a copy of the shipped model and sample, and a browser that reaches nothing else."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mammo_core.paths import home as shipped_home

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SIZE = {"width": 1440, "height": 900}
ONLY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"


@dataclass(frozen=True)
class Server:
    address: str
    pid: int
    home: Path


@pytest.fixture(scope="session")
def chromium():
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"No browser here: looked for {', '.join(NAMES)}")
    return found


@pytest.fixture(scope="session")
def server(chromium, tmp_path_factory):
    """The app as `streamlit run app.py` starts it."""
    with running_server(copy_home(tmp_path_factory.mktemp("home"))) as running:
        yield running


def copy_home(folder):
    """The folder with the shipped models and sample in it."""
    for part in ("models", "sample_data"):
        shutil.copytree(shipped_home() / part, folder / part)
    return folder


@contextmanager
def running_server(folder):
    """A server over that home; it has ended when the block has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (folder / "log.txt").open("w")
    options = ["--server.port", str(port), "--server.headless", "true"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", *options],
        cwd=ROOT,
        env={**os.environ, "MAMMO_HOME": str(folder)},
        stdout=log,
        stderr=log,
    )
    address = f"http://127.0.0.1:{port}"
    wait_for(address)
    try:
        yield Server(address, process.pid, folder)
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def wait_for(address):
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"The app did not answer at {address} within a minute")


@pytest.fixture(scope="module")  # no longer: while Playwright runs, asyncio runs nothing else
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", ONLY_HERE]
        )
        yield started
        started.close()


@pytest.fixture
def open_page(browser):
    """Opens pages whose every request must stay with their server and that log no error of ours."""
    opened, contexts = [], []

    def open_one(server):
        contexts.append(browser.new_context(viewport=SIZE))
        page, hosts, errors = contexts[-1].new_page(), set(), []
        page.set_default_timeout(60_000)
        page.on("request", lambda request: hosts.add(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        opened.append((server, hosts, errors))
        return page

    yield open_one
    for context in contexts:
        context.close()
    for server, hosts, errors in opened:
        here = (server.address, server.address.replace("http", "ws"), "data:", "blob:")
        assert not [url for url in hosts if not url.startswith(here)]
        assert not errors


@pytest.fixture
def page(open_page, server):
    """A page of the server that all tests share."""
    return open_page(server)
