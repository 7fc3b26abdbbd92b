"""What the jobs of the Train page found: the main number of each, in a few words."""

from collections.abc import Callable
from pathlib import Path

from mammo_core.errors import MammoError
from mammo_core.experiments.record import read_experiment
from mammo_core.paths import read_json
from mammo_core.wording import count
from mammo_ui import frame


def find_in(verb: str, folder: Path) -> str:
    """The main number of what a verb left in a place; empty where there is none yet."""
    try:
        return FINDINGS[verb](folder) if verb in FINDINGS else ""
    except (MammoError, KeyError, TypeError):
        return ""  # not begun, or damaged: the view of that job says so


def _find_pooled(folder: Path) -> str:
    experiment = read_experiment(folder)
    if experiment.result is None:
        n_done = sum(part["state"] == "done" for part in experiment.parts)
        return f"{n_done} of {count(len(experiment.parts), 'part')} done"
    pooled = experiment.result["per_class"][experiment.content["positive"]]["auroc"]
    return f"pooled AUROC {frame.estimate_text(pooled)}"


def _find_verdict(folder: Path) -> str:
    experiment = read_experiment(folder)
    return str(experiment.result["verdict"]["sentence"]) if experiment.result else ""


def _find_best_trial(folder: Path) -> str:
    study = read_json(folder / "study.json")
    best = next((one for one in study["trials"] if one["number"] == study["best"]), None)
    if best is None:
        return ""
    return f"best trial {best['number']} of {len(study['trials'])}, AUROC {best['value']:.2f}"


def _find_rate(folder: Path) -> str:
    found = read_json(folder)["suggestion"]
    return "" if found is None else f"suggested {found:.2g}"


FINDINGS: dict[str, Callable[[Path], str]] = {
    "cross-validate": _find_pooled,
    "learning-curve": _find_verdict,
    "tune": _find_best_trial,
    "learning-rate": _find_rate,
}
"""What tells of the results of a verb from the place that it writes them to."""
