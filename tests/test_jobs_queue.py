"""Jobs of one lane run one at a time and in order, whatever becomes of any of them."""

import json
import os
import subprocess
import sys
import time

import psutil
import pytest

from mammo_core.errors import BadConfiguration, Cancelled, MammoError
from mammo_core.jobs import find_job, find_lane, forget_job, list_jobs, resume_job, start_job
from mammo_core.jobs.job import Job, jobs_folder
from mammo_core.jobs.lanes import LANES, read_at_once, wait_for_turn
from mammo_core.paths import REPOSITORY, read_json, write_json
from mammo_core.verbs.jobs import jobs

HERE = psutil.Process()


def made(number, *, lane="training", pid=HERE.pid, arguments=("models",), turn=False):
    """A job whose process is this one, unless another pid is given."""
    folder = jobs_folder() / f"{number:03}"
    folder.mkdir(parents=True)
    told = {"title": f"Job {number}", "arguments": list(arguments), "lane": lane}
    alive = {"created": float(number), "pid": pid, "started": HERE.create_time()}
    write_json(folder / "job.json", told | alive)
    if turn:
        write_json(folder / "turn.json", {"at": 0.0})
    return Job(folder)


def dead_pid():
    return max(psutil.pids()) + 12345


def wait_until(holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def has_ended(job):
    return (job.folder / "end.json").exists()


def may_begin(job):
    """Whether the job gets its turn at the first look; a second look would wait."""
    answer = []

    def stop_waiting(seconds):
        raise TimeoutError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mammo_core.jobs.lanes.time.sleep", stop_waiting)
        try:
            wait_for_turn(job, job.description["lane"])
            answer.append(True)
        except TimeoutError:
            answer.append(False)
    return answer[0]


def test_jobs_of_one_lane_never_overlap_and_keep_their_order(home):
    started = [start_job(f"Job {n}", ["jobs", "--json"], lane="training") for n in range(3)]
    wait_until(lambda: all(map(has_ended, started)))
    begins = [read_json(job.folder / "turn.json")["at"] for job in started]
    ends = [read_json(job.folder / "end.json")["at"] for job in started]
    assert [job.state for job in started] == ["done"] * 3
    assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))


def test_the_first_of_a_lane_begins_and_the_next_one_when_it_has_ended(home):
    first, second, third = made(1), made(2), made(3)
    assert [job.status().place for job in (first, second, third)] == [1, 2, 3]
    assert not may_begin(third)
    assert not may_begin(second)
    assert may_begin(first)
    assert [job.status().place for job in (first, second, third)] == [None, 1, 2]
    assert not may_begin(second)
    first.note_end(0)
    assert not may_begin(third)
    assert may_begin(second)


def test_two_lanes_do_not_wait_for_each_other(home):
    assert may_begin(made(1, lane="training"))
    assert may_begin(made(2, lane="other"))


def test_a_job_without_a_lane_never_waits(home):
    made(1, turn=True)
    assert made(2, lane=None).state == "running"


def test_dead_jobs_do_not_block_the_queue(home):
    ran, waited = made(1, pid=dead_pid(), turn=True), made(2, pid=dead_pid())
    assert (ran.state, waited.state) == ("died", "died")
    assert may_begin(made(3))


def test_more_may_run_at_a_time_where_the_environment_says_so(home, monkeypatch):
    monkeypatch.setenv("MAMMO_JOBS_AT_ONCE", "2")
    first, second, third = made(1), made(2), made(3)
    assert may_begin(first)
    assert may_begin(second)
    assert not may_begin(third)


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_jobs_at_once_is_named(monkeypatch, text):
    monkeypatch.setenv("MAMMO_JOBS_AT_ONCE", text)
    with pytest.raises(BadConfiguration, match="MAMMO_JOBS_AT_ONCE must be"):
        read_at_once()


def test_a_waiting_job_that_is_canceled_ends_at_once_and_its_process_soon(home):
    made(1, turn=True)
    job = start_job("Wait", ["models"], lane="training")
    process = psutil.Process(job.description["pid"])
    assert job.status().place == 1
    job.cancel()
    assert job.state == "stopped"
    wait_until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    assert not (job.folder / "turn.json").exists()


