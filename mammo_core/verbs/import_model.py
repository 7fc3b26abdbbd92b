"""The verb `import`."""

from pathlib import Path
from typing import Annotated, Any

import typer


def import_model(
    file: Annotated[
        Path,
        typer.Argument(
            help="A Keras model: .keras, .h5, or a SavedModel folder of Keras 2 or its .zip."
        ),
    ],
    name: Annotated[str, typer.Option(help="The model's name in models/.")],
    classes: Annotated[
        str, typer.Option(help="Its classes in the order of its outputs, mildest first: a,b,c.")
    ],
    preprocess: Annotated[
        Path | None,
        typer.Option(
            help="A TOML or JSON file: size, crop, margin, background, low_percentile, "
            "high_percentile."
        ),
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="HxW", help="Where the model takes images of any size.")
    ] = None,
    input_range: Annotated[
        str,
        typer.Option(help="Values that it was trained on: 0..1, 0..255, -1..1, imagenet, caffe."),
    ] = "0..1",
    reference_data: Annotated[
        str | None,
        typer.Option(metavar="DATASET", help="Labeled images on which the class order is checked."),
    ] = None,
) -> dict[str, Any]:
    """Take in a Keras model from elsewhere; its file is read, never run.

    Example: python -m mammo_core import theirs.keras --name theirs --classes benign,malignant
    """
    from mammo_core.config import parse_size
    from mammo_core.importing.facts import Import
    from mammo_core.importing.run import import_model as run
    from mammo_core.progress import current_progress

    asked = Import(
        file=file,
        classes=tuple(part.strip() for part in classes.split(",")),
        size=parse_size(size) if size else None,
        preprocess=_read_preprocess(preprocess),
        input_range=input_range,
    )
    reference = _load_reference(reference_data)
    return run(asked, name, reference=reference, progress=current_progress())


def _load_reference(dataset: str | None) -> Any:
    if dataset is None:
        return None
    from mammo_core.datasets import load_dataset

    return load_dataset(dataset)


def _read_preprocess(file: Path | None) -> dict[str, Any] | None:
    """The settings in a TOML or JSON file."""
    if file is None:
        return None
    import json
    import tomllib

    from mammo_core.errors import BadConfiguration

    try:
        text = file.read_text(encoding="utf-8")
        values = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise BadConfiguration(f"Cannot read the settings in {file}: {error}") from error
    if not isinstance(values, dict):
        raise BadConfiguration(f"Expected settings by their names in {file}, got another kind")
    return values
