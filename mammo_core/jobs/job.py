"""A job as its folder tells it: what runs, how it stands, its place in the queue, its log."""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mammo_core.errors import MammoError
from mammo_core.locks import holding
from mammo_core.paths import read_json, state_folder, write_json
from mammo_core.processes import is_alive
from mammo_core.progress import read_progress
from mammo_core.termination import TERMINATED

State = Literal["waiting", "running", "done", "stopped", "failed", "died"]
STATE_OF_EXIT: dict[int, State] = {0: "done", 130: "stopped", TERMINATED: "stopped"}
UNFINISHED: tuple[State, ...] = ("waiting", "running")
STARTUP_S = 10.0
"""Within this time a job may have no process yet."""


@dataclass(frozen=True)
class JobStatus:
    """How a job stands.

    Attributes:
        state: "waiting" for its lane; "died" means that the process is gone without having said
            how it ended.
        progress: The last progress it noted: done, total, doing, seconds; empty before the first.
        message: The last line of its log, for a person.
        place: Of a waiting job in its lane's queue, 1 for the next; None for all others.
    """

    state: State
    progress: dict[str, Any]
    message: str
    place: int | None = None


@dataclass(frozen=True)
class Job:
    """A verb of the command line that runs in the background."""

    folder: Path

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def description(self) -> dict[str, Any]:
        """The content of job.json: title, arguments, created, lane, pid, started."""
        content: dict[str, Any] = read_json(self.folder / "job.json")
        return content

    @property
    def state(self) -> State:
        """How the job stands now, in a word."""
        end = self.folder / "end.json"
        if end.exists():
            return STATE_OF_EXIT.get(read_json(end)["exit"], "failed")
        description = self.description
        if not _is_alive(description):
            return "died"
        is_waiting = description.get("lane") and not (self.folder / "turn.json").exists()
        return "waiting" if is_waiting else "running"

    def status(self) -> JobStatus:
        """How the job stands now."""
        state = self.state
        place = self._place() if state == "waiting" else None
        return JobStatus(state, read_progress(self.folder), self.last_line(), place)

    def last_line(self) -> str:
        """The log's last line, empty where there is none."""
        lines = self.log().strip().splitlines()
        return lines[-1] if lines else ""

    def log(self, limit: int = 20_000) -> str:
        """The end of what the job wrote, at most `limit` bytes of it."""
        try:
            with (self.folder / "log.txt").open("rb") as stream:
                stream.seek(0, os.SEEK_END)
                stream.seek(max(0, stream.tell() - limit))
                return stream.read().decode(errors="replace")
        except OSError:
            return ""

    def cancel(self) -> None:
        """Ask the job to stop after the step that it is in; one that waits ends at once."""
        (self.folder / "CANCEL").touch()
        lane = self.description.get("lane")
        if lane and self.state == "waiting":
            with holding(lane_place(lane)):
                if self.state == "waiting":
                    self.note_end(130)

    def note_end(self, code: int) -> None:
        """Write how the job ended, once, unless its folder was removed meanwhile."""
        if self.folder.is_dir() and not (self.folder / "end.json").exists():
            write_json(self.folder / "end.json", {"exit": code, "at": time.time()})

    def _place(self) -> int:
        queue = queue_of(self.description["lane"])
        waiting = [job for job, state in queue if state == "waiting"]
        return waiting.index(self) + 1 if self in waiting else 1


def list_jobs() -> list[Job]:
    """All jobs, the newest first."""
    folder = jobs_folder()
    if not folder.is_dir():
        return []
    return [
        Job(path) for path in sorted(folder.iterdir(), reverse=True) if (path / "job.json").exists()
    ]


def find_job(job_id: str) -> Job:
    """The job of that id.

    Raises:
        MammoError: Where there is none.
    """
    found = next((job for job in list_jobs() if job.id == job_id), None)
    if found is None:
        raise MammoError(f"No job has the id '{job_id}'; 'python -m mammo_core jobs' lists them")
    return found


def queue_of(lane: str) -> list[tuple[Job, State]]:
    """The jobs of a lane that run or wait, the first to begin first, with their states."""
    queue: list[tuple[float, str, Job, State]] = []
    for job in list_jobs():
        if (job.folder / "end.json").exists():
            continue
        with suppress(MammoError):  # forgotten while this looks
            told, state = job.description, job.state
            if told.get("lane") == lane and state in UNFINISHED:
                queue.append((told["created"], job.id, job, state))
    return [(job, state) for _, _, job, state in sorted(queue, key=lambda one: one[:2])]


def jobs_folder() -> Path:
    """Where the jobs' folders lie."""
    return state_folder() / "jobs"


def lane_place(lane: str) -> Path:
    """What whoever decides about a lane's turns holds."""
    return jobs_folder() / f"lane-{lane}"


def _is_alive(description: dict[str, Any]) -> bool:
    """Whether the process that was started is still at work, or has yet to appear."""
    if "pid" not in description:
        return time.time() - description["created"] < STARTUP_S
    return is_alive(description["pid"], description["started"])
