"""Whatever a file holds, only our own errors come out, in bounded time and memory."""

import os
import subprocess
import sys
from pathlib import Path

SECONDS = 8


def test_damaged_files_of_every_kind_are_refused_in_bounded_time_and_memory():
    command = [sys.executable, str(Path(__file__).with_name("fuzz_run.py")), str(SECONDS), "1"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    assert "none came through" in result.stdout
