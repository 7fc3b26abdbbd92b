"""What a job's own process does: wait for its turn, run the verb, note how it ended."""

import os
import sys
from pathlib import Path

from mammo_core.errors import Cancelled, MammoError
from mammo_core.jobs.job import Job
from mammo_core.jobs.lanes import wait_for_turn
from mammo_core.jobs.start import note_process


def run_job(job: Job) -> None:
    """Run the job whose folder exists; leaves the process with the verb's exit code."""
    code = 1
    try:
        _await_turn(job)
        from mammo_core.cli import main

        main(job.description["arguments"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        raise
    finally:
        job.note_end(code)


def _await_turn(job: Job) -> None:
    """Wait as a light process: no verb is imported yet."""
    told = job.description
    if "pid" not in told:  # who started it may have died before it could tell
        note_process(job.folder, told, os.getpid())
    try:
        if told.get("lane"):
            wait_for_turn(job, told["lane"])
    except MammoError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(130 if isinstance(error, Cancelled) else 2)


if __name__ == "__main__":
    run_job(Job(Path(sys.argv[1])))
