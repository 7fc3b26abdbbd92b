"""The verb `audit`."""

from typing import Annotated, Any

import typer

NAMES = "Separated by commas, or all; `{}` lists them."
LIMIT = "At most so many images, lesions first; else what the sampling says."
SAMPLING = "default (dear methods see fewer images, explaining again is done on few) or full."
KEPT_ALONE = ("against", "strata", "agreement", "cascades")
"""What the summary on disk holds besides: thousands of numbers, for pages and scripts."""
BLANKING = "Ask the model, too, about images with markers, surroundings or breast blanked."
REPLACE = "Keep this audit even where a larger one of the same images is kept."


def audit(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    split: Annotated[str, typer.Option(help="Images of this split; 'all' for every one.")] = "test",
    methods: Annotated[str, typer.Option(help=NAMES.format("methods"))] = "all",
    metrics: Annotated[str, typer.Option(help=NAMES.format("metrics"))] = "all",
    limit: Annotated[int | None, typer.Option(min=1, help=LIMIT)] = None,
    sampling: Annotated[str, typer.Option(help=SAMPLING)] = "default",
    seed: Annotated[int, typer.Option(min=0, help="Chooses the images.")] = 0,
    blanking: Annotated[bool, typer.Option(help=BLANKING)] = True,
    replace: Annotated[bool, typer.Option("--replace", help=REPLACE)] = False,
) -> dict[str, Any]:
    """Say which explanations of a model deserve belief, and whether it looks at the breast.

    Each method is held against maps that know nothing of the model. What was measured is kept: the
    same command goes on where it was stopped, and the pages show what it found, unless a larger
    audit is kept already. The folder that is told holds the whole summary and a table with a row an
    image and method: see docs/audit.md.

    Example: python -m mammo_core audit demo sample_data --limit 24
    """
    from mammo_core.audit.extent import tell_larger
    from mammo_core.audit.options import AuditOptions
    from mammo_core.audit.run import audit_model
    from mammo_core.audit.storage import audit_folder, read_audit
    from mammo_core.config import read_settings
    from mammo_core.datasets import load_dataset
    from mammo_core.model_store import find_model
    from mammo_core.progress import current_progress
    from mammo_core.synthetic_only import warn_of_asked

    asked = {
        "split": split,
        "methods": _split(methods),
        "metrics": _split(metrics),
        "limit": limit,
        "sampling": sampling,
        "seed": seed,
        "blanking": blanking,
    }
    options = read_settings(AuditOptions, asked)
    stored, data = find_model(model), load_dataset(dataset)
    summary = audit_model(stored, data, options, current_progress(), replace=replace)
    folder = audit_folder(stored, data.name, options.split)
    told = {name: value for name, value in summary.items() if name not in KEPT_ALONE}
    warnings = warn_of_asked(stored, (), data)
    larger = tell_larger(summary, read_audit(folder))
    return {"warnings": warnings} | told | {"larger_kept": larger, "folder": str(folder)}


def _split(text: str) -> list[str]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    return [] if words == ["all"] else words
