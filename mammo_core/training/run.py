"""From a dataset and a configuration to a model folder."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from mammo_core.locks import holding_where_possible
from mammo_core.preparation import prepare_dataset
from mammo_core.seen_images import tell_other_splits
from mammo_core.training.checkpoint import load_state, remove_leftovers
from mammo_core.training.counts import write_counts
from mammo_core.training.data import gather_data
from mammo_core.training.finish import finish_folder, write_model
from mammo_core.training.first_weights import begin_with_weights
from mammo_core.training.loop import OnEpoch, ignore_epoch, run_stages
from mammo_core.training.obstacles import check_memory, check_writable
from mammo_core.training.outcome import tell_outcome
from mammo_core.training.plan import Plan, check_folder, write_plan
from mammo_core.types import Progress, no_progress

logger = logging.getLogger(__name__)


def train(
    plan: Plan,
    out: Path,
    *,
    progress: Progress = no_progress,
    on_epoch: OnEpoch = ignore_epoch,
) -> dict[str, Any]:
    """Train into the folder `out`, going on from its last whole epoch if it holds one.

    Args:
        plan: What to train on what.
        out: The model's folder.
        progress: Told every batch.
        on_epoch: Told every finished epoch's row of the history.

    Returns:
        The verb's answer: model, epochs (of whole images), patch_epochs, head_epochs,
        upper_epochs, best_epoch (the row of history.csv, patches first), seconds, val.

    Raises:
        BadConfiguration: For another plan than the one that `out` was begun with, first weights
            that do not fit, or batches that this machine's memory cannot hold.
        InUse: Where another process trains into `out`.
        BadDataset: Where a split or a class is missing.
        MammoError: Where the disk is full or the loss is no longer finite.
    """
    check_folder(out, plan)
    check_memory(plan.config)
    check_writable(out)
    with holding_where_possible(out, patience_s=1.0):
        remove_leftovers(out)
        if (out / "model.json").exists():
            finish_folder(out)
        else:
            _train_anew_or_on(plan, out, progress, on_epoch)
    return tell_outcome(out)


def _train_anew_or_on(plan: Plan, out: Path, progress: Progress, on_epoch: OnEpoch) -> None:
    state = load_state(out)
    begin_with_weights(state, plan.config, plan.dataset.classes, progress)
    told = tell_other_splits(state.begun_with, plan.dataset)
    if told:
        logger.warning(told)
    dataset, cache = prepare_dataset(plan.dataset, plan.preprocess, progress=progress)
    progress(0, 1, "Building the network")
    plan = replace(plan, dataset=dataset)
    data = gather_data(plan.dataset, cache, plan.config, plan.roles)
    write_plan(out, plan)
    write_counts(out, data)
    model = run_stages(out, data, plan.config, state, progress, on_epoch)
    write_model(out, model, plan, data, state, cache.image_ids, progress)
