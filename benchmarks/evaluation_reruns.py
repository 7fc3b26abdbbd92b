"""Runs in a process of its own: every page over a table, again and again with something moved.

Prints {"reruns": {what: CPU seconds of each}, "megabytes": resident size after the pages that read
one table, "megabytes_of_two": after the comparison of two as well}.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from streamlit.testing.v1 import AppTest

from mammo_ui.evaluate_tabs import TABS

ROOT = Path(__file__).resolve().parents[1]
FACETS: tuple[dict[str, str], ...] = (
    {"density": "d"},
    {"view": "CC"},
    {"true": "malignant"},
    {"find": "0042"},
    {},
)
TIMEOUT_S = 600
Move = Callable[[AppTest, int], None]


def move_threshold(app: AppTest, turn: int) -> None:
    """A threshold that was not asked for before."""
    app.session_state["threshold"] = round(0.2 + 0.01 * turn, 2)


def filter_cases(app: AppTest, turn: int) -> None:
    """Another selection, one filter on, the last one off."""
    for name in ("density", "view", "true", "find"):
        app.query_params.pop(name, None)
    app.query_params.update(FACETS[turn % len(FACETS)])


def open_page(page: str) -> AppTest:
    """The page after its first run."""
    app = AppTest.from_file(str(ROOT / "mammo_ui" / "main.py"), default_timeout=TIMEOUT_S)
    app.run()
    return app.switch_page(str(ROOT / "pages" / f"{page}.py")).run()


def measure(page: str, move: Move, n: int, tab: str | None = None) -> list[float]:
    """CPU seconds of n reruns after as many moves, not counting a first one, which reads tables.

    An `AppTest` keeps every element of a run as objects: collecting those is not counted either.
    """
    app = open_page(page)
    if tab is not None:
        app.session_state["evaluate_tab"] = tab
        app.run()
    seconds = []
    gc.collect()
    gc.freeze()
    for turn in range(n + 1):
        move(app, turn)
        start = time.process_time()
        app.run()
        seconds.append(time.process_time() - start)
        if app.exception:
            raise RuntimeError(f"{page}, {tab}: {app.exception[0].value}")
    return seconds[1:]


def main(n: int) -> None:
    """Measure all pages and print what was found."""
    found = {
        "Overview, threshold moved": measure("overview", move_threshold, n),
        "Cases, filtered": measure("cases", filter_cases, n),
        "Cases, threshold moved": measure("cases", move_threshold, n),
    }
    for tab in TABS:
        found[f"Evaluate, {tab}, threshold moved"] = measure("evaluate", move_threshold, n, tab)
    of_one = _megabytes()
    found["Compare, threshold moved"] = measure("compare", move_threshold, n)
    told = {"reruns": found, "megabytes": of_one, "megabytes_of_two": _megabytes()}
    sys.stdout.write(json.dumps(told) + "\n")


def _megabytes() -> float:
    """Resident size without what an `AppTest` leaves behind, which no server builds."""
    gc.unfreeze()
    gc.collect()
    return float(psutil.Process().memory_info().rss / 2**20)


if __name__ == "__main__":
    main(int(sys.argv[1]))
