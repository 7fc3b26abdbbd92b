"""A PostgreSQL server of a test run's own, in a temporary folder, where one is installed."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("initdb", "pg_ctl")
SERVANT = "nobody"  # the server refuses to run as root


def is_installed():
    return os.name == "posix" and all(shutil.which(name) for name in PROGRAMS)


@contextmanager
def running_server():
    """Yield the URL of its first database; the server and its folder are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="mammo-postgres-"))
    options = {"user": SERVANT, "cwd": folder} if os.geteuid() == 0 else {"cwd": folder}
    if os.geteuid() == 0:
        shutil.chown(folder, SERVANT)

    def run(*command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)

    port, data = _free_port(), str(folder / "data")
    try:
        run("initdb", "-D", data, "-U", "mammo", "-A", "trust", "--no-sync")
        serve = f"-p {port} -k {folder} -h 127.0.0.1 -c fsync=off"
        run("pg_ctl", "-D", data, "-o", serve, "-w", "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql://mammo:secret@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
