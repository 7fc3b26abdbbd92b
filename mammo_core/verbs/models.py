"""The verb `models`."""

from typing import Annotated, Any

import typer


def models(
    default: Annotated[
        str | None, typer.Option(metavar="NAME", help="Let the app open with this model.")
    ] = None,
) -> dict[str, Any]:
    """List all runs: whole models, unfinished trainings, imports; and with which the app opens.

    Nothing is computed: AUROCs are those that training and `evaluate` have kept.

    Example: python -m mammo_core models --default demo
    """
    from mammo_core.model_store import default_model, make_default
    from mammo_core.runs import list_runs

    chosen = make_default(default) if default is not None else default_model()
    return {
        "default": None if chosen is None else chosen.id,
        "models": [run.to_json() for run in list_runs()],
    }
