"""The images that a gate set apart from a dataset, read and kept until a decision changes them."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_ui import library

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

ASKED = "ask"
STATES = {ASKED: "to decide", "refuse": "refused", "take": "used", "leave": "left out"}


@dataclass(frozen=True)
class ApartImage:
    """An image that the gate did not accept.

    Attributes:
        image_id: Its id.
        path: Its file, as the index gives it.
        verdict: "ask" or "refuse".
        reason: Why.
        can_be_taken: Whether the file can be decoded at all.
        decision: "take", "leave" or None.
    """

    image_id: str
    path: str
    verdict: str
    reason: str
    can_be_taken: bool
    decision: str | None

    @property
    def state(self) -> str:
        """Where it stands: the user's word, else the gate's."""
        return STATES[self.decision or self.verdict]


def list_apart(dataset: "Dataset") -> tuple[ApartImage, ...]:
    """All of them, in the order of the index."""
    from mammo_core.datasets.storage import DECISIONS, SET_ASIDE

    files = (dataset.path / name for name in (library.INDEX, SET_ASIDE, DECISIONS))
    versions = tuple(library.version_of(file) if file.exists() else 0 for file in files)
    return _list_apart(dataset.path, versions)


def find_apart(dataset: "Dataset", image_id: str) -> Path | None:
    """The file of an image that was set apart, None for any other."""
    found = next((one for one in list_apart(dataset) if one.image_id == image_id), None)
    return dataset.path / found.path if found else None


@lru_cache(maxsize=8)
def _list_apart(folder: Path, versions: tuple[int, ...]) -> tuple[ApartImage, ...]:
    from mammo_core.datasets.set_aside import read_set_aside

    apart = read_set_aside(library.read_dataset(folder, versions[0]))
    rows = apart.astype(object).where(apart.notna(), None).to_dict("records")
    return tuple(
        ApartImage(
            image_id=row["image_id"],
            path=row["path"],
            verdict=row["verdict"],
            reason=row["reason"] or "no reason was noted",
            can_be_taken=row["has_pixels"] is not False,
            decision=row["decision"],
        )
        for row in rows
    )


def count_undecided(dataset: "Dataset") -> int:
    """How many images of the index wait for a person."""
    return int(dataset.index["gate"].eq(ASKED).sum())
