"""The loop of one worker: claim a trial, train it, tell of it, until there are enough."""

import logging
import time
from collections.abc import Callable

import optuna
from optuna.exceptions import UpdateFinishedTrialError

from mammo_core.tuning.heartbeat import EVERY_S, give_sign
from mammo_core.tuning.storage import telling_of
from mammo_core.tuning.summary import Summary
from mammo_core.tuning.sweep import Sweep
from mammo_core.tuning.trials import Work, claim_trial, run_trial
from mammo_core.types import Progress

logger = logging.getLogger(__name__)

SUMMARY_S = 2.0
"""While a trial runs, study.json is renewed at most this often."""


def work_on(
    sweep: Sweep, study: optuna.Study, work: Work, progress: Progress, most: int | None = None
) -> bool:
    """Claim and train trials until there are enough or the time is up.

    Args:
        sweep: What to work on.
        study: Its trials.
        work: Trains one trial.
        progress: Told every step of every trial.
        most: Trials to train before returning; None for all.

    Returns:
        Whether `most` trials were trained, so that there may be more to do.

    Raises:
        Cancelled: Where `progress` says so.
        MammoError: Where the storage fails.
    """
    summary, trained = Summary(sweep, study), 0
    while trained != most:
        if sweep.ends_at is not None and time.time() >= sweep.ends_at:
            return False
        with telling_of(sweep):
            trial = claim_trial(sweep, study)
            if trial is None:
                return False
            _train(sweep, study, trial, work, progress, summary)
        trained += 1
    return True


def _train(
    sweep: Sweep,
    study: optuna.Study,
    trial: optuna.Trial,
    work: Work,
    progress: Progress,
    summary: Summary,
) -> None:
    """Train the trial; study.json follows it."""
    summary.write()
    steps = Steps(sweep, study, trial, progress)
    renew = Seldom(SUMMARY_S, summary.write)
    try:
        run_trial(sweep, study, trial, work, steps, renew)
    except UpdateFinishedTrialError:
        logger.warning("Trial %s was given up by another worker meanwhile", trial.number)
    finally:
        summary.write()


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
