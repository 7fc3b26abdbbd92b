"""Cross-validation by patient: every image is judged by a model that never saw its patient."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.config import to_mapping
from mammo_core.experiments.folds import Folds, GroupColumn, choose_rows, plan_folds, plan_groups
from mammo_core.experiments.part import Part, check_parts
from mammo_core.experiments.pooling import FOLD, THRESHOLD, describe_folds
from mammo_core.experiments.record import TABLE, Experiment, open_experiment
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
from mammo_core.metrics.evaluation import evaluate_options
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.model_store import read_model
from mammo_core.prediction import join_probabilities
from mammo_core.predictions import read_predictions, write_predictions
from mammo_core.training.configuration import list_settings
from mammo_core.types import Progress, no_progress

if TYPE_CHECKING:
    import pandas as pd

    from mammo_core.training.plan import Plan

REPLICATES = 1000


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How images are dealt to the parts.

    Attributes:
        folds: How many; without meaning where a group is left out.
        leave_out: "source" or "manufacturer" tests each of its values in turn; None deals folds.
        everything: Whether the patients of the test split are folded, too.
    """

    folds: int = 5
    leave_out: GroupColumn | None = None
    everything: bool = False


def cross_validate(
    plan: "Plan", protocol: Protocol, out: Path, *, progress: Progress = no_progress
) -> dict[str, Any]:
    """Train and judge every part into the folder `out`, going on where it was stopped.

    Returns:
        The content of experiment.json, with the paths of experiment and table.

    Raises:
        BadConfiguration: For another experiment than the one that `out` was begun with, or
            settings that the data cannot serve.
        BadDataset: Where a part lacks a class to train on or to validate by.
        InUse: Where another process works on this very experiment.
    """
    with holding_where_possible(out, patience_s=PATIENCE_S):
        return run_cross_validation(open_bench(plan, progress), protocol, out, progress=progress)


def run_cross_validation(
    bench: Bench, protocol: Protocol, out: Path, *, progress: Progress = no_progress
) -> dict[str, Any]:
    """As `cross_validate`, on a bench that is ready."""
    plan = bench.plan
    index, told = choose_rows(plan.dataset, everything=protocol.everything)
    folds = _plan(index, plan, protocol)
    check_parts(folds.parts, index, plan.dataset.classes, plan.config)
    content = {
        "kind": "cross_validation",
        "name": out.name,
        **describe_setup(plan, asdict(protocol)),
        "notes": [*told, *folds.notes, *tell_weights(plan)],
        "parts": describe_parts(folds.parts, index),
        "result": None,
    }
    experiment = open_experiment(out, content)

    def judge(part: Part, folder: Path) -> Facts:
        return _judge(part, folder, index, bench)

    train_parts(folds.parts, experiment, bench, judge, progress)
    if experiment.result is None:
        _conclude(experiment, folds.parts)
    return {**experiment.content, "experiment": str(out), "table": str(out / TABLE)}


def describe_setup(plan: "Plan", protocol: dict[str, Any]) -> Facts:
    """What two runs of one experiment must have in common."""
    return {
        "dataset": {"name": plan.dataset.name, "fingerprint": plan.dataset.version},
        "positive": plan.dataset.classes[-1],
        "settings": {
            "protocol": protocol,
            "configuration": list_settings(plan.config),
            "preprocessing": to_mapping(plan.preprocess),
        },
    }


def _plan(index: "pd.DataFrame", plan: "Plan", protocol: Protocol) -> Folds:
    classes, seed = plan.dataset.classes, plan.config.seed
    if protocol.leave_out is None:
        return plan_folds(index, classes, protocol.folds, seed)
    return plan_groups(index, classes, protocol.leave_out, seed)


def _judge(part: Part, folder: Path, index: "pd.DataFrame", bench: Bench) -> Facts:
    """The part's answers on its test images, written beside its model, and what they are worth."""
    rows = part.select(index, "test").sort_values("image_id")
    probabilities = bench.ask(folder, bench, rows["image_id"].tolist())
    threshold = read_model(folder).threshold
    table = join_probabilities(rows, bench.plan.dataset.classes, probabilities)
    table["split"], table[FOLD], table[THRESHOLD] = "test", part.name, threshold
    write_predictions(folder / "out_of_fold.parquet", table)
    return {"threshold": threshold, "test": summarize(folder / "out_of_fold.parquet")}


def summarize(path: Path, split: str = "test") -> Facts:
    """The first numbers of a prediction table; AUROC with its interval, the others without."""
    answer = evaluate_options(read_predictions(path), EvaluationOptions(split=split, bootstrap=0))
    return {
        "n": answer["n"],
        "patients": answer["patients"],
        "positives": answer["per_class"][answer["positive"]]["support"],
        "auroc": answer["per_class"][answer["positive"]]["auroc"],
        **{key: answer[key]["value"] for key in ("balanced_accuracy", "macro_f1")},
    }


def _conclude(experiment: Experiment, parts: Sequence[Part]) -> None:
    """Join the parts' answers into one table and write down what it is worth."""
    import pandas as pd

    files = [experiment.part_folder(part.name) / "out_of_fold.parquet" for part in parts]
    joined = pd.concat([pd.read_parquet(file) for file in files]).sort_values("image_id")
    write_predictions(experiment.folder / TABLE, joined)
    table = read_predictions(experiment.folder / TABLE)
    options = EvaluationOptions(bootstrap=REPLICATES)
    folds = describe_folds(table, options.bootstrap, options.seed)
    experiment.content["result"] = evaluate_options(table, options) | {"folds": folds}
    experiment.save()
