"""Lanes: jobs of one lane run one at a time, in the order in which they were started.

There is no process that manages the queue: each job's own process looks whether it is its turn,
before it imports anything heavy. So the queue survives every browser, app and job.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress

from mammo_core.errors import BadConfiguration, Cancelled
from mammo_core.jobs.job import Job, lane_place, queue_of
from mammo_core.locks import InUse, holding
from mammo_core.paths import write_json

LANES: dict[str, tuple[str, ...]] = {
    "training": ("train", "tune", "cross-validate", "learning-curve", "learning-rate"),
}
"""The verbs of each lane; verbs of no lane begin at once."""
AT_ONCE = "MAMMO_JOBS_AT_ONCE"
SHORTEST_POLL_S, LONGEST_POLL_S = 0.2, 2.0
"""How long a job waits between two looks, at first and later on: queues last for hours."""


def find_lane(arguments: Sequence[str]) -> str | None:
    """The lane of a verb with its words, None for a verb that never waits."""
    verb = arguments[0] if arguments else ""
    return next((lane for lane, verbs in LANES.items() if verb in verbs), None)


def read_at_once() -> int:
    """How many jobs of a lane may run at a time: MAMMO_JOBS_AT_ONCE, else 1.

    Raises:
        BadConfiguration: Where it is no whole number above 0.
    """
    text = os.environ.get(AT_ONCE) or "1"
    if not text.isdecimal() or int(text) < 1:
        raise BadConfiguration(f"{AT_ONCE} must be a whole number above 0, got '{text}'")
    return int(text)


def wait_for_turn(job: Job, lane: str) -> None:
    """Return once the job may begin.

    Raises:
        BadConfiguration: For a wrong MAMMO_JOBS_AT_ONCE.
        Cancelled: Where the job is canceled before its turn.
    """
    at_once, pause = read_at_once(), SHORTEST_POLL_S
    while not _take_turn(job, lane, at_once):
        time.sleep(pause)
        pause = min(1.3 * pause, LONGEST_POLL_S)


def _take_turn(job: Job, lane: str, at_once: int) -> bool:
    """Whether it is the job's turn, which is then noted; looked at first without the lock."""
    _check_wanted(job)
    if not _is_next(job, lane, at_once):
        return False
    with suppress(InUse), holding(lane_place(lane)):
        _check_wanted(job)
        if _is_next(job, lane, at_once):
            write_json(job.folder / "turn.json", {"at": time.time()})
            return True
    return False


def _is_next(job: Job, lane: str, at_once: int) -> bool:
    """Whether fewer than `at_once` others run or stand before it."""
    queue = queue_of(lane)
    jobs = [one for one, _ in queue]
    place = jobs.index(job) if job in jobs else len(jobs)
    later = [one for one, state in queue[place + 1 :] if state == "running"]
    return place + len(later) < at_once


def _check_wanted(job: Job) -> None:
    if (job.folder / "CANCEL").exists() or not job.folder.is_dir():
        raise Cancelled("Stopped by the user before it began")
