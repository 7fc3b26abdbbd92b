"""The verb `reviews`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

STATUS = "How far their review is: open, reviewed, label_doubtful, image_poor or exclude."
OUT = "Write the list to this file instead: CSV, or JSON where its name ends so."


def reviews(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    image_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[IDS]...", help="The images to change or list.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Give these images this tag.")] = None,
    untag: Annotated[str | None, typer.Option(help="Take this tag from these images.")] = None,
    status: Annotated[str | None, typer.Option(help=STATUS)] = None,
    note: Annotated[str | None, typer.Option(help="Their note; '' removes it.")] = None,
    out: Annotated[Path | None, typer.Option(help=OUT)] = None,
) -> dict[str, Any]:
    """List the tags, notes and review states of a dataset's images, or change those of some.

    They are kept in the home, or in the database that MAMMO_DATABASE_URL names.

    Example: python -m mammo_core reviews mias mdb001 mdb002 --tag artifact --status exclude
    """
    from mammo_core.datasets import load_dataset
    from mammo_core.errors import BadConfiguration
    from mammo_core.reviews.export import write_reviews
    from mammo_core.reviews.review import check_note, check_status, check_tag, count_reviews
    from mammo_core.reviews.reviews import open_reviews

    asked = {
        "tag": (tag, check_tag),
        "untag": (untag, check_tag),
        "set_status": (status, check_status),
        "write_note": (note, check_note),
    }
    changes = {name: check(value) for name, (value, check) in asked.items() if value is not None}
    data = load_dataset(dataset)
    _check_images(data, image_ids or [])
    if changes and not image_ids:
        raise BadConfiguration("Expected the ids of the images to change, got none")
    kept = open_reviews()
    for method, value in changes.items():
        getattr(kept, method)(data.name, image_ids, value)
    rows = [r for r in kept.export(data.name) if not image_ids or r["image_id"] in image_ids]
    answer = {"dataset": data.name, "changed": len(set(image_ids or ())) if changes else 0}
    answer |= count_reviews(kept.read_all(data.name))
    if out is None:
        return answer | {"images": rows}
    write_reviews(out, rows)
    return answer | {"written": len(rows), "file": str(out)}


def _check_images(data: "Dataset", image_ids: list[str]) -> None:
    from mammo_core.errors import BadConfiguration

    unknown = sorted(set(image_ids) - set(data.index["image_id"]))
    if unknown:
        raise BadConfiguration(
            f"Expected images of the dataset {data.name}, it has no '{unknown[0]}' "
            f"({len(unknown)} such ids)"
        )
