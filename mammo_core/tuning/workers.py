"""The processes that work on a sweep: one, or several on the same storage."""

import logging
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from mammo_core.errors import Cancelled, MammoError
from mammo_core.tensorflow_start import start_tensorflow
from mammo_core.tuning.heartbeat import EVERY_S, give_sign
from mammo_core.tuning.ranges import Value
from mammo_core.tuning.storage import open_study, telling_of
from mammo_core.tuning.summary import Summary, count_states
from mammo_core.tuning.sweep import Sweep
from mammo_core.tuning.trials import OnEpoch, Work, claim_trial, run_trial
from mammo_core.types import Progress

logger = logging.getLogger(__name__)

SUMMARY_S = 2.0
"""While a trial runs, study.json is renewed at most this often."""
MOST_FAILURES = 5
"""After so many failed trials in a row, without any complete, something else is wrong."""
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


def work_on(sweep: Sweep, study: optuna.Study, work: Work, progress: Progress) -> None:
    """Claim and train trials until there are enough or the time is up.

    Raises:
        Cancelled: Where `progress` says so.
        MammoError: Where trial after trial fails.
    """
    failures, summary = 0, Summary(sweep, study)
    while sweep.ends_at is None or time.time() < sweep.ends_at:
        with telling_of(sweep):
            trial = claim_trial(sweep, study)
            if trial is None:
                return
            state = _train(sweep, study, trial, work, progress, summary)
            content = summary.write()
        failures = failures + 1 if state == TrialState.FAIL else 0
        if failures >= MOST_FAILURES and content["best"] is None:
            failed = next(one for one in content["trials"] if one["number"] == trial.number)
            told = f"{failures} trials in a row failed, the last one because: {failed['reason']}"
            raise MammoError(told)


def _train(
    sweep: Sweep,
    study: optuna.Study,
    trial: optuna.Trial,
    work: Work,
    progress: Progress,
    summary: Summary,
) -> TrialState:
    """Train the trial and return how it ended; study.json follows it."""
    summary.write()
    steps = Steps(sweep, study, trial, progress)
    renew = Seldom(SUMMARY_S, summary.write)
    try:
        return run_trial(sweep, study, trial, work, steps, renew)
    except UpdateFinishedTrialError:
        logger.warning("Trial %s was given up by another worker meanwhile", trial.number)
        return TrialState.FAIL


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


class Seldom:
    """Calls something, but at most once in so many seconds."""

    def __init__(self, every_s: float, action: Callable[[], object]) -> None:
        self._every_s, self._action, self._last = every_s, action, time.monotonic()

    def __call__(self) -> None:
        """Call it, if the last time is long enough ago."""
        if time.monotonic() - self._last >= self._every_s:
            self._last = time.monotonic()
            self._action()


class Steps:
    """Progress of a trial's training that names the trial and says that its worker lives."""

    def __init__(
        self, sweep: Sweep, study: optuna.Study, trial: optuna.Trial, progress: Progress
    ) -> None:
        self._name = f"Trial {trial.number}, {sweep.n_trials} in all"
        self._progress = progress
        self._beat = Seldom(EVERY_S, lambda: give_sign(study, trial))
        give_sign(study, trial)

    def __call__(self, done: int, total: int, doing: str) -> None:
        """Pass the progress on."""
        self._beat()
        self._progress(done, total, f"{self._name}: {doing}")


def _run_processes(
    sweep: Sweep, summary: Summary, work: Work, workers: int, progress: Progress
) -> None:
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    processes = [
        context.Process(target=_work_alone, args=(sweep, work, stop)) for _ in range(workers)
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
    failed = [process.exitcode for process in processes if process.exitcode]
    if len(failed) == workers:
        raise MammoError("Every worker failed; what they wrote above says why")


def _join(processes: Sequence[BaseProcess], seconds: float) -> None:
    """Wait for all of them, no longer than that."""
    deadline = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))


def _work_alone(sweep: Sweep, work: Work, stop: Event) -> None:
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
