"""The verb `learning-curve`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mammo_core.verbs.train import SETTINGS, read_configuration


def learning_curve(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    out: Annotated[
        Path,
        typer.Option(help="The experiment's folder; .mammo/experiments/NAME shows in the app."),
    ],
    shares: Annotated[
        str, typer.Option(help="Shares of the training patients, each within the next.")
    ] = "0.1,0.25,0.5,1",
    repeats: Annotated[
        int, typer.Option(min=1, help="Trainings of each share, each with other patients.")
    ] = 1,
    config: Annotated[Path | None, typer.Option(help="A TOML file of settings.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=SETTINGS)
    ] = None,
) -> dict[str, Any]:
    """Say whether more patients to train on still help.

    Every training is judged on the same validation images; the test split takes no part. The same
    command goes on where it was interrupted.

    Example: python -m mammo_core learning-curve mias --out .mammo/experiments/mias-curve
    """
    settings = read_configuration(config, assignments or [])
    from mammo_core.datasets import load_dataset
    from mammo_core.experiments.learning_curve import Curve, draw_learning_curve
    from mammo_core.experiments.shares import parse_learning_shares
    from mammo_core.progress import current_progress
    from mammo_core.training.plan import plan_training

    curve = Curve(shares=parse_learning_shares(shares), repeats=repeats)
    plan = plan_training(load_dataset(dataset), settings)
    return draw_learning_curve(plan, curve, out.resolve(), progress=current_progress())
