"""What an index of a source would hold, told before any image is opened."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mammo_core.datasets.labeling import Labeling
from mammo_core.datasets.naming import SPLITS, order_classes
from mammo_core.datasets.rows import ImageRow
from mammo_core.datasets.sources import Source, opened_source
from mammo_core.datasets.splits import Dealing, assign_splits, deal_validation
from mammo_core.types import Progress, no_progress
from mammo_core.wording import tally_reasons

UNSEEN = "Headers and masks were not looked at: the index may refuse more images and warn of more"


def survey_dataset(
    root: Path | str,
    layout: str | None = None,
    *,
    labeling: Labeling = Labeling(),  # noqa: B008 - frozen, so one instance may serve all
    dealing: Dealing = Dealing(),  # noqa: B008 - frozen too
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """What `index_dataset` would find, by the layout alone; what the verb prints for --dry-run.

    No image is opened, so that more may be refused later; an archive is unpacked for the time.
    `images` counts what the layout takes, `patients` is None and `splits` empty
    where only headers tell the patients.

    Raises:
        UnreadableFile: Where the root cannot be read, or an archive not be trusted.
        BadDataset: Where the root has no known layout.
        BadTable: Where a table of the layout is not as it must be.
        MammoError: Where the disk has no room for an archive's content.
    """
    root = Path(root).expanduser().resolve()
    with (
        TemporaryDirectory(prefix="mammo-survey-") as folder,
        opened_source(root, Path(folder), layout, labeling, progress) as source,
    ):
        return _describe(source, dealing)


def _describe(source: Source, dealing: Dealing) -> dict[str, Any]:
    rows, refusals = source.reading.rows, source.reading.refusals
    classes = order_classes(row.label for row in rows if row.label is not None)
    counts = Counter(row.label for row in rows)
    patients = {row.patient_id for row in rows}
    return {
        "format": source.layout.name,
        "title": source.layout.title,
        "licence": source.layout.licence,
        "schemes": list(source.layout.schemes),
        "scheme": source.labels["scheme"],
        "images": len(rows),
        "patients": None if None in patients else len(patients),
        "classes": {label: counts[label] for label in classes},
        "splits": _count_splits(rows, classes, dealing),
        "refused": len(refusals),
        "reasons": tally_reasons(refusal.reason for refusal in refusals),
        "warnings": list(source.reading.warnings),
        "unseen": UNSEEN,
    }


def _count_splits(
    rows: Sequence[ImageRow], classes: Sequence[str], dealing: Dealing
) -> dict[str, int]:
    """Images by split: the layout's own, else as they would be dealt."""
    if not classes:
        return {SPLITS[-1]: len(rows)} if rows else {}
    splits, labels = [row.split for row in rows], [str(row.label) for row in rows]
    patients = [row.patient_id for row in rows if row.patient_id is not None]
    if any(splits) and len(patients) == len(rows):
        splits = deal_validation(patients, labels, splits, classes, dealing)
    elif len(patients) == len(rows):
        splits = list(assign_splits(patients, labels, classes, dealing))
    return dict(sorted(Counter(split for split in splits if split).items()))
