"""Signs of life of a trial's worker, so that other machines know when it is gone.

Optuna's own loop gives them from a thread; here the training's progress does, so that a worker
that hangs is silent too. Optuna warns of both, for which this module is the one place.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage, RDBStorage, fail_stale_trials

from mammo_core.tuning.interruption import replace_trial

EVERY_S, GRACE_S = 60, 600
"""How often a worker gives a sign, and after how long a silent one is given up."""


def make_storage(url: str, engine_options: Mapping[str, object]) -> RDBStorage:
    """The storage, in which silent trials are enqueued anew."""
    with _unwarned():
        return RDBStorage(
            url,
            engine_kwargs=dict(engine_options),
            heartbeat_interval=EVERY_S,
            grace_period=GRACE_S,
            heartbeat_stale_trial_callback=replace_trial,
        )


def give_sign(study: optuna.Study, trial: optuna.Trial) -> None:
    """Note that the trial's worker lives."""
    storage: BaseStorage = study._storage
    if isinstance(storage, optuna.storages._heartbeat.BaseHeartbeat):
        storage.record_heartbeat(trial._trial_id)


def replace_silent_trials(study: optuna.Study) -> None:
    """Enqueue anew the trials of workers that gave no sign for long, on whatever machine."""
    with _unwarned():
        fail_stale_trials(study)


def ask_trial(study: optuna.Study, settings: Mapping[str, BaseDistribution]) -> optuna.Trial:
    """A trial that waited, or a new one, with its settings drawn."""
    with _unwarned():
        return study.ask(dict(settings))


@contextmanager
def _unwarned() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
