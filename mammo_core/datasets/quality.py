"""What a dataset is made of and what it leaks: one report, kept beside the caches."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.datasets.composition import count_composition, count_splits
from mammo_core.datasets.dataset import Dataset
from mammo_core.datasets.leakage import (
    SharedLabels,
    count_shared_labels,
    find_copies,
    find_patients_in_two_splits,
)
from mammo_core.errors import MammoError
from mammo_core.paths import read_json, state_folder, write_json
from mammo_core.types import Progress, no_progress
from mammo_core.wording import count

if TYPE_CHECKING:
    import pandas as pd

    from mammo_core.datasets.looks import Likeness

VERSION = 1  # raise it when the meaning of a kept figure changes

Report = dict[str, Any]


def assess_quality(
    dataset: Dataset, *, pixels: bool = True, progress: Progress = no_progress
) -> Report:
    """The report on a dataset, computed and kept; JSON-able.

    Args:
        dataset: An indexed dataset; its index is never changed.
        pixels: Whether to look into the images for near-duplicates and burned-in markers; without
            them `near_duplicates` and `markers` are None, and a kept report that has them stays.
        progress: Called after each few images; may raise Cancelled. What was seen by then is kept.

    Raises:
        MammoError: Where the report cannot be written.
    """
    start = time.perf_counter()
    copies = find_copies(dataset, progress)
    report = _assess_table(dataset, copies)
    if pixels:
        told = _assess_pixels(dataset, copies, progress)
        report |= told | {"warnings": report["warnings"] + told["warnings"]}
    report["seconds"] = round(time.perf_counter() - start, 2)
    if pixels or not _has_pixels(read_quality(dataset)):
        write_json(_place(dataset), {"version": VERSION, "report": report})
    return report


def read_quality(dataset: Dataset) -> Report | None:
    """The kept report on exactly the images in use, None where there is none.

    What the gate sets aside changes the index but neither fingerprint nor version.
    """
    try:
        kept = read_json(_place(dataset))
    except MammoError:
        return None
    if not isinstance(kept, dict) or kept.get("version") != VERSION:
        return None
    report: Report = kept["report"]
    is_current = report["splits"] == count_splits(dataset.index, dataset.classes)
    return report if is_current else None


def was_assessed_before(dataset: Dataset) -> bool:
    """Whether there is a report on the same index before a decision or a preparation."""
    places = (state_folder() / "quality").glob(f"{dataset.fingerprint}*.json")
    return any(True for _ in places)


def _place(dataset: Dataset) -> Path:
    return state_folder() / "quality" / f"{dataset.version}.json"


def _has_pixels(report: Report | None) -> bool:
    return report is not None and report["markers"] is not None


def _assess_table(dataset: Dataset, copies: Sequence[Sequence[str]]) -> Report:
    """All of the report that needs no pixel."""
    from mammo_core.datasets.metadata_model import assess_metadata

    index, classes = dataset.index, dataset.classes
    leaking = find_patients_in_two_splits(index)
    shared = count_shared_labels(index, classes[0]) if classes else None
    model = assess_metadata(index, classes)
    return {
        "images": len(index),
        "patients": int(index["patient_id"].nunique()),
        "classes": list(classes),
        "composition": count_composition(index, classes),
        "splits": count_splits(index, classes),
        "leaks": {"patients_in_two_splits": leaking},
        "copies": list(copies),
        "near_duplicates": None,
        "near_duplicates_found": None,
        "markers": None,
        "metadata_auroc": model.to_json(),
        "warnings": [
            *_about_patients(leaking),
            *_about_copies(index, copies),
            *_about_labels(shared),
            *([model.warning] if model.warning else []),
        ],
    }


def _assess_pixels(dataset: Dataset, copies: Sequence[Sequence[str]], progress: Progress) -> Report:
    """The part of the report that needs pixels."""
    from mammo_core.datasets.image_facts import look_at_images
    from mammo_core.datasets.looks import assess_markers, find_likeness

    facts = look_at_images(dataset, progress=progress)
    progress(0, 1, "Comparing images")
    likeness = find_likeness(dataset.index, facts, copies)
    progress(1, 1, "Comparing images")
    markers, model = assess_markers(dataset.index, facts, dataset.classes)
    unread = int((~facts.seen).sum())
    return {
        "near_duplicates": likeness.to_json(),
        "near_duplicates_found": likeness.found,
        "markers": markers,
        "warnings": [
            *_about_likeness(likeness),
            *([model.warning] if model.warning else []),
            *([f"{unread} images could not be read and were not compared"] if unread else []),
        ],
    }


def _about_patients(leaking: Sequence[str]) -> Iterator[str]:
    if leaking:
        yield (
            f"{count(len(leaking), 'patient')} with images in more than one split: the test set is "
            "not independent; index again so that splits are dealt by patient"
        )


def _about_copies(index: "pd.DataFrame", copies: Sequence[Sequence[str]]) -> Iterator[str]:
    facts = index.set_index("image_id")
    for column, said in (("split", "splits"), ("patient_id", "patients"), ("label", "classes")):
        n = sum(facts.loc[list(ids), column].nunique() > 1 for ids in copies)
        if n:
            yield f"Copies that lie in more than one of the {said}: {count(n, 'group')}"


def _about_labels(shared: SharedLabels | None) -> Iterator[str]:
    if shared and shared.look_per_patient:
        yield (
            f"In {shared.same} of {shared.patients} patients with a finding both breasts have the "
            "same label: labels look given per patient, so that healthy breasts may count as ill; "
            "evaluate by patient"
        )


def _about_likeness(likeness: "Likeness") -> Iterator[str]:
    if likeness.across_splits:
        yield (
            f"{likeness.across_splits} pairs of near-duplicate images lie in two splits: the test "
            "set holds what a model was trained on"
        )
    if likeness.across_patients:
        yield (
            f"{likeness.across_patients} pairs of near-duplicate images belong to two patients: "
            "one patient under two ids, or a copy"
        )
    if likeness.left_out:
        yield (
            f"{count(likeness.left_out, 'image')} with the very look of many others were not "
            "compared: there are more near-duplicates than told here"
        )
    if likeness.is_cut:
        yield (f"The search for near-duplicates ended at {likeness.found} pairs: there may be more")
