"""From `streamlit run` to the first finished page, against an app that says one word."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.browser_session import open_session, serving

ROOT = Path(__file__).resolve().parents[1]
EMPTY = "import streamlit as st\n\nst.write('Hello')\n"
BUDGET = 1.5
RUNS = 5


def rows() -> list[dict[str, Any]]:
    """Medians of interleaved starts, each with caches of the disk as they are."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY)
        pairs = [(measure_start(empty), measure_start(ROOT / "app.py")) for _ in range(RUNS)]
    of_empty, of_app = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    times = of_app / of_empty
    return [
        {"benchmark": "start, empty Streamlit app", "figure": of_empty, "unit": "s"},
        {"benchmark": "start, this app", "figure": of_app, "unit": "s"},
        {
            "benchmark": "start, this app to empty app",
            "figure": times,
            "unit": "times",
            "budget": BUDGET,
            "ratio": times / BUDGET,
        },
    ]


def measure_start(script: Path) -> float:
    """Seconds from starting the server until a browser's first page is finished."""
    start = time.perf_counter()
    with serving(script) as port:
        asyncio.run(asyncio.wait_for(_visit(port), 120))
        return time.perf_counter() - start


async def _visit(port: int) -> None:
    """Open a session as a browser does and read until its script has finished."""
    session = await open_session(port)
    await session.run()
    await session.stream.close()
