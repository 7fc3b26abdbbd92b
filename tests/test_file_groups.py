"""Tests that share something costly run on the same process."""

import os
import subprocess
import sys
from pathlib import Path

from file_groups import group_of, rank

TESTS = Path(__file__).parent
NOTES_ITS_PROCESS = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_it(number, worker_id):
    with open("processes.txt", "a") as file:
        file.write(f"{__name__} {worker_id}\\n")
"""


def test_each_file_stays_on_one_of_two_processes(tmp_path):
    (tmp_path / "conftest.py").write_text(
        "from file_groups import FileGroups\n"
        "def pytest_xdist_make_scheduler(config, log):\n"
        "    return FileGroups(config, log)\n"
    )
    names = {"test_a", "test_b"}
    for name in names:
        (tmp_path / f"{name}.py").write_text(NOTES_ITS_PROCESS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-n", "2"]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    noted = (tmp_path / "processes.txt").read_text().splitlines()
    assert len(noted) == 12
    assert {line.split()[0] for line in noted} == names
    assert len(set(noted)) == len(names)


def test_journeys_share_a_server_and_begin_then_come_the_tests_of_tensorflow():
    assert {group_of(path) for path in (TESTS / "browser").glob("test_*.py")} == {"browser"}
    names = ("browser/test_compare.py", "test_keras_classifier.py", "test_wording.py")
    assert [rank(TESTS / name) for name in names] == [0, 1, 2]
