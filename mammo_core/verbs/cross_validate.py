"""The verb `cross-validate`."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mammo_core.verbs.train import SETTINGS, read_configuration


def cross_validate(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    out: Annotated[
        Path,
        typer.Option(help="The experiment's folder; .mammo/experiments/NAME shows in the app."),
    ],
    folds: Annotated[int, typer.Option(min=2, help="How many folds of patients.")] = 5,
    leave_out: Annotated[
        str | None,
        typer.Option(
            metavar="source|manufacturer",
            help="Test each source or scanner in turn on models that never saw it.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Fold the patients of the test split, too.")
    ] = False,
    config: Annotated[Path | None, typer.Option(help="A TOML file of settings.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=SETTINGS)
    ] = None,
) -> dict[str, Any]:
    """Judge a recipe on every patient by models that never saw them.

    Patients are dealt to folds by their worst label; each fold's model stops and chooses its
    threshold on validation patients of the other folds. The patients of the test split take no
    part unless you say --all. The same command goes on where it was interrupted. The answers on
    all folds are one table that `evaluate --predictions` reads.

    Example: python -m mammo_core cross-validate mias --out .mammo/experiments/mias --all
    """
    settings = read_configuration(config, assignments or [])
    group = _read_group(leave_out)
    from mammo_core.datasets import load_dataset
    from mammo_core.experiments.cross_validation import Protocol
    from mammo_core.experiments.cross_validation import cross_validate as run
    from mammo_core.progress import current_progress
    from mammo_core.training.plan import plan_training

    plan = plan_training(load_dataset(dataset), settings)
    protocol = Protocol(folds=folds, leave_out=group, everything=everything)
    return run(plan, protocol, out.resolve(), progress=current_progress())


def _read_group(name: str | None) -> Literal["source", "manufacturer"] | None:
    """What is left out in turn.

    Raises:
        BadConfiguration: For another name.
    """
    from mammo_core.errors import BadConfiguration

    match name:
        case None | "source" | "manufacturer":
            return name
    raise BadConfiguration(
        f"--leave-out must be source or manufacturer (the maker of the scanner), got '{name}'"
    )
