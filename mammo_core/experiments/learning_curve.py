"""How good the model gets as more patients train it, on the same validation images."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration
from mammo_core.experiments.cross_validation import describe_setup, summarize
from mammo_core.experiments.gains import Watched, estimate_shares, judge_curve
from mammo_core.experiments.part import Part, check_parts
from mammo_core.experiments.record import Experiment, open_experiment
from mammo_core.experiments.shares import SHARES, name_part, plan_shares
from mammo_core.experiments.work import (
    PATIENCE_S,
    Bench,
    Facts,
    describe_parts,
    open_bench,
    tell_weights,
    train_parts,
)
from mammo_core.locks import holding_where_possible
from mammo_core.model_store import read_model
from mammo_core.prediction import join_probabilities
from mammo_core.predictions import read_predictions, write_predictions
from mammo_core.types import Progress, no_progress

if TYPE_CHECKING:
    from mammo_core.training.plan import Plan

ANSWERS = "validation.parquet"
MOST_REPEATS = 20
MEANING = (
    "All AUROCs are of the same validation images, on which each training also chose its best "
    "epoch: they flatter, but all of them alike. Intervals are over validation patients and take "
    "the models as given; repeats show what another draw of patients would change."
)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What is drawn.

    Attributes:
        shares: Of the training patients, ascending.
        repeats: Trainings of each share, each with other patients and another seed.
    """

    shares: tuple[float, ...] = SHARES
    repeats: int = 1

    def __post_init__(self) -> None:
        """Refuse a number of repeats that cannot be meant.

        Raises:
            BadConfiguration: Below 1 or above `MOST_REPEATS`.
        """
        if not 1 <= self.repeats <= MOST_REPEATS:
            raise BadConfiguration(f"Expected from 1 to {MOST_REPEATS} repeats, got {self.repeats}")


def draw_learning_curve(
    plan: "Plan", curve: Curve, out: Path, *, progress: Progress = no_progress
) -> dict[str, Any]:
    """Train on growing shares into the folder `out`, going on where it was stopped.

    Returns:
        The content of experiment.json, with the path of the experiment.

    Raises:
        BadConfiguration: For another experiment than the one that `out` was begun with, or
            settings that the data cannot serve.
        BadDataset: Where a split or a class is missing.
        InUse: Where another process works on this very experiment.
    """
    with holding_where_possible(out, patience_s=PATIENCE_S):
        return run_learning_curve(open_bench(plan, progress), curve, out, progress=progress)


def run_learning_curve(
    bench: Bench, curve: Curve, out: Path, *, progress: Progress = no_progress
) -> dict[str, Any]:
    """As `draw_learning_curve`, on a bench that is ready."""
    plan = bench.plan
    index, classes = plan.dataset.index, plan.dataset.classes
    parts = plan_shares(index, classes, curve.shares, curve.repeats, plan.config.seed)
    check_parts(parts, index, classes, plan.config)
    content = {
        "kind": "learning_curve",
        "name": out.name,
        **describe_setup(plan, {**asdict(curve), "shares": list(curve.shares)}),
        "notes": [MEANING, *tell_weights(plan)],
        "parts": describe_parts(parts, index),
        "result": None,
    }
    experiment = open_experiment(out, content)

    def judge(part: Part, folder: Path) -> Facts:
        return _judge(part, folder, bench)

    train_parts(parts, experiment, bench, judge, progress)
    if experiment.result is None:
        experiment.content["result"] = _conclude(experiment, curve)
        experiment.save()
    return {**experiment.content, "experiment": str(out)}


def _judge(part: Part, folder: Path, bench: Bench) -> Facts:
    """The part's answers on the validation images, written beside its model; no test image."""
    dataset = bench.plan.dataset
    rows = part.select(dataset.index, "val").sort_values("image_id")
    probabilities = bench.ask(folder, bench, rows["image_id"].tolist())
    table = join_probabilities(rows, dataset.classes, probabilities)
    write_predictions(folder / ANSWERS, table)
    found = summarize(folder / ANSWERS, "val")
    return {"threshold": read_model(folder).threshold, "validation": found}


def _conclude(experiment: Experiment, curve: Curve) -> dict[str, Any]:
    names = [
        [name_part(share, repeat, curve.repeats)[0] for repeat in range(curve.repeats)]
        for share in curve.shares
    ]
    watched = _gather(experiment, names)
    verdict = judge_curve(watched)
    estimates = zip(curve.shares, names, estimate_shares(watched), strict=True)
    return {
        "curve": [
            _point(share, [experiment.find(name) for name in of_share])
            | {"auroc": estimate.to_json()}
            for share, of_share, estimate in estimates
        ],
        "verdict": asdict(verdict),
        "n_validation": len(watched.is_positive),
        "validation_patients": len(np.unique(watched.patients)),
        "validation_positives": int(watched.is_positive.sum()),
    }


def _point(share: float, parts: Sequence[Facts]) -> Facts:
    """How many images and patients trained, as the first repeat had them, and each repeat."""
    return {
        "share": share,
        "n": parts[0]["n_train"],
        "patients": parts[0]["patients"]["train"],
        "repeats": [part["validation"]["auroc"]["value"] for part in parts],
    }


def _gather(experiment: Experiment, names: Sequence[Sequence[str]]) -> Watched:
    """The scores of every part; their tables hold the same images in the same order."""
    tables = {
        name: read_predictions(experiment.part_folder(name) / ANSWERS)
        for of_share in names
        for name in of_share
    }
    first = next(iter(tables.values()))

    def scores(name: str) -> NDArray[np.float64]:
        return tables[name].probabilities[:, -1]

    is_positive = first.labels == len(first.classes) - 1
    return Watched(is_positive, first.patients, [list(map(scores, one)) for one in names])
