"""Ten browser sessions at work at once on one server: how long each waits for its page."""

import asyncio
import random
import statistics
import tempfile
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.browser_session import open_session, serving
from benchmarks.evaluation import make_home

ROOT = Path(__file__).resolve().parents[1]
N_ROWS = 100_000
SESSIONS, TURNS = 10, 12
PAUSE_S = (0.5, 1.5)
"""Between what a user sees and what he does next."""
BUDGET_MS = 1000.0
PAGES = {"evaluate": ("",), "cases": ("density=d", "view=CC", "true=malignant", "")}
"""The pages that are worked on, and the filters that are set in turn."""


def rows() -> list[dict[str, Any]]:
    """The 95th percentile of the time until a script has finished, on each page."""
    with tempfile.TemporaryDirectory() as folder:
        make_home(Path(folder), N_ROWS)
        with serving(ROOT / "app.py", {"MAMMO_HOME": folder}) as port:
            waits = asyncio.run(asyncio.wait_for(measure(port), 600))
    return [_row(page, seconds) for page, seconds in waits.items()]


async def measure(port: int) -> dict[str, list[float]]:
    """Seconds of every rerun of all sessions by page, after one session has opened each page."""
    for page in PAGES:
        await work(port, page, turns=2, seed=99)
    pages = [page for _ in range(SESSIONS // len(PAGES)) for page in PAGES]
    at_once = (work(port, page, turns=TURNS, seed=k) for k, page in enumerate(pages))
    found = list(zip(pages, await asyncio.gather(*at_once), strict=True))
    return {
        page: list(chain.from_iterable(seconds for where, seconds in found if where == page))
        for page in PAGES
    }


async def work(port: int, page: str, *, turns: int, seed: int) -> list[float]:
    """Seconds of a session's reruns: the threshold moves, filters come and go."""
    draw, seconds = random.Random(seed), []
    session = await open_session(port)
    await session.run(page)
    for turn in range(turns):
        await asyncio.sleep(draw.uniform(*PAUSE_S))
        query = PAGES[page][turn % len(PAGES[page])]
        threshold = round(draw.uniform(0.05, 0.95), 2)
        seconds.append(await session.run(query=query, Threshold=threshold))
    await session.stream.close()
    return seconds


def _row(page: str, seconds: list[float]) -> dict[str, Any]:
    p95 = 1000 * statistics.quantiles(seconds, n=20)[-1]
    return {
        "benchmark": f"{SESSIONS} sessions at once, {page}, {N_ROWS:,} predictions, p95 of a rerun",
        "figure": p95,
        "unit": "ms",
        "budget": BUDGET_MS,
        "ratio": p95 / BUDGET_MS,
    }
