"""The quality report's part that rests on pixels: near-duplicates and burned-in markers."""

import hashlib
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations, islice, product
from typing import TYPE_CHECKING, Any

import numpy as np

from mammo_core.datasets.image_facts import ImageFacts, Rows
from mammo_core.datasets.metadata_model import MetadataModel, assess_metadata
from mammo_core.datasets.near_duplicates import NearDuplicate, find_near_duplicates

if TYPE_CHECKING:
    import pandas as pd

MAX_PAIRS = 1000
"""So many pairs are kept, those across splits and patients first."""
MOST_ALIKE = 50
"""Of images with exactly one look, copies mostly, so many are paired: pairs grow as the square."""
MAX_FOUND = 200_000
"""The search ends at so many pairs."""
AT_A_TIME = 4096


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
        left_out: How many images were not paired, for MOST_ALIKE others look exactly like them.
    """

    pairs: list[Pair]
    found: int = 0
    across_splits: int = 0
    across_patients: int = 0
    left_out: int = 0

    @property
    def is_cut(self) -> bool:
        """Whether the search ended before all pairs were found."""
        return self.found >= MAX_FOUND

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

    Images with exactly the same look are compared with the others once for all of them.

    Args:
        index: A dataset's index.
        facts: Of its images.
        copies: Groups of ids of equal files.
    """
    by_look = _group_by_look(facts)
    groups = [_choose(rows, index, copies) for rows in by_look]
    found = _name(_find_pairs(facts, groups), index, copies)
    likeness = Likeness([], left_out=sum(map(len, by_look)) - sum(map(len, groups)))
    counted = likeness.count(islice(found, MAX_FOUND))
    likeness.pairs = heapq.nsmallest(MAX_PAIRS, counted, key=lambda pair: pair.gravity)
    return likeness


def _group_by_look(facts: ImageFacts) -> list[list[int]]:
    """The rows of images that show something, those with exactly the same look together."""
    groups = defaultdict(list)
    seen = np.flatnonzero(facts.seen)
    for part in np.array_split(seen, max(1, len(seen) // AT_A_TIME)):
        codes, thumbnails = facts.take("codes", part), facts.take("thumbnails", part)
        for row, code, thumbnail in zip(part.tolist(), codes, thumbnails, strict=True):
            if thumbnail.any():
                look = hashlib.blake2b(code.tobytes() + thumbnail.tobytes(), digest_size=16)
                groups[look.digest()].append(row)
    return list(groups.values())


def _choose(rows: list[int], index: "pd.DataFrame", copies: Sequence[Sequence[str]]) -> list[int]:
    """At most MOST_ALIKE of the rows, of as many files and splits as there are."""
    if len(rows) <= MOST_ALIKE:
        return rows
    group = {image_id: k for k, group in enumerate(copies) for image_id in group}
    images = index.iloc[rows]
    files = [group.get(image_id, image_id) for image_id in images["image_id"]]
    met = Counter[object]()
    ranks = []
    for file, split in zip(files, images["split"].fillna(""), strict=True):
        ranks.append((met[file, split] > 0, met[split]))
        met.update([(file, split), split])
    chosen = sorted(range(len(rows)), key=ranks.__getitem__)[:MOST_ALIKE]
    return sorted(rows[k] for k in chosen)


def _find_pairs(facts: ImageFacts, groups: list[list[int]]) -> Iterator[NearDuplicate]:
    """The pairs within the groups of one look, then those of two looks that are near."""
    for group in groups:
        for first, second in combinations(group, 2):
            yield NearDuplicate(0, first, second, 1.0)
    rows: Rows = np.array([group[0] for group in groups], np.intp)
    near_looks = find_near_duplicates(
        facts.take("codes", rows), lambda some: facts.take("thumbnails", rows[some])
    )
    for near in near_looks:
        for a, b in product(groups[near.first], groups[near.second]):
            yield replace(near, first=min(a, b), second=max(a, b))


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
