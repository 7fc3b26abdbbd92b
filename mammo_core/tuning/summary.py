"""What a study found so far, as study.json holds it for the pages and for a person."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from mammo_core.locks import holding
from mammo_core.paths import write_json
from mammo_core.tuning.interruption import REASON, list_counted
from mammo_core.tuning.storage import hide_password
from mammo_core.tuning.sweep import Sweep
from mammo_core.tuning.trials import METRIC

STATES = {
    TrialState.WAITING: "waiting",
    TrialState.RUNNING: "running",
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}
DIED = "Its process ended without a word, perhaps for want of memory"
FOR_IMPORTANCE = 5
"""So many complete trials must there be before importance says anything."""


class Summary:
    """Keeps study.json up to date; importance, which is dear, only where trials were completed."""

    def __init__(self, sweep: Sweep, study: optuna.Study) -> None:
        self._sweep, self._study = sweep, study
        self._weighed, self._importance = 0, weigh_settings(study, 0)

    def write(self) -> dict[str, Any]:
        """Write study.json, and return its content."""
        with holding(self._sweep.folder):
            content = self.make()
            write_json(self._sweep.folder / "study.json", content)
        return content

    def make(self) -> dict[str, Any]:
        """The study's trials, which settings mattered, the best, and how far to trust it."""
        sweep = self._sweep
        counted = list_counted(self._study.get_trials(deepcopy=False))
        trials = [describe_trial(sweep, trial) for trial in counted]
        complete = [trial for trial in trials if trial["state"] == "complete"]
        best = max(complete, key=lambda trial: trial["value"], default=None)
        return {
            "name": sweep.name,
            "dataset": sweep.data["name"],
            "fixed": _list_fixed(sweep),
            "ranges": {key: value.to_mapping() for key, value in sweep.ranges.items()},
            "seed": sweep.seed,
            "storage": hide_password(sweep.url),
            "metric": METRIC,
            "n_trials": sweep.n_trials,
            "trials": trials,
            "importance": self._weigh(len(complete)),
            "best": best["number"] if best else None,
            "caution": caution(len(complete)),
        }

    def _weigh(self, n_complete: int) -> dict[str, float] | None:
        if n_complete != self._weighed:
            self._weighed = n_complete
            self._importance = weigh_settings(self._study, n_complete)
        return self._importance


def describe_trial(sweep: Sweep, trial: FrozenTrial) -> dict[str, Any]:
    """One trial: number, state, value, settings, epochs, seconds, curve, model, reason."""
    curve = [trial.intermediate_values[step] for step in sorted(trial.intermediate_values)]
    state, folder = STATES[trial.state], sweep.trial_folder(trial.number)
    reason = trial.user_attrs.get(REASON, DIED) if state == "failed" else None
    return {
        "number": trial.number,
        "state": state,
        "value": max(curve, default=None),
        "settings": trial.params,
        "epochs": len(curve),
        "seconds": trial.user_attrs.get("seconds"),
        "curve": curve,
        "host": trial.user_attrs.get("host"),
        "model": f"trials/{trial.number}" if _is_whole(folder) else None,
        "reason": reason,
    }


def weigh_settings(study: optuna.Study, n_complete: int) -> dict[str, float] | None:
    """The share of the trials' variance that each setting explains; None from too few trials.

    By the functional analysis of variance on a random forest (Hutter et al. 2014, ICML 32).
    """
    if n_complete < FOR_IMPORTANCE:
        return None
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    shares = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return {key: round(float(share), 4) for key, share in shares.items()}


def caution(n_complete: int) -> str:
    """How far the best trial's value can be trusted."""
    return (
        f"The best of {n_complete} complete trials on one validation set is optimistic: part of "
        "its lead is luck, and by how much cannot be known from the validation set. Choose a "
        "model first, then look at the test set once, on purpose."
    )


def count_states(trials: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How many trials are complete, pruned and failed, and how many there are."""
    states = [trial["state"] for trial in trials]
    counts = {state: states.count(state) for state in ("complete", "pruned", "failed")}
    return {**counts, "trials": len(states)}


def _list_fixed(sweep: Sweep) -> dict[str, Any]:
    """The settings that all trials share."""
    configuration = sweep.to_mapping()["configuration"]
    return {key: value for key, value in configuration.items() if key not in sweep.ranges}


def _is_whole(folder: Path) -> bool:
    return (folder / "model.json").exists()
