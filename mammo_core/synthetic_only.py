"""What to say where a model that has seen only generated images judges one of a patient."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.dicom import read_header
from mammo_core.errors import UnreadableFile
from mammo_core.model_store import StoredModel

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

WARNING = (
    "This model has seen only synthetic images: what it says about a real mammogram means nothing"
)


def warn_of_real(model: StoredModel, *, is_real: bool) -> tuple[str, ...]:
    """The sentence, without its last dot, where it has to be said; else none.

    Args:
        model: Who is asked.
        is_real: Whether any image that it judges was taken rather than generated.
    """
    saw_only_synthetic = (model.card.get("dataset") or {}).get("synthetic")
    return (WARNING,) if is_real and saw_only_synthetic else ()


def warn_of_asked(
    model: StoredModel, files: Iterable[Path], dataset: "Dataset | None" = None
) -> list[str]:
    """As `warn_of_real`, of files that belong to no dataset and of the dataset's images.

    Args:
        model: Who is asked.
        files: Single files; what their headers say of a scanner tells those that are generated.
        dataset: Whose images are judged besides; None where there are none.
    """
    is_real = dataset is not None and not dataset.is_synthetic
    return list(warn_of_real(model, is_real=is_real or any(map(_is_taken, files))))


def is_generated(manufacturer: str | None) -> bool:
    """Whether a header names a scanner of our synthetic exams."""
    from mammo_core.phantom.scanner import SCANNERS

    return manufacturer in {scanner.manufacturer for scanner in SCANNERS.values()}


def _is_taken(path: Path) -> bool:
    try:
        return not is_generated(read_header(path).get("manufacturer"))
    except UnreadableFile:
        return True
