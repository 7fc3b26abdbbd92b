"""The verb `tune`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from mammo_core.tuning.sweep import Sweep

RANGE = (
    "What to vary; repeatable: learning_rate=1e-4..1e-2:log, dropout=0..0.5, "
    "architecture=compact_cnn,resnet_small, or a key alone for its usual range. With any --range "
    "nothing else varies; without one: architecture, image_size, learning_rate, weight_decay, "
    "dropout, label_smoothing, augmentation, imbalance."
)


def tune(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    trials: Annotated[int, typer.Option(min=1, help="How many trials there shall be in total.")],
    out: Annotated[Path, typer.Option(help="The study's folder; .mammo/studies/NAME shows.")],
    config: Annotated[
        Path | None, typer.Option(help="A TOML file of settings that all trials share.")
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A setting that all trials share; as for train."
        ),
    ] = None,
    ranges: Annotated[
        list[str] | None, typer.Option("--range", metavar="KEY=VALUES", help=RANGE)
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            envvar="MAMMO_STUDY_STORAGE",
            help="A database's URL, by which several machines share the study; else a SQLite file.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Trainings at a time, a process each.")] = 1,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="No trial begins after so many minutes.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides which settings are drawn.")] = 0,
) -> dict[str, Any]:
    """Search for good settings: many trainings, judged by their validation AUROC alone.

    The same command goes on to the number of trials, after any end. Poor trials are ended early;
    failed ones are kept with their reason. The test set is never looked at.

    Example: python -m mammo_core tune mias --trials 20 --out .mammo/studies/mias --set epochs=15
    """
    import time

    sweep = _plan(dataset, trials, out, config, assignments or [], ranges or [], storage, seed)
    from dataclasses import replace

    from mammo_core.progress import current_progress
    from mammo_core.tuning.storage import hide_password
    from mammo_core.tuning.summary import count_states
    from mammo_core.tuning.sweep import claim_folder
    from mammo_core.tuning.workers import run_sweep, train_with_keras

    if minutes is not None:
        sweep = replace(sweep, ends_at=time.time() + 60 * minutes)
    hide_password(sweep.url)  # refuses what is no URL before anything is written
    claim_folder(sweep)
    study = run_sweep(sweep, train_with_keras, workers, current_progress())
    best = next((one for one in study["trials"] if one["number"] == study["best"]), None)
    if best is not None:
        model = str(out / best["model"]) if best["model"] else None
        kept = {key: best[key] for key in ("value", "settings")}
        best = {"trial": best["number"], **kept, "model": model}
    told = {key: study[key] for key in ("importance", "caution")}
    counts = count_states(study["trials"])
    return {"study": str(out), "best": best, **told, **counts}


def _plan(
    dataset: str,
    trials: int,
    out: Path,
    config: Path | None,
    assignments: list[str],
    ranges: list[str],
    storage: str | None,
    seed: int,
) -> "Sweep":
    """The sweep that these words ask for; a file's value of a setting yields to its range."""
    from mammo_core.config import parse_assignments, read_settings
    from mammo_core.training.configuration import TrainingConfiguration
    from mammo_core.tuning.ranges import choose_ranges
    from mammo_core.tuning.sweep import Sweep, check_validation
    from mammo_core.verbs.train import read_toml

    named = {word.partition("=")[0].strip() for word in ranges}
    from_file = {key: value for key, value in read_toml(config).items() if key not in named}
    fixed = from_file | parse_assignments(assignments)
    read_settings(TrainingConfiguration, fixed)
    chosen = choose_ranges(ranges, fixed)
    from mammo_core.datasets import load_dataset

    data = load_dataset(dataset)
    check_validation(data)
    return Sweep(
        folder=out.resolve(),
        dataset=str(data.path.resolve()),
        data={"name": data.name, "fingerprint": data.version},
        fixed=fixed,
        ranges=chosen,
        n_trials=trials,
        seed=seed,
        storage=storage,
    )
