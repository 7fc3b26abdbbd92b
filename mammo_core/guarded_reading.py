"""Reading an untrusted file in a process of its own, whose crash or hunger ends nothing else."""

import math
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import psutil

from mammo_core.errors import UnreadableFile
from mammo_core.worker_pool import check_start, open_pool

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")
LOOK_EVERY_S = 0.1
DIED = "its reading ended the process that tried"


@dataclass(frozen=True)
class Bounds:
    """What the reading of a file may take.

    Attributes:
        seconds: From its start, however busy the machine is.
        memory_bytes: Of the process that reads; where the system can refuse memory, as many
            beyond what it had before.
    """

    seconds: float
    memory_bytes: int


def read_guarded(work: Callable[[TaskT], ResultT], task: TaskT, bounds: Bounds) -> ResultT:
    """What `work` returns of a task; whatever it raises, this does.

    Args:
        work: A function of an importable module.
        task: What it is called with; must travel between processes, as its result must.
        bounds: Beyond which its process is ended.

    Raises:
        UnreadableFile: Where the process died or was ended; the message fits behind "damaged:".
        MammoError: Where no process can be started.
    """
    with _reader(work, task, bounds) as (future, process):
        _watch(future, process, bounds)
        try:
            return future.result()
        except BrokenProcessPool as error:
            raise UnreadableFile(DIED) from error
        except MemoryError as error:
            raise UnreadableFile(_tell_hunger(bounds)) from error


@contextmanager
def _reader(
    work: Callable[[TaskT], ResultT], task: TaskT, bounds: Bounds
) -> Iterator[tuple["Future[ResultT]", int]]:
    """The work under way and the id of its process, which doesn't outlive the block."""
    with open_pool(1, _begin) as pool:
        process = check_start(pool)
        try:
            yield pool.submit(_work_within, bounds, work, task), process
        finally:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(process).kill()


def _watch(future: "Future[ResultT]", process: int, bounds: Bounds) -> None:
    """Wait until the work has ended, in whatever way.

    Raises:
        UnreadableFile: Where it takes more than it may.
    """
    end = time.monotonic() + bounds.seconds
    while not wait([future], LOOK_EVERY_S).done:
        if time.monotonic() > end:
            raise UnreadableFile(f"its reading took more than {bounds.seconds:.0f} s")
        if _memory_of(process) > bounds.memory_bytes:
            raise UnreadableFile(_tell_hunger(bounds))


def _memory_of(process: int) -> int:
    """Bytes that a process really uses; 0 of one that has ended."""
    with suppress(psutil.NoSuchProcess):
        return int(psutil.Process(process).memory_info().rss)
    return 0


def _tell_hunger(bounds: Bounds) -> str:
    return f"its reading took more than {bounds.memory_bytes / 1e6:,.0f} MB of memory"


def _begin() -> None:
    """Say nothing, leave no memory dump, and end when the parent does."""
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work_within(bounds: Bounds, work: Callable[[TaskT], ResultT], task: TaskT) -> ResultT:
    _limit(bounds)
    return work(task)


def _limit(bounds: Bounds) -> None:
    """Let the system refuse more; where it cannot, the parent's watch is all there is.

    The limit of processor time ends a reading that outlives a parent which was killed: a library
    that loops for ever may let no other thread run.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    memory = psutil.Process().memory_info().vms + bounds.memory_bytes
    seconds = math.ceil(time.process_time() + bounds.seconds) + 1
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        with suppress(ValueError, OSError):  # macOS, and a limit that is lower already
            resource.setrlimit(limit, (most, resource.getrlimit(limit)[1]))
