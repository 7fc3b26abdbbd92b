"""Jobs live in processes of their own and say how they ended."""

import json
import time

import psutil

from mammo_core.jobs import Job, list_jobs, start_job
from mammo_core.paths import write_json


def wait_for_end(job, seconds=60):
    deadline = time.monotonic() + seconds
    while job.status().state == "running" and time.monotonic() < deadline:
        time.sleep(0.05)
    return job.status()


def made(folder, **description):
    folder.mkdir(parents=True)
    write_json(folder / "job.json", {"title": "t", "arguments": [], "created": 0.0, **description})
    return Job(folder)


def test_a_job_runs_a_verb_and_is_found_again(home):
    job = start_job("List the models", ["models", "--json"])
    assert wait_for_end(job).state == "done"
    assert json.loads(job.last_line())["models"] == []
    assert list_jobs() == [job]


def test_a_job_that_fails_says_why(home):
    status = wait_for_end(start_job("Predict", ["predict", "no_model", "no_data"]))
    assert status.state == "failed"
    assert status.message


def test_a_process_that_vanished_is_called_dead(tmp_path):
    pid = max(psutil.pids()) + 12345
    assert made(tmp_path / "a", pid=pid, started=1.0).status().state == "died"


def test_a_pid_that_another_process_uses_now_is_not_the_job(tmp_path):
    here = psutil.Process()
    assert made(tmp_path / "a", pid=here.pid, started=1.0).status().state == "died"
    alive = made(tmp_path / "b", pid=here.pid, started=here.create_time())
    assert alive.status().state == "running"


def test_a_stop_is_told_from_a_failure(tmp_path):
    job = made(tmp_path / "a")
    write_json(job.folder / "end.json", {"exit": 130, "at": 0.0})
    assert job.status().state == "stopped"
