"""The verb `remove`."""

from typing import Annotated, Any

import typer


def remove(
    name: Annotated[str, typer.Argument(help="A model's name in models/.")],
    yes: Annotated[bool, typer.Option("--yes", help="Delete it; without, say what would go.")] = (
        False
    ),
) -> dict[str, Any]:
    """Delete a model of models/ with its predictions and evaluations.

    Without --yes nothing is deleted. The models that ship with the app stay, and so does one that
    is being trained.

    Example: python -m mammo_core remove mine --yes
    """
    from mammo_core.adoption import describe_removal, remove_model
    from mammo_core.errors import BadConfiguration

    if not yes:
        raise BadConfiguration(f"This deletes {describe_removal(name)['what']}; add --yes to do it")
    return remove_model(name)
