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

    def tell_lack(self, index: "pd.DataFrame", classes: Sequence[str]) -> str | None:
        """What it lacks to be trained, such as "no training image labeled benign"; None if nothing.

        Training needs every class; validation needs both sides of the last one, as its AUROC
        chooses the epoch.
        """
        trained, watched = (set(self.select(index, role)["label"]) for role in ("train", "val"))
        absent = [name for name in classes if name not in trained]
        if absent:
            return f"no training image labeled {' or '.join(absent)}"
        if classes[-1] not in watched:
            return f"no validation image labeled {classes[-1]}"
        return None if watched - {classes[-1]} else f"no validation image but {classes[-1]}"


def check_parts(
    parts: Sequence[Part],
    index: "pd.DataFrame",
    classes: Sequence[str],
    config: TrainingConfiguration,
) -> None:
    """Refuse parts that cannot be trained, before the first of them is.

    Raises:
        BadDataset: Where a part lacks images of a class to train on or to validate by.
        BadConfiguration: Where a recipe needs lesions and a part has none to train on.
    """
    for part in parts:
        title = part.title[:1].upper() + part.title[1:]
        lack = part.tell_lack(index, classes)
        if lack:
            raise BadDataset(
                f"{title} has {lack}; every part needs patients of every class to train on and of "
                f"{classes[-1]} and others to validate by: add such patients, take fewer parts or "
                "larger shares, or leave the class out of the dataset's classes"
            )
        if config.recipe == "patch_to_image" and not _has_lesions(
            part.select(index, "train"), classes
        ):
            raise BadConfiguration(
                f"Setting 'recipe' is patch_to_image, but no training image of {part.title} has a "
                "lesion mask; use recipe=whole_image"
            )


def _has_lesions(train: "pd.DataFrame", classes: Sequence[str]) -> bool:
    return bool((train["mask_path"].notna() & (train["label"] != classes[0])).any())
