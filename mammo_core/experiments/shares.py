"""Growing shares of the training patients, each within the next."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mammo_core.datasets.splits import rank_patients
from mammo_core.errors import BadConfiguration
from mammo_core.experiments.part import Part

if TYPE_CHECKING:
    import pandas as pd

SHARES = (0.1, 0.25, 0.5, 1.0)


def parse_learning_shares(text: str) -> tuple[float, ...]:
    """The ascending shares that "0.1,0.25,0.5,1" stands for.

    Raises:
        BadConfiguration: Unless there are two or more, each above 0 and at most 1, none twice.
    """
    try:
        shares = tuple(sorted(float(part) for part in text.split(",")))
    except ValueError:
        shares = ()
    is_allowed = all(0 < share <= 1 for share in shares) and len(set(shares)) == len(shares)
    if len(shares) < 2 or not is_allowed:
        raise BadConfiguration(
            "Expected two or more different shares above 0 and at most 1, such as 0.1,0.25,0.5,1, "
            f"got '{text}'"
        )
    return shares


def take_share(
    patient_ids: Sequence[str],
    labels: Sequence[str],
    classes: Sequence[str],
    share: float,
    seed: int,
) -> frozenset[str]:
    """The patients of that share of every class: at least one, else the nearest whole number.

    With one seed a smaller share lies within a larger one.
    """
    ranked = rank_patients(patient_ids, labels, classes, seed)
    return frozenset(
        patient
        for patients in ranked
        for patient in patients[: max(1, int(share * len(patients) + 0.5))]
    )


def plan_shares(
    index: "pd.DataFrame",
    classes: Sequence[str],
    shares: Sequence[float],
    repeats: int,
    seed: int,
) -> tuple[Part, ...]:
    """A part for each share and repeat, all with the index's own validation images.

    Each repeat draws other patients, those of its smaller shares within those of its larger ones.
    """
    labeled = index[index["label"].notna()]
    train, val = labeled[labeled["split"] == "train"], labeled[labeled["split"] == "val"]
    watched = dict.fromkeys(val["image_id"], "val")
    parts = []
    for share in shares:
        for repeat in range(repeats):
            patients = take_share(
                list(train["patient_id"]), list(train["label"]), classes, share, seed + repeat
            )
            chosen = train.loc[train["patient_id"].isin(patients), "image_id"]
            roles = dict.fromkeys(chosen, "train") | watched
            parts.append(Part(*name_part(share, repeat, repeats), roles, repeat))
    return tuple(parts)


def name_part(share: float, repeat: int, repeats: int) -> tuple[str, str]:
    """(folder name, title) of a share's training."""
    name, title = f"share-{share:g}", f"{share:.0%} of the patients"
    if repeats == 1:
        return name, title
    return f"{name}-run-{repeat + 1}", f"{title}, run {repeat + 1}"
