"""The loop of one worker: claim a trial, train it, tell of it, until there are enough."""

import logging
import time
from collections.abc import Callable

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from mammo_core.errors import MammoError
from mammo_core.tuning.heartbeat import EVERY_S, give_sign
from mammo_core.tuning.storage import telling_of
from mammo_core.tuning.summary import Summary
from mammo_core.tuning.sweep import Sweep
from mammo_core.tuning.trials import Work, claim_trial, run_trial
from mammo_core.types import Progress

logger = logging.getLogger(__name__)

SUMMARY_S = 2.0
"""While a trial runs, study.json is renewed at most this often."""
MOST_FAILURES = 5
"""After so many failed trials in a row, without any complete, something else is wrong."""


def work_on(sweep: Sweep, study: optuna.Study, work: Work, progress: Progress) -> None:
    """Claim and train trials until there are enough or the time is up.

    Raises:
        Cancelled: Where `progress` says so.
        MammoError: Where the storage fails, or trial after trial does.
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
