"""The verb `jobs`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from mammo_core.jobs import Job


def jobs(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- VERB WORDS]...",
            help="Start this verb in the background; trainings and sweeps wait for each other.",
        ),
    ] = None,
    cancel: Annotated[str | None, typer.Option(metavar="ID", help="Stop this job.")] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="ID", help="Start an ended job's words again.")
    ] = None,
    forget: Annotated[
        str | None, typer.Option(metavar="ID", help="Take an ended job off the list.")
    ] = None,
    log: Annotated[str | None, typer.Option(metavar="ID", help="What this job wrote.")] = None,
    lines: Annotated[int, typer.Option(min=1, help="Of the log, the last so many.")] = 40,
    limit: Annotated[int, typer.Option(min=1, help="Of the jobs, the newest so many.")] = 30,
) -> dict[str, Any]:
    """List the background jobs with their states; start, stop, resume or forget one.

    Jobs outlive the app and the terminal. MAMMO_JOBS_AT_ONCE (1) trainings run at a time.

    Example: python -m mammo_core jobs -- train mias --out models/mias --set epochs=20
    """
    from mammo_core.errors import BadConfiguration
    from mammo_core.jobs import find_job, forget_job, list_jobs, resume_job

    asked = {"cancel": cancel, "resume": resume, "forget": forget, "log": log}
    chosen = [name for name, job_id in asked.items() if job_id is not None]
    if len(chosen) + bool(words) > 1:
        raise BadConfiguration("Expected one of --cancel, --resume, --forget, --log or a verb")
    if words:
        return _describe(_start(words))
    if cancel is not None:
        find_job(cancel).cancel()
        return _describe(find_job(cancel))
    if resume is not None:
        return _describe(resume_job(find_job(resume)))
    if forget is not None:
        forget_job(find_job(forget))
        return {"forgotten": forget}
    if log is not None:
        return {"id": log, "log": find_job(log).log().splitlines()[-lines:]}
    return {"jobs": [_describe(job) for job in list_jobs()[:limit]]}


def _start(words: list[str]) -> "Job":
    from mammo_core.errors import BadConfiguration
    from mammo_core.jobs import find_lane, start_job
    from mammo_core.verbs import VERBS

    if words[0] not in VERBS or words[0] == "jobs":
        known = ", ".join(name for name in VERBS if name != "jobs")
        raise BadConfiguration(f"Expected a verb ({known}), got '{words[0]}'")
    return start_job(" ".join(words[:2]).capitalize(), words, lane=find_lane(words))


def _describe(job: "Job") -> dict[str, Any]:
    told, status = job.description, job.status()
    return {
        "id": job.id,
        "state": status.state,
        "place": status.place,
        "title": told["title"],
        "arguments": told["arguments"],
        "progress": status.progress,
        "message": status.message,
    }
