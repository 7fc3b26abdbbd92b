"""What the pages ask of the jobs: which run, and why one failed."""

from mammo_core import jobs

RECENT = 20  # jobs that are looked at; older ones have ended long ago


def active_jobs() -> list[jobs.Job]:
    """The jobs that are at work or wait for their turn, the newest first."""
    return [job for job in jobs.list_jobs()[:RECENT] if job.state in jobs.UNFINISHED]


def running_jobs() -> list[jobs.Job]:
    """The jobs at work, the newest first."""
    return [job for job in active_jobs() if job.state == "running"]


def last_job(arguments: list[str]) -> jobs.Job | None:
    """The newest job that was started with these arguments, None where there is none."""
    recent = jobs.list_jobs()[:RECENT]
    return next((job for job in recent if job.description["arguments"] == arguments), None)


def last_job_of(*beginning: str) -> jobs.Job | None:
    """The newest job whose arguments begin with these, None where there is none."""
    asked = list(beginning)
    recent = jobs.list_jobs()[:RECENT]
    return next((j for j in recent if j.description["arguments"][: len(asked)] == asked), None)


def failure_of(job: jobs.Job) -> str | None:
    """The last line of a failed job's log, None for a job that did not fail."""
    status = job.status()
    if status.state not in ("failed", "died"):
        return None
    return status.message or "it ended without a word, perhaps for want of memory"
