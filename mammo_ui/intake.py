"""What a user brings from elsewhere, taken in by a job of one verb: started, watched, told of."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core import jobs
from mammo_core.model_folders import check_new_name
from mammo_ui import job_view, job_watch, model_files
from mammo_ui.status import UNREAD

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

LONGEST_ANSWER = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Intake:
    """How one verb takes something in as a model.

    Attributes:
        verb: As the command line names it; its answer has the `model` that came in.
        title: Of its jobs, before the model's name.
        endings: Of the files that it reads.
        show_answer: Shows what the verb answered.
    """

    verb: str
    title: str
    endings: Sequence[str]
    show_answer: Callable[[dict[str, Any]], None]

    @property
    def started(self) -> str:
        """The key of the job that this session started last."""
        return f"started_{self.verb}"

    def show_job(self) -> bool:
        """Whether a job of the verb is at work or waits, which is shown then."""
        ours = (job for job in job_watch.active_jobs() if self._is_ours(job))
        job = next(ours, None)
        if job is not None:
            job_view.show_job(job)
        return job is not None

    def _is_ours(self, job: jobs.Job) -> bool:
        return bool(job.description["arguments"][:1] == [self.verb])

    def tell_last(self) -> None:
        """What became of what was brought here last."""
        job = find_started(self.started)
        if job is None:
            return
        if job.state != "done":
            job_view.tell_end(job)
            return
        answer = json.loads(job.log(LONGEST_ANSWER).strip().splitlines()[-1])
        if Path(answer["model"]).is_dir():
            self.show_answer(answer)

    def forget_last(self) -> None:
        """What became of the last attempt is not told beside the next one."""
        st.session_state.pop(self.started, None)

    def start(self, name: str, write_arguments: Callable[[Path], list[str]]) -> None:
        """Start the verb as a job.

        Args:
            name: Of the model to come.
            write_arguments: The verb's words after its own name, for a folder that keeps what they
                name until the job has ended.

        Raises:
            BadConfiguration: Where the name cannot be taken.
        """
        check_new_name(name)
        place = model_files.make_place()
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, place, ignore_errors=True)
            arguments = [self.verb, "--name", name, *write_arguments(place)]
            job = jobs.start_job(f"{self.title} {name}", arguments)
            model_files.note_job(place, job)
            undo.pop_all()
        st.session_state[self.started] = job.id
        st.rerun()

    def find_file(self, source: "str | UploadedFile", place: Path) -> Path:
        """The file that was named, or the upload as one in a job's folder."""
        if isinstance(source, str):  # the job runs in a folder of its own
            return Path(os.path.expanduser(source)).absolute()
        return model_files.keep_upload(place, source.name, source.getvalue(), self.endings)


def find_started(key: str) -> jobs.Job | None:
    """The job that this session started last, which the status corner need not tell of too.

    Args:
        key: Under which the session keeps its id.
    """
    started = st.session_state.get(key)
    job = next((job for job in jobs.list_jobs() if job.id == started), None)
    if job is not None and st.session_state.get(UNREAD, {}).pop(job.id, None):
        st.rerun()
    return job
