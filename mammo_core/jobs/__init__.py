"""Long work in processes of their own that outlive the page that started them.

A job is a folder: job.json (what runs), turn.json (its lane let it begin), progress.json, log.txt,
CANCEL (asks for a stop) and end.json (how it ended). Pages only read the folder. Jobs of one lane
wait for each other.
"""

from mammo_core.jobs.job import UNFINISHED, Job, JobStatus, State, find_job, list_jobs
from mammo_core.jobs.lanes import LANES, find_lane
from mammo_core.jobs.start import forget_job, resume_job, start_job

__all__ = [
    "LANES",
    "UNFINISHED",
    "Job",
    "JobStatus",
    "State",
    "find_job",
    "find_lane",
    "forget_job",
    "list_jobs",
    "resume_job",
    "start_job",
]
