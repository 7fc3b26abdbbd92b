"""What an index of a source would hold, told before any image is opened."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mammo_core.datasets.labeling import Labeling
from mammo_core.datasets.naming import SPLITS, order_classes
from mammo_core.datasets.rows import ImageRow
from mammo_core.datasets.sources import is_archive, read_source
from mammo_core.datasets.splits import Dealing, assign_splits, deal_validation
from mammo_core.errors import BadDataset
from mammo_core.wording import tally_reasons


def survey_dataset(
    root: Path | str,
    layout: str | None = None,
    *,
    labeling: Labeling = Labeling(),  # noqa: B008 - frozen, so one instance may serve all
    dealing: Dealing = Dealing(),  # noqa: B008 - frozen too
) -> dict[str, Any]:
    """What `index_dataset` would find, by the layout alone; what the verb prints for --dry-run.

    No image is opened, so that more may be refused later. `images` counts what the layout takes,
    `patients` is None and `splits` empty where only headers tell the patients.

    Raises:
        UnreadableFile: Where the root cannot be read.
        BadDataset: Where the root has no known layout, or is an archive.
        BadTable: Where a table of the layout is not as it must be.
    """
    root = Path(root).expanduser().resolve()
    if is_archive(root):
        raise BadDataset(f"Expected a folder or a table to look into, got the archive {root.name}")
    source = read_source(root, layout, labeling)
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
