"""Models that a user brings: kept while a job takes them in, then gone.

Each lies in a folder of its own within what this server process owns under .mammo/uploads, beside
the id of its job; what a process that was killed has left there goes at the next start.
"""

import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mammo_core import jobs
from mammo_core.errors import MammoError
from mammo_core.paths import write_json, write_text, writing
from mammo_ui.passing_files import own_folder

PREFIX, JOB = "model-", "job.txt"
ENDINGS = ("keras", "h5", "hdf5", "zip")
"""Of the files that the verb `import` reads."""
MOST_MEGABYTES = 200
"""Of an upload; a larger file is named by its path."""


def make_place() -> Path:
    """A new folder for one import.

    Raises:
        MammoError: Where none can be made.
    """
    place = own_folder() / f"{PREFIX}{secrets.token_hex(6)}"
    try:
        place.mkdir()
    except OSError as error:
        raise MammoError(f"Cannot write to {place}: {error.strerror or error}") from error
    return place


def keep_upload(place: Path, name: str, content: bytes, endings: Sequence[str] = ENDINGS) -> Path:
    """The upload as a file of the same name, as far as it is plain letters.

    Args:
        place: Of `make_place`.
        name: As the user's file is called.
        content: Its bytes.
        endings: Those that it may have; any other becomes the first.
    """
    ending = Path(name).suffix.lower().removeprefix(".")
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(name).stem)[:60].strip("-") or "model"
    path = place / f"{stem}.{ending if ending in endings else endings[0]}"
    with writing(path) as temporary:
        temporary.write_bytes(content)
    return path


def keep_settings(place: Path, settings: Mapping[str, Any]) -> Path:
    """The settings as a file for the command line."""
    write_json(place / "preprocess.json", settings)
    return place / "preprocess.json"


def note_job(place: Path, job: jobs.Job) -> None:
    """Say that the folder is that job's, with which it goes."""
    write_text(place / JOB, job.id)


def drop_ended() -> None:
    """Remove the folders whose jobs are no longer at work."""
    for place in own_folder().glob(f"{PREFIX}*"):
        if not _is_at_work(place):
            shutil.rmtree(place, ignore_errors=True)


def _is_at_work(place: Path) -> bool:
    """Whether a job needs the folder; one without a job is on its way to have one."""
    try:
        job_id = (place / JOB).read_text(encoding="utf-8")
        return jobs.find_job(job_id).state in ("waiting", "running")
    except OSError:
        return True
    except MammoError:
        return False
