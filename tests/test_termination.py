"""SIGTERM ends a verb as Ctrl-C does: with its own exit code, in one line, nothing left behind."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from mammo_core import cli
from mammo_core.jobs import Job
from mammo_core.paths import REPOSITORY, write_json
from mammo_core.termination import TERMINATED, unwinding_on_termination

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process at once")
PROGRAM = """
import tempfile, time
from mammo_core import cli

def wait():
    with tempfile.TemporaryDirectory(prefix="mammo-import-"):
        print("ready", flush=True)
        time.sleep(60)

cli.VERBS = {"wait": wait}
cli.main(["wait"])
"""


@POSIX
def test_a_terminated_verb_leaves_no_temporary_folder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=REPOSITORY, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "ready\n"
        assert [path.name[:13] for path in tmp_path.iterdir()] == ["mammo-import-"]
        process.terminate()
        _, told = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == TERMINATED
    assert told.count("\n") == 1
    assert told.startswith("Interrupted")
    assert not list(tmp_path.iterdir())


@POSIX
def test_a_second_signal_is_no_interrupt_any_more():
    with unwinding_on_termination() as came:
        assert not came.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        assert came.is_set()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_verb_leaves_the_signal_as_it_was(before, monkeypatch):
    monkeypatch.setattr(cli, "VERBS", {"do": lambda: {}})
    kept = signal.signal(signal.SIGTERM, before)
    try:
        with pytest.raises(SystemExit):
            cli.main(["do"])
        assert signal.getsignal(signal.SIGTERM) is before
    finally:
        signal.signal(signal.SIGTERM, kept)


def test_another_thread_runs_verbs_all_the_same():
    seen = []

    def work():
        with unwinding_on_termination() as came:
            seen.append(came.is_set())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]


def test_a_terminated_job_was_stopped(tmp_path):
    write_json(tmp_path / "job.json", {"title": "It", "arguments": ["do"]})
    job = Job(tmp_path)
    job.note_end(TERMINATED)
    assert job.state == "stopped"
