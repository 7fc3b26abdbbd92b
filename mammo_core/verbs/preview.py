"""The verb `preview`."""

from pathlib import Path
from typing import Annotated, Any

import typer


def preview(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    out: Annotated[Path, typer.Option(help="The PNG file to write.")],
    augmentation: Annotated[
        str, typer.Option(help="A preset (none, light, standard, strong) or steps: flip,rotate:8.")
    ] = "standard",
    count: Annotated[int, typer.Option(min=1, max=32, help="How many images.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Which images, and what chance does.")] = 0,
    size: Annotated[str, typer.Option(help="Rows x columns of the model's input.")] = "320x192",
) -> dict[str, Any]:
    """Draw a few images of a dataset beside what augmentation makes of them.

    Reads the prepared pixels of that size where there are any, else just these images.

    Example: python -m mammo_core preview sample_data --augmentation flip,rotate:8 --out sheet.png
    """
    import time

    from mammo_core.augmentation import read_augmentation
    from mammo_core.augmentation_preview import draw_sheet, preview_augmentation
    from mammo_core.config import parse_size
    from mammo_core.datasets import load_dataset
    from mammo_core.overlays import encode_png
    from mammo_core.paths import writing
    from mammo_core.preprocess import Preprocess

    start = time.perf_counter()
    preprocess = Preprocess(size=parse_size(size))
    seen = preview_augmentation(
        load_dataset(dataset), preprocess, augmentation, count=count, seed=seed
    )
    with writing(out) as temporary:
        temporary.write_bytes(encode_png(draw_sheet(seen)))
    return {
        "file": str(out.resolve()),
        "augmentation": read_augmentation(augmentation),
        "image_ids": list(seen.image_ids),
        "labels": list(seen.labels),
        "seconds": time.perf_counter() - start,
    }