def test_a_canceled_job_never_gets_a_turn(home):
    job = made(1)
    job.cancel()
    with pytest.raises(Cancelled):
        wait_for_turn(job, "training")


def test_a_killed_job_died_and_is_resumed_at_the_end_of_the_queue(home):
    blocker = made(1, turn=True)
    job = start_job("List", ["models", "--json"], lane="training")
    psutil.Process(job.description["pid"]).kill()
    wait_until(lambda: job.state == "died")
    waiting = made(2)
    again = resume_job(job)
    assert again.description["arguments"] == ["models", "--json"]
    assert (waiting.status().place, again.status().place) == (1, 2)
    blocker.note_end(0)
    waiting.note_end(130)
    wait_until(lambda: has_ended(again))
    assert again.state == "done"
    assert json.loads(again.last_line())["models"] == []


def test_words_that_run_already_are_not_started_twice(home):
    ended = made(1, arguments=["train", "a"])
    ended.note_end(130)
    made(2, arguments=["train", "a"], turn=True)
    with pytest.raises(MammoError, match="running already"):
        resume_job(ended)


def test_only_an_ended_job_is_forgotten(home):
    job = made(1, turn=True)
    with pytest.raises(MammoError, match="is running"):
        forget_job(job)
    job.note_end(0)
    forget_job(job)
    assert list_jobs() == []


def test_the_end_of_a_forgotten_job_brings_nothing_back(home):
    job = made(1)
    job.cancel()
    forget_job(job)
    job.note_end(130)
    assert not job.folder.exists()


def test_a_job_is_known_though_its_starter_died_before_telling(home):
    folder = jobs_folder() / "001"
    folder.mkdir(parents=True)
    told = {"title": "t", "arguments": ["models"], "created": 0.0, "lane": None}
    write_json(folder / "job.json", told)
    words = [sys.executable, "-m", "mammo_core.jobs", str(folder)]
    subprocess.run(words, cwd=REPOSITORY, env=os.environ | {"MAMMO_HOME": str(home)}, check=True)
    assert Job(folder).description["pid"] > 0


def test_a_waiting_process_is_light():
    code = (
        "import sys, mammo_core.jobs.__main__; "
        "heavy = {'tensorflow', 'typer', 'pandas', 'keras'} & set(sys.modules); assert not heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)


def test_long_trainings_share_a_lane_and_reading_verbs_have_none():
    assert {find_lane([verb, "data"]) for verb in LANES["training"]} == {"training"}
    assert find_lane(["evaluate", "a", "b"]) is None
    assert find_lane([]) is None


def test_the_verb_lists_stops_and_forgets(home):
    made(1, turn=True)
    made(2)
    listed = jobs()["jobs"]
    assert [(one["id"], one["state"], one["place"]) for one in listed] == [
        ("002", "waiting", 1),
        ("001", "running", None),
    ]
    assert jobs(cancel="002")["state"] == "stopped"
    assert jobs(forget="002") == {"forgotten": "002"}
    assert [one["id"] for one in jobs()["jobs"]] == ["001"]


def test_the_verb_shows_the_end_of_a_log(home):
    job = made(1)
    (job.folder / "log.txt").write_text("".join(f"line {n}\n" for n in range(1000)))
    assert jobs(log="001", lines=2)["log"] == ["line 998", "line 999"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"cancel": "1", "log": "1"}, "Expected one of"),
        ({"cancel": "nosuch"}, "No job has the id 'nosuch'"),
        ({"words": ["dance"]}, "Expected a verb .*train.* got 'dance'"),
        ({"words": ["jobs"]}, "Expected a verb"),
    ],
)
def test_the_verb_says_what_it_expected(home, asked, told):
    with pytest.raises(MammoError, match=told):
        jobs(**asked)


def test_the_verb_starts_a_training_in_its_lane(home):
    made(1, turn=True)
    started = jobs(words=["train", "nosuch", "--out", "x"])
    assert (started["state"], started["place"]) == ("waiting", 1)
    find_job(started["id"]).cancel()
