"""The quality report's part that rests on pixels: near-duplicates and burned-in markers."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mammo_core.datasets.image_facts import ImageFacts, Rows
from mammo_core.datasets.metadata_model import MetadataModel, assess_metadata
from mammo_core.datasets.near_duplicates import NearDuplicate, find_near_duplicates

if TYPE_CHECKING:
    import pandas as pd

MAX_PAIRS = 1000
"""So many pairs are kept, those across splits and patients first."""


@dataclass(frozen=True)
class Pair:
    """Two images that look the same, as the report keeps them."""

    image_a: str
    image_b: str
    distance: int
    correlation: float
    same_patient: bool
    across_splits: bool

    @property
    def gravity(self) -> tuple[bool, bool, int, str]:
        """The gravest first."""
        return not self.across_splits, self.same_patient, self.distance, self.image_a


@dataclass
class Likeness:
    """The near-duplicates of a dataset: the gravest ones, and how many there are.

    Attributes:
        pairs: At most MAX_PAIRS, the gravest first.
        found: All of them.
        across_splits: Those in two splits.
        across_patients: Those of two patients.
    """

    pairs: list[Pair]
    found: int = 0
    across_splits: int = 0
    across_patients: int = 0

    def count(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """The pairs, each counted as it passes."""
        for pair in pairs:
            self.found += 1
            self.across_splits += pair.across_splits
            self.across_patients += not pair.same_patient
            yield pair

    def to_json(self) -> list[dict[str, Any]]:
        """The pairs as the report keeps them."""
        return [asdict(pair) for pair in self.pairs]


def find_likeness(
    index: "pd.DataFrame", facts: ImageFacts, copies: Sequence[Sequence[str]]
) -> Likeness:
    """The near-duplicates among the images seen; exact copies, told already, are left out.

    Args:
        index: A dataset's index.
        facts: Of its images.
        copies: Groups of ids of equal files.
    """
    rows = _comparable(facts)
    found = find_near_duplicates(
        facts.take("codes", rows), lambda some: facts.take("thumbnails", rows[some])
    )
    likeness = Likeness([])
    counted = likeness.count(_name(found, index.iloc[rows], copies))
    likeness.pairs = heapq.nsmallest(MAX_PAIRS, counted, key=lambda pair: pair.gravity)
    return likeness


def _comparable(facts: ImageFacts) -> Rows:
    """The rows of images that show something."""
    seen = np.flatnonzero(facts.seen)
    shown = [
        facts.take("thumbnails", part).any(axis=(1, 2, 3))
        for part in np.array_split(seen, max(1, len(seen) // 4096))
    ]
    return seen[np.concatenate(shown)]


def _name(
    found: Iterable[NearDuplicate], index: "pd.DataFrame", copies: Sequence[Sequence[str]]
) -> Iterator[Pair]:
    """The near-duplicates among an index's rows as pairs of images, without the exact copies."""
    ids, patients = index["image_id"].tolist(), index["patient_id"].tolist()
    splits = index["split"].fillna("").tolist()
    group = {image_id: k for k, group in enumerate(copies) for image_id in group}
    for near in found:
        a, b = near.first, near.second
        if ids[a] in group and group[ids[a]] == group.get(ids[b]):
            continue
        yield Pair(
            image_a=ids[a],
            image_b=ids[b],
            distance=near.distance,
            correlation=near.correlation,
            same_patient=patients[a] == patients[b],
            across_splits=bool(splits[a] and splits[b]) and splits[a] != splits[b],
        )


def assess_markers(
    index: "pd.DataFrame", facts: ImageFacts, classes: Sequence[str]
) -> tuple[dict[str, Any], MetadataModel]:
    """(how many images have burned-in markers, in all and by class; how they predict the label)."""
    seen = index[facts.seen]
    marked = facts.take("n_markers") > 0
    by_class = seen["label"][marked].value_counts()
    model = assess_metadata(
        seen[["patient_id", "label"]].assign(
            n_markers=facts.take("n_markers"), marker_area=facts.take("marker_area")
        ),
        classes,
    )
    told = {
        "n": int(marked.sum()),
        "of": len(seen),
        "classes": {label: int(by_class.get(label, 0)) for label in classes},
        "auroc": model.auroc.to_json(),
    }
    return told, model
