"""Starting, resuming and forgetting jobs."""

import os
import shutil
import subprocess
import sys
import time
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from mammo_core.errors import MammoError
from mammo_core.jobs.job import UNFINISHED, Job, jobs_folder, list_jobs
from mammo_core.paths import REPOSITORY, home, write_json
from mammo_core.processes import start_time


def start_job(title: str, arguments: list[str], *, lane: str | None = None) -> Job:
    """Start `python -m mammo_core ARGUMENTS` in a session of its own.

    Args:
        title: What it does, for a person.
        arguments: The verb and its words.
        lane: A name; the jobs of one lane wait for each other. None begins at once.
    """
    folder = jobs_folder() / f"{datetime.now():%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:6]}"
    folder.mkdir(parents=True)
    content = {"title": title, "arguments": arguments, "created": time.time(), "lane": lane}
    write_json(folder / "job.json", content)
    with (folder / "log.txt").open("wb") as log:
        process = _start_process(folder, log)
    note_process(folder, content, process.pid)
    return Job(folder)


def resume_job(job: Job) -> Job:
    """Start an ended job's words again, as a new job at the end of its lane's queue.

    Training, sweeps and cross-validations go on from what they have; others begin anew.

    Raises:
        MammoError: Where the same words run or wait already.
    """
    told = job.description
    for other in list_jobs():
        same = other.description["arguments"] == told["arguments"]
        if same and other.state in UNFINISHED:
            raise MammoError(f"'{told['title']}' is {other.state} already, as job {other.id}")
    return start_job(told["title"], told["arguments"], lane=told.get("lane"))


def forget_job(job: Job) -> None:
    """Remove an ended job's folder; what the job made stays.

    Raises:
        MammoError: Where the job runs or waits, or its folder cannot be removed.
    """
    state = job.state
    if state in UNFINISHED:
        raise MammoError(f"The job {job.id} is {state}; only an ended job can be forgotten")
    try:
        shutil.rmtree(job.folder)
    except OSError as error:
        raise MammoError(f"Cannot remove {job.folder}: {error.strerror or error}") from error


def note_process(folder: Path, content: dict[str, Any], pid: int) -> None:
    """Write job.json with the process by which the job is known to live."""
    write_json(folder / "job.json", {**content, "pid": pid, "started": start_time(pid)})


def _start_process(folder: Path, log: Any) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "mammo_core.jobs", str(folder)]
    environment = {
        "OPENBLAS_NUM_THREADS": "1",
        **os.environ,
        "MAMMO_JOB": str(folder),
        "MAMMO_HOME": str(home()),
    }
    return subprocess.Popen(
        words,
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
        creationflags=_flags_of_windows(),
    )


def _flags_of_windows() -> int:
    """A group and a console of its own, so that closing a window ends no job; 0 elsewhere."""
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0
