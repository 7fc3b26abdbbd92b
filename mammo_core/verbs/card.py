"""The verb `card`."""

from pathlib import Path
from typing import Annotated, Any

import typer


def card(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    out: Annotated[Path | None, typer.Option(help="A Markdown file to write it to.")] = None,
) -> dict[str, Any]:
    """Tell a model's card: what it is, how it was made, what it was measured to do.

    Example: python -m mammo_core card demo --out demo.md
    """
    from mammo_core.model_card import render_card
    from mammo_core.model_store import find_model
    from mammo_core.paths import write_text

    stored = find_model(model)
    text = render_card(stored)
    if out is None:
        return {"model": stored.id, "card": text}
    write_text(out, text)
    return {"model": stored.id, "file": str(out.resolve()), "bytes": out.stat().st_size}
