"""What a user should know about a dataset before trusting numbers from it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mammo_core.datasets.splits import FEW_PATIENTS
from mammo_core.wording import count

if TYPE_CHECKING:
    import pandas as pd

FEW = 15
"""Patients of a class under which no interval can be trusted much."""
IMBALANCE = 5.0
"""How many times the rarest class's images the commonest may have before it is said."""


def find_warnings(
    frame: "pd.DataFrame",
    classes: Sequence[str],
    mask_faults: Mapping[str, int],
    doubts: Mapping[str, int],
) -> list[str]:
    """Sentences about an index: doubtful images, classes, splits, masks and duplicates.

    Args:
        frame: The index.
        classes: Mildest first.
        mask_faults: How many masks were left out, by what is wrong with them.
        doubts: How many images a person should look at, by the reason.
    """
    return [
        *(_about_doubt(n, doubt) for doubt, n in doubts.items()),
        *_about_classes(frame, classes),
        *_about_splits(frame),
        *_about_masks(frame, classes, mask_faults),
        *_about_duplicates(frame),
    ]


def _about_doubt(n: int, doubt: str) -> str:
    waits = "waits" if n == 1 else "wait"
    return f"{count(n, 'image')} {waits} for a decision, in no split: {doubt}"


def _about_classes(frame: "pd.DataFrame", classes: Sequence[str]) -> Iterator[str]:
    if not classes:
        yield "No image has a label: nothing can be trained or judged; add a table"
    if len(classes) == 1:
        yield f"All images are of class {classes[0]}; nothing can be told apart"
    for label in classes:
        patients = frame.loc[frame["label"] == label, "patient_id"].nunique()
        if patients < FEW_PATIENTS:
            yield f"Class {label} has too few patients for three splits: {patients}"
        elif patients < FEW:
            yield f"Class {label} has {count(patients, 'patient')}: no interval can be trusted much"
    counts = frame["label"].value_counts()
    if counts.max() > IMBALANCE * counts.min():
        yield (
            f"Imbalance: {counts.max()} images of {counts.idxmax()} "
            f"against {counts.min()} of {counts.idxmin()}"
        )


def _about_splits(frame: "pd.DataFrame") -> Iterator[str]:
    unassigned = int((frame["split"].isna() & (frame["gate"] != "ask")).sum())
    if unassigned:
        yield f"{unassigned} images have no split and are left out of training and testing"
    splits = frame.dropna(subset="split").groupby("patient_id")["split"].nunique()
    if (splits > 1).any():
        yield f"Leak: {count(int((splits > 1).sum()), 'patient')} in more than one split"


def _about_masks(
    frame: "pd.DataFrame", classes: Sequence[str], mask_faults: Mapping[str, int]
) -> Iterator[str]:
    for fault, n in mask_faults.items():
        yield f"{count(n, 'image')} without a mask: {fault}"
    lesions = frame[frame["label"].isin(classes[1:])]
    missing = int(lesions["mask_path"].isna().sum())
    if 0 < missing < len(lesions):
        yield f"{missing} of {count(len(lesions), 'image')} with a finding without a mask"


def _about_duplicates(frame: "pd.DataFrame") -> Iterator[str]:
    twins = frame[frame["digest"].notna() & frame.duplicated("digest", keep=False)]
    if twins.empty:
        return
    groups = twins.groupby("digest")
    examples = ", ".join(next(iter(groups))[1]["image_id"].head(3))
    yield f"{len(twins)} files are copies of one another, such as {examples}"
    for column, said in (("split", "split"), ("label", "label"), ("patient_id", "patient")):
        differing = int((groups[column].nunique() > 1).sum())
        if differing:
            yield f"Copies that differ in their {said}: {count(differing, 'group')}"
