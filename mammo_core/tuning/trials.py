"""One trial of a sweep: claimed, trained, judged by its best validation AUROC."""

import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from mammo_core.errors import Cancelled, MammoError
from mammo_core.history import PATCHES, read_history
from mammo_core.locks import holding
from mammo_core.tuning.heartbeat import ask_trial, replace_silent_trials
from mammo_core.tuning.interruption import (
    CONTINUES,
    REASON,
    SURPLUS,
    describe_process,
    enqueue_stopped,
    give_up,
    list_counted,
    replace_lost_trials,
)
from mammo_core.tuning.ranges import Value
from mammo_core.tuning.sampling import to_distribution
from mammo_core.tuning.sweep import Sweep
from mammo_core.types import Progress

METRIC = "val_auroc"
"""The column of the history whose highest value a sweep looks for; never of the test set."""
LAST = "images"
"""The stage in which trials are compared under way: a head says little of what follows it."""

Row = dict[str, Any]
OnEpoch = Callable[[Row], None]
Work = Callable[[Sweep, dict[str, Value], Path, Progress, OnEpoch], None]
"""Trains one trial into a folder: (sweep, settings, folder, progress, on_epoch)."""


class Pruned(Cancelled):
    """The trial does worse than most; its training ends."""


@dataclass
class Watch:
    """Reports a trial's epochs to the study, and ends it where the pruner says so.

    Attributes:
        trial: Under way.
        values: The metric after each epoch so far that may be the trial's model.
        changed: Called after each report.
    """

    trial: optuna.Trial
    values: list[float]
    changed: Callable[[], None]

    def __call__(self, row: Row) -> None:
        """Note one epoch's row of the history.

        Raises:
            Pruned: Where the trial is not worth going on.
        """
        if not self.note(row):
            return
        self.changed()
        if row.get("stage") == LAST and self.trial.should_prune():
            raise Pruned("Worse than the median of the other trials")

    def note(self, row: Row) -> bool:
        """Whether the row may be the model's and has a metric, which is then reported."""
        value = row.get(METRIC)
        if row.get("stage") == PATCHES or value in (None, "") or not math.isfinite(value):
            return False
        self.values.append(float(value))
        self.trial.report(self.values[-1], len(self.values))
        return True


def claim_trial(sweep: Sweep, study: optuna.Study) -> optuna.Trial | None:
    """The next trial to train, drawn or left behind by another worker; None where none is left.

    Workers of one machine take turns here; those of several rely on the database, which numbers
    the trials: one that is claimed beyond the wanted number is given back.
    """
    with holding(sweep.folder):
        replace_silent_trials(study)
        replace_lost_trials(study)
        counted = list_counted(study.get_trials(deepcopy=False))
        is_waiting = any(trial.state == TrialState.WAITING for trial in counted)
        if len(counted) >= sweep.n_trials and not is_waiting:
            return None
        trial = ask_trial(study, {key: to_distribution(one) for key, one in sweep.ranges.items()})
        for name, mark in describe_process().items():
            trial.set_user_attr(name, mark)
    numbers = [one.number for one in list_counted(study.get_trials(deepcopy=False))]
    if numbers.index(trial.number) < sweep.n_trials:
        return trial
    trial.set_user_attr(SURPLUS, True)
    study.tell(trial, state=TrialState.FAIL)
    return None


def run_trial(
    sweep: Sweep,
    study: optuna.Study,
    trial: optuna.Trial,
    work: Work,
    progress: Progress,
    changed: Callable[[], None],
) -> None:
    """Train the trial and tell the study how it ended.

    Raises:
        Cancelled: Where the user stops; the trial is enqueued anew and goes on from its last epoch.
    """
    folder, start = sweep.trial_folder(trial.number), time.monotonic()
    watch = Watch(trial, [], changed)
    try:
        _take_over(sweep, trial, watch)
        work(sweep, dict(trial.params), folder, progress, watch)
        state = TrialState.COMPLETE if watch.values else TrialState.FAIL
    except Pruned:
        _keep_history_only(folder)
        state = TrialState.PRUNED
    except (Cancelled, KeyboardInterrupt):
        enqueue_stopped(study, study.trials[trial.number])
        give_up(study, study.trials[trial.number])
        raise
    except MammoError as error:
        trial.set_user_attr(REASON, str(error)[:500])
        state = TrialState.FAIL
    trial.set_user_attr("seconds", round(time.monotonic() - start, 1))
    best = max(watch.values) if state == TrialState.COMPLETE else None
    study.tell(trial, best, state=state)


def _take_over(sweep: Sweep, trial: optuna.Trial, watch: Watch) -> None:
    """Go on in the folder of the interrupted trial, whose epochs count."""
    folder, before = sweep.trial_folder(trial.number), trial.user_attrs.get(CONTINUES)
    if before is not None and sweep.trial_folder(before).is_dir() and not folder.exists():
        sweep.trial_folder(before).rename(folder)
    for row in read_history(folder):
        watch.note(row)


def _keep_history_only(folder: Path) -> None:
    """Free the disk of what a trial that is given up will not need."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != "history.csv":
            path.unlink(missing_ok=True)
