"""Readings for a guarded process, most of which end badly."""

import os
import signal
import sys
import time
from pathlib import Path

from mammo_core.errors import BadModel


def add_one(number):
    """As a good file's reading: an answer, and some noise of a library."""
    os.write(1, b"noise")
    sys.stderr.write("noise")
    return number + 1


def crash(_):
    os.kill(os.getpid(), getattr(signal, "SIGSEGV", signal.SIGTERM))


def hang(place):
    if isinstance(place, Path):
        place.write_text(str(os.getpid()))
    time.sleep(60)


def swell(n_bytes):
    return len(bytearray(n_bytes))


def refuse(_):
    raise BadModel("no model")
