"""What a dataset gives away: patients in two splits, copies, labels given by patient."""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mammo_core.datasets.headers import hash_file
from mammo_core.types import Progress, no_progress

if TYPE_CHECKING:
    import pandas as pd

    from mammo_core.datasets.dataset import Dataset


def find_patients_in_two_splits(index: "pd.DataFrame") -> list[str]:
    """The ids of patients with images in more than one split, in order."""
    splits = index.dropna(subset="split").groupby("patient_id")["split"].nunique()
    return sorted(splits.index[splits > 1])


def find_copies(dataset: "Dataset", progress: Progress = no_progress) -> list[list[str]]:
    """Groups of images whose files are the same, byte by byte; each group's ids in order.

    Where the index knows only the digest of a file's ends, the files that share one are hashed
    whole. One that cannot be read is no one's copy.

    Args:
        dataset: The images.
        progress: Called before each file that must be hashed; may raise Cancelled.
    """
    candidates = _share_a_digest(dataset.index)
    groups = defaultdict(list)
    for done, (image_id, known) in enumerate(candidates):
        progress(done, len(candidates), "Comparing copies")
        whole = known or _hash(dataset, image_id)
        if whole:
            groups[whole].append(image_id)
    return sorted(sorted(ids) for ids in groups.values() if len(ids) > 1)


def _share_a_digest(index: "pd.DataFrame") -> list[tuple[str, str | None]]:
    """(image id, SHA-256 of the whole file or None) of images whose digest others have too."""
    by = "digest" if "digest" in index else "sha256"
    twins = index[index[by].notna() & index.duplicated(by, keep=False)]
    whole = twins["sha256"].astype(object).where(twins["sha256"].notna(), None)
    return list(zip(twins["image_id"], whole, strict=True))


def _hash(dataset: "Dataset", image_id: str) -> str | None:
    try:
        return hash_file(dataset.file_of(image_id))
    except OSError:
        return None


FEW_PATIENTS = 5
SHARE_SAME = 0.5
"""Cancer in both breasts at once is the exception; where half of the ill patients have the same
label on both sides, it was hardly given breast by breast."""


@dataclass(frozen=True)
class SharedLabels:
    """Whether labels were given for breasts or only for patients.

    Attributes:
        patients: Those with both breasts labeled and at least one of them not of the mildest class.
        same: Of these, how many have one label for both breasts.
    """

    patients: int
    same: int

    @property
    def look_per_patient(self) -> bool:
        """Whether so many share a label that it was probably given for the patient."""
        return self.patients >= FEW_PATIENTS and self.same >= SHARE_SAME * self.patients


def count_shared_labels(index: "pd.DataFrame", mildest: str) -> SharedLabels:
    """How many ill patients have the same label on both sides.

    Args:
        index: With patient_id, laterality and label.
        mildest: The class of a breast without a finding.
    """
    known = index.dropna(subset=["laterality", "label"])
    patients = known.groupby("patient_id")
    facts = patients.agg(sides=("laterality", "nunique"), labels=("label", "nunique"))
    facts["ill"] = (known["label"] != mildest).groupby(known["patient_id"]).any()
    both = facts[(facts["sides"] > 1) & facts["ill"]]
    return SharedLabels(len(both), int((both["labels"] == 1).sum()))
