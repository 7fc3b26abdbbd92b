"""One training of an experiment: which images take which role in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mammo_core.errors import BadConfiguration, BadDataset
from mammo_core.training.configuration import TrainingConfiguration

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Part:
    """A training of an experiment.

    Attributes:
        name: Of its folder.
        title: For a person.
        roles: "train", "val" or "test" by image id; no patient has two of them.
        repeat: Added to the seed of the training.
    """

    name: str
    title: str
    roles: Mapping[str, str]
    repeat: int = 0

    def select(self, index: "pd.DataFrame", role: str) -> "pd.DataFrame":
        """The index's rows that have that role."""
        return index[index["image_id"].map(dict(self.roles)) == role]

    def find_untrained(self, index: "pd.DataFrame", classes: Sequence[str]) -> list[str]:
        """The classes without a training image."""
        known = set(self.select(index, "train")["label"])
        return [name for name in classes if name not in known]


def check_parts(
    parts: Sequence[Part],
    index: "pd.DataFrame",
    classes: Sequence[str],
    config: TrainingConfiguration,
) -> list[str]:
    """What a reader must know of the parts; refuses those that cannot be trained.

    Raises:
        BadDataset: Where a part has no validation image or a class without a training image.
        BadConfiguration: Where a recipe needs lesions and a part has none to train on.
    """
    for part in parts:
        train, absent = part.select(index, "train"), part.find_untrained(index, classes)
        if absent:
            raise BadDataset(
                f"{_capital(part.title)} has no training image labeled {' or '.join(absent)}; "
                "use fewer parts, add patients of that class or leave it out of the classes"
            )
        if part.select(index, "val").empty:
            raise BadDataset(
                f"{_capital(part.title)} has no validation image; add patients or use fewer parts"
            )
        if config.recipe == "patch_to_image" and not _has_lesions(train, classes):
            raise BadConfiguration(
                f"Setting 'recipe' is patch_to_image, but no training image of {part.title} has a "
                "lesion mask; use recipe=whole_image"
            )
    return [note for part in parts for note in _tell_validation(part, index, classes[-1])]


def _has_lesions(train: "pd.DataFrame", classes: Sequence[str]) -> bool:
    return bool((train["mask_path"].notna() & (train["label"] != classes[0])).any())


def _tell_validation(part: Part, index: "pd.DataFrame", positive: str) -> list[str]:
    is_positive = part.select(index, "val")["label"] == positive
    if is_positive.any() and not is_positive.all():
        return []
    return [
        f"The validation images of {part.title} are {'all' if is_positive.any() else 'never'} "
        f"{positive}: its best epoch is that of the lowest loss, its threshold 0.5"
    ]


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]
