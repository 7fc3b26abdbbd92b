"""The verb `adopt`."""

from pathlib import Path
from typing import Annotated, Any

import typer


def adopt(
    folder: Annotated[Path, typer.Argument(help="A finished model folder: a trial's, a fold's.")],
    name: Annotated[str, typer.Option(help="The new model's name in models/.")],
) -> dict[str, Any]:
    """Copy a finished model folder into models/, where the app and all verbs find it.

    Example: python -m mammo_core adopt .mammo/studies/first/trials/7 --name best
    """
    from mammo_core.adoption import adopt_model

    stored = adopt_model(folder, name)
    return {"model": stored.id, "path": str(stored.path), "sha256": stored.sha256}
