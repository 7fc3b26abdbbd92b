"""The worker processes of a sweep on this machine; one that dies or grows is replaced."""

import multiprocessing
import os
import sys
import time
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event

from mammo_core.errors import Cancelled, MammoError
from mammo_core.tuning.interruption import MOST_DEATHS
from mammo_core.tuning.loop import work_on
from mammo_core.tuning.storage import open_study
from mammo_core.tuning.sweep import Sweep
from mammo_core.tuning.trials import Work

DONE, FAULT, MORE = 0, 2, 3
"""How a worker's process ends: nothing left, a fault that is told, or trials left to do."""
TRIALS_A_PROCESS = 15
"""TensorFlow keeps some 17 MB of each small network that it has trained, whatever is cleared."""
GOODBYE_S = 60.0
"""How long workers may take to stop."""


class Crew:
    """So many processes that train trials.

    The sweep's own process never runs a network, so that a training that takes all memory ends
    its worker and not the sweep.
    """

    def __init__(self, sweep: Sweep, work: Work, workers: int) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._stop, self._faults = self._context.Event(), self._context.SimpleQueue()
        self._arguments = (sweep, work, self._stop, self._faults)
        self._deaths = self._finished = 0
        self._processes = [self._start() for _ in range(workers)]

    def renew(self, n_finished: int) -> bool:
        """Replace whoever died or left trials to do; whether anyone is at work.

        Args:
            n_finished: Trials that have ended so far: as long as there are more and more, deaths
                are those of single trials.
        """
        if n_finished != self._finished:
            self._finished, self._deaths = n_finished, 0
        self._processes = [self._replace(process) for process in self._processes]
        return any(process.is_alive() for process in self._processes)

    def wait(self, seconds: float) -> None:
        """Wait until all have ended, but no longer than that."""
        deadline = time.monotonic() + seconds
        for process in self._processes:
            process.join(max(0.0, deadline - time.monotonic()))

    def dismiss(self) -> None:
        """Let everyone stop after the step that they are in."""
        self._stop.set()
        self.wait(GOODBYE_S)
        for process in self._processes:
            process.terminate()

    def check(self) -> None:
        """Tell why nobody could go on.

        Raises:
            MammoError: Where every worker ended by a fault or died.
        """
        if not all(process.exitcode for process in self._processes):
            return
        told = "their processes ended without a word, perhaps for want of memory"
        if not self._faults.empty():
            told = self._faults.get()
        raise MammoError(f"No worker could go on: {told}")

    def _start(self) -> BaseProcess:
        process = self._context.Process(target=_work_alone, args=self._arguments)
        process.start()
        return process

    def _replace(self, process: BaseProcess) -> BaseProcess:
        if process.exitcode in (None, DONE, FAULT):
            return process
        if process.exitcode != MORE:
            self._deaths += 1
        # The next trial's deaths may be counted before the end of the one before is seen.
        return self._start() if self._deaths <= 2 * MOST_DEATHS else process


def _work_alone(sweep: Sweep, work: Work, stop: Event, faults: "SimpleQueue[str]") -> None:
    """What a worker's own process does."""
    os.environ.pop("MAMMO_JOB", None)  # the sweep's own process tells the job's progress
    parent = multiprocessing.parent_process()

    def check(done: int, total: int, doing: str) -> None:
        if stop.is_set() or (parent is not None and not parent.is_alive()):
            raise Cancelled("The sweep was stopped")

    try:
        is_more = work_on(sweep, open_study(sweep), work, check, TRIALS_A_PROCESS)
    except (Cancelled, KeyboardInterrupt):
        return
    except MammoError as error:
        faults.put(str(error))
        sys.exit(FAULT)
    sys.exit(MORE if is_more else DONE)
