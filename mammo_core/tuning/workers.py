"""The processes that work on a sweep: this one, or several on the same storage."""

import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from mammo_core.errors import Cancelled, MammoError
from mammo_core.tensorflow_start import start_tensorflow
from mammo_core.tuning.loop import SUMMARY_S, work_on
from mammo_core.tuning.ranges import Value
from mammo_core.tuning.storage import open_study
from mammo_core.tuning.summary import Summary, count_states
from mammo_core.tuning.sweep import Sweep
from mammo_core.tuning.trials import OnEpoch, Work
from mammo_core.types import Progress

GOODBYE_S = 60.0
"""How long workers may take to stop."""


def run_sweep(sweep: Sweep, work: Work, workers: int, progress: Progress) -> dict[str, Any]:
    """Train the sweep's trials until there are enough; returns the content of study.json.

    Args:
        sweep: Whose folder is claimed.
        work: Trains one trial; a function of an importable module.
        workers: Processes that train at the same time; 1 trains in this very process.
        progress: Told how far the sweep is; may raise `Cancelled`.

    Raises:
        Cancelled: Where the user stops; everything whole is kept.
        MammoError: Where the storage fails, or trial after trial does.
    """
    study = open_study(sweep)
    summary = Summary(sweep, study)
    try:
        if workers == 1:
            work_on(sweep, study, work, progress)
        else:
            _run_processes(sweep, summary, work, workers, progress)
    finally:
        content = summary.write()
    return content


def train_with_keras(
    sweep: Sweep,
    settings: dict[str, Value],
    folder: Path,
    progress: Progress,
    on_epoch: OnEpoch,
) -> None:
    """The work of a real sweep; TensorFlow starts in the process that works, and in no other."""
    start_tensorflow()
    from mammo_core.training.trial import train_trial

    train_trial(sweep, settings, folder, progress, on_epoch)


def _run_processes(
    sweep: Sweep, summary: Summary, work: Work, workers: int, progress: Progress
) -> None:
    context = multiprocessing.get_context("spawn")
    stop, faults = context.Event(), context.SimpleQueue()
    processes = [
        context.Process(target=_work_alone, args=(sweep, work, stop, faults))
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        while any(process.is_alive() for process in processes):
            counts = count_states(summary.write()["trials"])
            done = counts["complete"] + counts["pruned"] + counts["failed"]
            progress(done, sweep.n_trials, f"Trials on {workers} workers")
            _join(processes, SUMMARY_S)
    finally:
        stop.set()
        _join(processes, GOODBYE_S)
        for process in processes:
            process.terminate()
    if all(process.exitcode for process in processes):
        raise MammoError("No worker could go on: " + _last_word(faults))


def _last_word(faults: "SimpleQueue[str]") -> str:
    """What the first worker said that failed."""
    if faults.empty():
        return "their processes ended without a word, perhaps for want of memory"
    return faults.get()


def _join(processes: Sequence[BaseProcess], seconds: float) -> None:
    """Wait for all of them, no longer than that."""
    deadline = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))


def _work_alone(sweep: Sweep, work: Work, stop: Event, faults: "SimpleQueue[str]") -> None:
    """What a worker's own process does."""
    os.environ.pop("MAMMO_JOB", None)  # the sweep's own process tells the job's progress
    parent = multiprocessing.parent_process()

    def check(done: int, total: int, doing: str) -> None:
        if stop.is_set() or (parent is not None and not parent.is_alive()):
            raise Cancelled("The sweep was stopped")

    try:
        work_on(sweep, open_study(sweep), work, check)
    except (Cancelled, KeyboardInterrupt):
        return
    except MammoError as error:
        faults.put(str(error))
        sys.exit(2)
