"""What a dataset is made of and what it leaks: one report, kept beside the caches."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mammo_core.datasets.composition import count_composition, count_splits
from mammo_core.datasets.dataset import Dataset
from mammo_core.datasets.leakage import (
    SharedLabels,
    count_shared_labels,
    find_copies,
    find_patients_in_two_splits,
)
from mammo_core.datasets.metadata_model import assess_metadata
from mammo_core.errors import MammoError
from mammo_core.paths import read_json, state_folder, write_json
from mammo_core.types import Progress, no_progress

VERSION = 1  # raise it when the meaning of a kept figure changes

Report = dict[str, Any]


def assess_quality(
    dataset: Dataset, *, pixels: bool = True, progress: Progress = no_progress
) -> Report:
    """The report on a dataset, computed and kept; JSON-able.

    Args:
        dataset: An indexed dataset; its index is never changed.
        pixels: Whether to look into the images for near-duplicates and burned-in markers; without
            them `near_duplicates` and `markers` are None.
        progress: Called after each image; may raise Cancelled. What was seen by then is kept.

    Raises:
        MammoError: Where the report cannot be written.
    """
    start = time.perf_counter()
    index = dataset.index
    leaking = find_patients_in_two_splits(index)
    copies = find_copies(dataset, progress)
    shared = count_shared_labels(index, dataset.classes[0]) if dataset.classes else None
    model = assess_metadata(index, dataset.classes)
    report: Report = {
        "images": len(index),
        "patients": int(index["patient_id"].nunique()),
        "classes": list(dataset.classes),
        "composition": count_composition(index, dataset.classes),
        "splits": count_splits(index, dataset.classes),
        "leaks": {"patients_in_two_splits": leaking},
        "copies": copies,
        "near_duplicates": None,
        "markers": None,
        "metadata_auroc": model.to_json(),
        "warnings": [
            *_about_patients(leaking),
            *_about_labels(shared),
            *([model.warning] if model.warning else []),
        ],
        "pixels": pixels,
        "seconds": round(time.perf_counter() - start, 2),
    }
    write_json(_place(dataset), {"version": VERSION, "report": report})
    return report


def read_quality(dataset: Dataset) -> Report | None:
    """The kept report on exactly this index, None where there is none."""
    try:
        kept = read_json(_place(dataset))
    except MammoError:
        return None
    if not isinstance(kept, dict) or kept.get("version") != VERSION:
        return None
    report: Report | None = kept.get("report")
    return report


def _place(dataset: Dataset) -> Path:
    return state_folder() / "quality" / f"{dataset.fingerprint}.json"


def _about_patients(leaking: list[str]) -> Iterator[str]:
    if leaking:
        yield (
            f"{len(leaking)} patients have images in more than one split: the test set is not "
            "independent; index again so that splits are dealt by patient"
        )


def _about_labels(shared: SharedLabels | None) -> Iterator[str]:
    if shared and shared.look_per_patient:
        yield (
            f"In {shared.same} of {shared.patients} patients with a finding both breasts have the "
            "same label: labels look given per patient, so that healthy breasts may count as ill; "
            "evaluate by patient"
        )
