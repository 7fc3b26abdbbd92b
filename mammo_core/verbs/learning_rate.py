"""The verb `learning-rate`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mammo_core.verbs.train import SETTINGS, read_configuration


def learning_rate(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    config: Annotated[Path | None, typer.Option(help="A TOML file of settings.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=SETTINGS)
    ] = None,
    steps: Annotated[int, typer.Option(min=20, max=10_000, help="Batches to try.")] = 100,
    lowest: Annotated[float, typer.Option(min=1e-12, help="The first rate.")] = 1e-5,
    highest: Annotated[float, typer.Option(max=100.0, help="The last rate.")] = 1.0,
    out: Annotated[
        Path | None, typer.Option(help="A JSON file; .mammo/learning_rates/DATASET.json.")
    ] = None,
) -> dict[str, Any]:
    """Look for a learning rate: it rises from batch to batch until the loss diverges.

    No model is kept or changed. The suggestion is a tenth of the rate at which the smoothed loss
    is lowest (Smith 2017, arXiv:1506.01186).

    Example: python -m mammo_core learning-rate mias --set recipe=whole_image
    """
    settings = read_configuration(config, assignments or [])
    _check_range(lowest, highest)
    from mammo_core.datasets import load_dataset
    from mammo_core.training.outcome import check_labeled
    from mammo_core.training.plan import plan_training

    plan = plan_training(load_dataset(dataset), settings)
    check_labeled(plan.dataset)
    answer = _search(plan, {"lowest": lowest, "highest": highest, "n_steps": steps})
    return _keep(answer, plan.dataset.name, out)


def _check_range(lowest: float, highest: float) -> None:
    from mammo_core.errors import BadConfiguration

    if not lowest < highest:
        raise BadConfiguration(
            f"Expected --highest above --lowest, got {highest:g} and {lowest:g}; such as "
            "--lowest 1e-5 --highest 1"
        )


def _search(plan: Any, search: dict[str, Any]) -> dict[str, Any]:
    from dataclasses import asdict

    from mammo_core.progress import current_progress
    from mammo_core.tensorflow_start import start_tensorflow
    from mammo_core.training.rates import rate_key

    progress = current_progress()
    start_tensorflow(progress)
    from mammo_core.training.learning_rate import RateSearch, search_learning_rate

    stage, curve = search_learning_rate(plan, RateSearch(**search), progress=progress)
    settings = {
        "architecture": plan.config.architecture,
        "recipe": plan.config.recipe,
        "batch_size": plan.config.batch_size,
    }
    return {
        "setting": rate_key(stage),
        "stage": stage,
        "settings": settings,
        **asdict(curve),
        **_tell(curve),
    }


def _tell(curve: Any) -> dict[str, str]:
    """Why there is no suggestion; nothing where there is one."""
    if curve.suggestion is not None:
        return {}
    return {
        "note": f"No suggestion: in {len(curve.losses)} steps the loss never fell by more than "
        "batches differ; take more --steps, such as 300, or a larger batch_size"
    }


def _keep(answer: dict[str, Any], name: str, out: Path | None) -> dict[str, Any]:
    from mammo_core.paths import state_folder, write_json

    file = (out or state_folder() / "learning_rates" / f"{name}.json").resolve()
    content = {"dataset": name, **answer}
    write_json(file, content)
    return {**content, "file": str(file)}
