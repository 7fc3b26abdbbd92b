"""A sweep from its first to its last trial, by workers of this machine and perhaps of others."""

from pathlib import Path
from typing import Any

from mammo_core.errors import MammoError
from mammo_core.tensorflow_start import start_tensorflow
from mammo_core.tuning.crew import Crew
from mammo_core.tuning.ranges import Value
from mammo_core.tuning.storage import open_study
from mammo_core.tuning.summary import Summary, count_states
from mammo_core.tuning.sweep import Sweep
from mammo_core.tuning.trials import OnEpoch, Work
from mammo_core.types import Progress

LOOK_S = 1.0
"""How often the sweep's own process looks after its workers."""
MOST_FAILURES = 5
"""After so many failed trials without any complete one, something else is wrong."""


def run_sweep(sweep: Sweep, work: Work, workers: int, progress: Progress) -> dict[str, Any]:
    """Train the sweep's trials until there are enough; returns the content of study.json.

    Args:
        sweep: Whose folder is claimed.
        work: Trains one trial; a function of an importable module.
        workers: Processes that train at the same time.
        progress: Told how many trials have ended; may raise `Cancelled`.

    Raises:
        Cancelled: Where the user stops; everything whole is kept.
        MammoError: Where the storage fails, or trial after trial does.
    """
    summary = Summary(sweep, open_study(sweep))
    before = count_states(summary.write()["trials"])["failed"]
    crew = Crew(sweep, work, workers)
    try:
        _look_after(sweep, summary, crew, before, progress)
    finally:
        crew.dismiss()
        content = summary.write()
    crew.check()
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


def _look_after(
    sweep: Sweep, summary: Summary, crew: Crew, failed_before: int, progress: Progress
) -> None:
    """Tell how far the sweep is until no worker is left.

    Raises:
        Cancelled: Where `progress` says so.
        MammoError: Where only failures come.
    """
    finished = -1
    while crew.renew(finished):
        content = summary.write()
        counts = count_states(content["trials"])
        finished = counts["complete"] + counts["pruned"] + counts["failed"]
        progress(finished, sweep.n_trials, "Trials")
        if content["best"] is None and counts["failed"] - failed_before >= MOST_FAILURES:
            reasons = [one["reason"] for one in content["trials"] if one["state"] == "failed"]
            raise MammoError(
                f"{counts['failed']} trials failed and none is complete; the last one because: "
                f"{reasons[-1]}"
            )
        crew.wait(LOOK_S)
