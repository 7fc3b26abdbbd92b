"""The one process that runs models, so that the process that serves pages never loads them.

It is started in the background with the server, warmed on the default model, and started again
when it dies.
"""

import gc
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for_futures
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any, Literal, TypeVar

import psutil

from mammo_core.errors import MammoError
from mammo_ui import model_tasks

Answer = TypeVar("Answer")
LOG = logging.getLogger(__name__)


class WorkerDied(MammoError):
    """The process that runs models ended in the middle of a task."""


@dataclass(frozen=True)
class WorkerStatus:
    """How the worker stands.

    Attributes:
        state: "off" before the start and after the end; "warming" while it loads the model.
        doing: What it is busy with, empty where nothing is.
        message: What went wrong last, empty where nothing did.
    """

    state: Literal["off", "warming", "ready", "busy"]
    doing: str = ""
    message: str = ""


class Worker:
    """A pool of one spawned process with a name for what it does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._warming: Future[Any] | None = None
        self._doing: list[str] = []
        self._message = ""

    def start(self) -> None:
        """Start the process and let it load the default model; returns at once."""
        with self._lock:
            if self._pool is None:
                self._pool = _build_pool()
                self._warming = self._pool.submit(model_tasks.warm)
                self._warming.add_done_callback(self._note_warmth)

    def wait_until_warm(self) -> None:
        """Return when the process has loaded the model, or failed to, or was ended."""
        warming = self._warming
        if warming is not None:
            wait_for_futures([warming])

    def run(self, doing: str, task: Callable[..., Answer], *arguments: Any) -> Answer:
        """What `task(*arguments)` returns in the worker; waits for it.

        Args:
            doing: What the status corner says meanwhile.
            task: A function of an importable module that imports Keras only when called.
            arguments: Values that can be pickled.

        Raises:
            WorkerDied: Where the process ended; another one is started at once.
            MammoError: As the task raises.
        """
        self.start()
        pool = self._pool
        if pool is None:
            raise WorkerDied("The process that runs models was ended with the server")
        self._doing.append(doing)
        try:
            return pool.submit(task, *arguments).result()
        except BrokenProcessPool:
            self._replace(pool)
            raise WorkerDied(
                f"The process that runs models ended while it was {doing}; a new one is starting. "
                "Try again; if it ends again, the image may be too large for this machine's memory."
            ) from None
        finally:
            self._doing.remove(doing)

    def status(self) -> WorkerStatus:
        """How the worker stands now."""
        if self._pool is None:
            return WorkerStatus("off", message=self._message)
        if self._doing:
            return WorkerStatus("busy", self._doing[0], self._message)
        if self._warming is not None and not self._warming.done():
            return WorkerStatus("warming", "loading the model", self._message)
        return WorkerStatus("ready", message=self._message)

    def stop(self) -> None:
        """End the process, whatever it does."""
        with self._lock:
            pool, self._pool = self._pool, None
            self._warming = None
        if pool is not None:
            for child in multiprocessing.active_children():
                child.terminate()
            pool.shutdown(wait=True, cancel_futures=True)
            del pool
            gc.collect()  # else its semaphores are there still when the server's process ends

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            is_stopped = self._pool is None
            if self._pool is broken:
                self._pool = None
                LOG.warning("The process that runs models ended unexpectedly; starting another")
        broken.shutdown(wait=False)
        if not is_stopped:
            self.start()

    def _note_warmth(self, future: Future[Any]) -> None:
        error = None if future.cancelled() else future.exception()
        if isinstance(error, MammoError):
            self._message = str(error)
        elif error is None:
            self._prepare_dear()
        elif self._pool is not None:
            self._message = "The process that runs models could not load the default model"
            LOG.warning("%s: %r", self._message, error)

    def _prepare_dear(self) -> None:
        """Let the process import what dear methods need, behind whatever a user asked for first."""
        pool = self._pool
        if pool is not None:
            with suppress(RuntimeError):  # the server may end at this very moment
                pool.submit(model_tasks.warm_dear)


def _build_pool() -> ProcessPoolExecutor:
    os.environ.setdefault(
        "OPENBLAS_NUM_THREADS", "1"
    )  # inherited; more threads slow small products
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=context, initializer=_prepare_process)


def _prepare_process() -> None:
    """Let pages go first, and leave the end to the server: ignore Ctrl-C, never outlive it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if psutil.WINDOWS else 10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


WORKER = Worker()
