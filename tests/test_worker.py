"""The worker process: it answers, tells its state, and comes back when it dies."""

import os
import subprocess
import sys
import threading
import time

import pytest

from mammo_core.config import parse_size
from mammo_core.errors import BadConfiguration
from mammo_ui.worker import Worker, WorkerDied


@pytest.fixture
def worker(home):
    worker = Worker()
    yield worker
    worker.stop()


def test_a_task_runs_in_another_process(worker):
    assert worker.run("asking", os.getpid) not in (os.getpid(), None)


def test_one_process_serves_all_tasks(worker):
    assert worker.run("asking", os.getpid) == worker.run("asking", os.getpid)


def test_an_error_for_the_user_arrives_as_it_was_raised(worker):
    with pytest.raises(BadConfiguration, match="ROWSxCOLUMNS"):
        worker.run("reading", parse_size, "wide")


def test_a_dead_worker_is_told_of_and_replaced(worker):
    first = worker.run("asking", os.getpid)
    with pytest.raises(WorkerDied, match="while it was crashing"):
        worker.run("crashing", os._exit, 1)
    assert worker.run("asking", os.getpid) != first


def test_it_says_what_it_is_busy_with(worker):
    worker.run("asking", os.getpid)
    waiting = threading.Thread(target=worker.run, args=("waiting", time.sleep, 0.5))
    waiting.start()
    while worker.status().state != "busy":
        time.sleep(0.005)
    assert worker.status().doing == "waiting"
    waiting.join()
    assert worker.status().state == "ready"


def test_before_the_start_and_after_the_end_it_is_off(home):
    worker = Worker()
    assert worker.status().state == "off"
    worker.run("asking", os.getpid)
    worker.stop()
    assert worker.status().state == "off"


def test_starting_the_worker_imports_no_keras_here():
    code = "import sys, mammo_ui.worker; print({'keras', 'tensorflow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
