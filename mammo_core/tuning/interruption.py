"""Trials whose worker is gone: found, given up, and enqueued anew with the same settings."""

import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

from mammo_core.processes import is_alive, start_time

CONTINUES, DEATHS, SURPLUS, REASON = "continues", "deaths", "surplus", "reason"
MOST_DEATHS = 3
"""A trial whose process died so often is failed: it would only die again."""


def describe_process() -> dict[str, Any]:
    """By which a trial's worker is known to live."""
    return {"host": platform.node(), "pid": os.getpid(), "started": start_time(os.getpid())}


def list_counted(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The trials without those that another one continues, and those beyond the wanted number."""
    continued = {trial.user_attrs.get(CONTINUES) for trial in trials}
    return [t for t in trials if t.number not in continued and SURPLUS not in t.user_attrs]


def replace_lost_trials(study: optuna.Study) -> None:
    """Enqueue anew what processes of this machine left behind."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if _is_lost(trial):
            replace_trial(study, trial)
            give_up(study, trial)


def replace_trial(study: optuna.Study, trial: FrozenTrial) -> None:
    """Enqueue a trial anew whose process died, unless that happened too often."""
    deaths = trial.user_attrs.get(DEATHS, 0) + 1
    _enqueue(study, trial, deaths)


def enqueue_stopped(study: optuna.Study, trial: FrozenTrial) -> None:
    """Enqueue a trial anew that its user stopped."""
    _enqueue(study, trial, trial.user_attrs.get(DEATHS, 0))


def give_up(study: optuna.Study, trial: FrozenTrial) -> None:
    """End a running trial as failed; another worker may have done so."""
    with suppress(UpdateFinishedTrialError, ValueError):
        study.tell(trial.number, state=TrialState.FAIL)


def _enqueue(study: optuna.Study, trial: FrozenTrial, deaths: int) -> None:
    others = study.get_trials(deepcopy=False)
    is_continued = any(other.user_attrs.get(CONTINUES) == trial.number for other in others)
    if not is_continued and deaths < MOST_DEATHS:
        marks = {CONTINUES: trial.number, DEATHS: deaths}
        study.enqueue_trial(trial.params, user_attrs=marks)


def _is_lost(trial: FrozenTrial) -> bool:
    """Whether the trial ran on this machine, in a process that is gone."""
    marks = trial.user_attrs
    if marks.get("host") != platform.node():
        return False
    return not is_alive(marks["pid"], marks["started"])
