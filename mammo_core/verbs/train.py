"""The verb `train`."""

from pathlib import Path
from typing import Annotated, Any

import typer

SETTINGS = (
    "One setting; repeatable. recipe (patch_to_image, whole_image, transfer), architecture, "
    "pooling (own, logsumexp, mean, attention), channels, weights, image_size, crop, background "
    "(blank, keep), epochs (of whole images), batch_size, learning_rate, patch_epochs, "
    "patch_size, patch_batch_size, patches_a_lesion, patch_learning_rate, head_epochs, "
    "upper_epochs, upper_share, head_learning_rate, weight_decay, dropout, imbalance "
    "(class_weights, effective_number, balanced_sampling, none), loss (cross_entropy, focal), "
    "focal_gamma, label_smoothing, augmentation, patience, seed, note "
    "(your own words for the model's card)."
)


def train(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    out: Annotated[Path, typer.Option(help="The model's folder; models/NAME shows in the app.")],
    config: Annotated[Path | None, typer.Option(help="A TOML file of settings.")] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help=SETTINGS),
    ] = None,
    log: Annotated[
        str, typer.Option(help="Where epochs go besides: tensorboard, mlflow, or both by a comma.")
    ] = "",
) -> dict[str, Any]:
    """Train a model; the same command goes on where it was interrupted.

    Example: python -m mammo_core train .mammo/datasets/mias --out models/mias --set epochs=20
    """
    settings = read_configuration(config, assignments or [])
    from mammo_core.datasets import load_dataset
    from mammo_core.progress import current_progress
    from mammo_core.training.epoch_logs import open_logs, read_log_names
    from mammo_core.training.outcome import (
        NOTHING_TRAINED,
        check_labeled,
        is_finished,
        tell_outcome,
    )
    from mammo_core.training.plan import check_folder, plan_training

    names = read_log_names(log)
    plan = plan_training(load_dataset(dataset), settings)
    check_folder(out, plan)
    if is_finished(out):
        return {**tell_outcome(out), "note": NOTHING_TRAINED}
    check_labeled(plan.dataset)
    from mammo_core.tensorflow_start import start_tensorflow

    progress = current_progress()
    start_tensorflow(progress)
    from mammo_core.training.run import train as run

    with open_logs(names, out, plan) as on_epoch:
        return run(plan, out, progress=progress, on_epoch=on_epoch)


def read_configuration(file: Path | None, assignments: list[str]) -> Any:
    """The training's settings of a TOML file, then those of the command's own words.

    Raises:
        BadConfiguration: For a file that cannot be read, an unknown key or a value that is not
            allowed.
    """
    from mammo_core.config import parse_assignments, read_settings
    from mammo_core.training.configuration import TrainingConfiguration

    values = read_toml(file) | parse_assignments(assignments)
    return read_settings(TrainingConfiguration, values)


def read_toml(file: Path | None) -> dict[str, Any]:
    """The values of a TOML file, none where there is no file.

    Raises:
        BadConfiguration: For a file that cannot be read.
    """
    import tomllib

    from mammo_core.errors import BadConfiguration

    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfiguration(f"Cannot read the settings in {file}: {error}") from error
