"""The verb `diagnose`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer


def diagnose(
    model: Annotated[str, typer.Argument(help="A model's folder or name, finished or not.")],
    top: Annotated[
        int, typer.Option(min=1, max=1000, help="How many highest losses to list.")
    ] = 20,
) -> dict[str, Any]:
    """Say how a training went: verdict, best epoch, gap, one advice, the highest losses.

    Example: python -m mammo_core diagnose models/mias
    """
    from mammo_core.hard_examples import read_losses
    from mammo_core.history import read_history
    from mammo_core.training.best_epoch import find_model_epoch, tell_other_stage
    from mammo_core.training.cautions import find_recall, list_cautions
    from mammo_core.training.counts import read_judged
    from mammo_core.training.diagnosis import choose_rows, diagnose_facts

    folder = _find_folder(model)
    rows, losses, judged = read_history(folder), read_losses(folder), read_judged(folder)
    stage, shown = rows[-1].get("stage", "training"), choose_rows(rows)
    has_ended = (folder / "model.json").is_file()
    counts: dict[str, Any] = {} if judged is None else {
        "n_positives": judged.n_positives, "n_negatives": judged.n_negatives
    }  # fmt: skip
    facts = diagnose_facts(shown, **counts, has_ended=has_ended)
    return {
        "model": str(folder),
        "finished": has_ended,
        "stage": stage,
        "epochs": len(rows),
        **asdict(facts),
        "model_epoch": find_model_epoch(rows),
        "recall": find_recall(shown, facts.best_epoch),
        "highest_losses": losses[:top],
        "warnings": [
            *filter(None, [tell_other_stage(rows, stage)]),
            *list_cautions(shown, facts.best_epoch, judged),
            *_tell_losses(losses),
        ],
    }


def _find_folder(name: str) -> Path:
    """The folder of that name that holds a training's history.

    Raises:
        BadModel: Where there is none.
    """
    from mammo_core.errors import BadModel
    from mammo_core.paths import models_folder

    places = (Path(name), models_folder() / name)
    for folder in places:
        if (folder / "history.csv").is_file():
            return folder.resolve()
    if any(folder.is_dir() for folder in places):
        raise BadModel(f"{name} holds no history.csv yet: it was imported, or no epoch has ended")
    raise BadModel(f"No training '{name}': expected a model's folder or a name in models/")


def _tell_losses(losses: list[dict[str, Any]]) -> list[str]:
    from mammo_core.hard_examples import find_common_traits

    if not losses:
        return ["The highest losses are known once the training has ended"]
    return find_common_traits(losses)
