"""Long work in a process of its own that outlives the page that started it.

A job is a folder: job.json (what runs), progress.json, log.txt, CANCEL (asks for a stop) and
end.json (how it ended). Pages only read the folder.
"""

import os
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from mammo_core.paths import REPOSITORY, home, read_json, state_folder, write_json
from mammo_core.progress import read_progress

State = Literal["running", "done", "stopped", "failed", "died"]
STATE_OF_EXIT: dict[int, State] = {0: "done", 130: "stopped"}


@dataclass(frozen=True)
class JobStatus:
    """How a job stands.

    Attributes:
        state: "died" means that the process is gone without having said how it ended.
        progress: The last progress it noted: done, total, doing, seconds; empty before the first.
        message: The last line of its log, for a person.
    """

    state: State
    progress: dict[str, Any]
    message: str


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
        """The content of job.json: title, arguments, created, pid, started."""
        content: dict[str, Any] = read_json(self.folder / "job.json")
        return content

    def status(self) -> JobStatus:
        """How the job stands now."""
        return JobStatus(self._state(), read_progress(self.folder), self.last_line())

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
        """Ask the job to stop after the step that it is in; what is whole stays."""
        (self.folder / "CANCEL").touch()

    def _state(self) -> State:
        end = self.folder / "end.json"
        if end.exists():
            return STATE_OF_EXIT.get(read_json(end)["exit"], "failed")
        return "running" if _is_alive(self.description) else "died"


def start_job(title: str, arguments: list[str]) -> Job:
    """Start `python -m mammo_core ARGUMENTS` in a session of its own."""
    folder = _jobs_folder() / f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
    folder.mkdir(parents=True)
    content = {"title": title, "arguments": arguments, "created": time.time()}
    write_json(folder / "job.json", content)
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mammo_core.jobs", str(folder)],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={
                "OPENBLAS_NUM_THREADS": "1",
                **os.environ,
                "MAMMO_JOB": str(folder),
                "MAMMO_HOME": str(home()),
            },
            start_new_session=True,
        )
    started = _start_time(process.pid)
    write_json(folder / "job.json", {**content, "pid": process.pid, "started": started})
    return Job(folder)


def list_jobs() -> list[Job]:
    """All jobs, the newest first."""
    folder = _jobs_folder()
    if not folder.is_dir():
        return []
    return [
        Job(path) for path in sorted(folder.iterdir(), reverse=True) if (path / "job.json").exists()
    ]


def run_job(folder: Path) -> None:
    """What the job's own process does: run the verb, note how it ended."""
    from mammo_core.cli import main

    code = 1
    try:
        main(read_json(folder / "job.json")["arguments"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        raise
    finally:
        write_json(folder / "end.json", {"exit": code, "at": time.time()})


def _jobs_folder() -> Path:
    return state_folder() / "jobs"


def _start_time(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def _is_alive(description: dict[str, Any]) -> bool:
    """Whether the very process that was started is still at work (pids are used again)."""
    if "pid" not in description:
        return time.time() - description["created"] < 10
    try:
        process = psutil.Process(description["pid"])
        is_same = abs(process.create_time() - (description["started"] or 0)) < 1
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


if __name__ == "__main__":
    run_job(Path(sys.argv[1]))
