"""Training, validation and test sets by patient, so that no patient is in two of them."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mammo_core.datasets.naming import SPLITS
from mammo_core.errors import BadConfiguration

Shares = tuple[float, float, float]

SHARES: Shares = (0.6, 0.2, 0.2)
"""Of the patients of each class, in the order of SPLITS."""
FEW_PATIENTS = 3
ROUNDING_PERCENT = 1.0
"""By so much three rounded shares may miss 100, as 33,33,33 does."""


@dataclass(frozen=True)
class Dealing:
    """How patients are dealt to splits where a layout has none of its own.

    Attributes:
        seed: Another seed deals anew.
        shares: Of the patients of each class, in the order of SPLITS.
    """

    seed: int = 0
    shares: Shares = SHARES


def assign_splits(
    patient_ids: Sequence[str],
    labels: Sequence[str],
    classes: Sequence[str],
    dealing: Dealing = Dealing(),
) -> list[str]:
    """A split for each image; all images of a patient share it.

    Patients are dealt class by class, a patient's class being the worst label among the images.
    Within a class they come in the order of a seeded hash of their ids, so that neither the order
    of the rows nor the patients of other classes change where one goes.

    Args:
        patient_ids: One an image.
        labels: One an image, each of `classes`.
        classes: Mildest first.
        dealing: Seed and shares.
    """
    split_of: dict[str, str] = {}
    for patients in rank_patients(patient_ids, labels, classes, dealing.seed):
        split_of.update(zip(patients, _deal(len(patients), dealing.shares), strict=True))
    return [split_of[patient] for patient in patient_ids]


def rank_patients(
    patient_ids: Sequence[str], labels: Sequence[str], classes: Sequence[str], seed: int
) -> list[list[str]]:
    """The patients of each class, each list in the order of a seeded hash of their ids.

    Args:
        patient_ids: One an image.
        labels: One an image, each of `classes`; a patient's class is the worst among them.
        classes: Mildest first.
        seed: Another one orders anew.
    """
    worst: dict[str, int] = {}
    for patient, label in zip(patient_ids, labels, strict=True):
        worst[patient] = max(worst.get(patient, 0), classes.index(label))
    ranked: list[list[str]] = [[] for _ in classes]
    for patient in sorted(worst, key=lambda patient: _lot(patient, seed)):
        ranked[worst[patient]].append(patient)
    return ranked


def deal_validation(
    patient_ids: Sequence[str],
    labels: Sequence[str],
    splits: Sequence[str | None],
    classes: Sequence[str],
    dealing: Dealing = Dealing(),
) -> list[str | None]:
    """The splits with a validation set out of the training patients, where there was none.

    Sources that publish training and test sets alone leave training without a set to stop by. The
    val share of train and val together is dealt as `assign_splits` does; all other images,
    those of the test set above all, stay where they are. Nothing changes where there is a
    validation set, no training set, or no share for it.

    Args:
        patient_ids: One an image.
        labels: One an image, each of `classes`.
        splits: One an image; None is in no split.
        classes: Mildest first.
        dealing: Seed and shares.
    """
    train, val, _ = dealing.shares
    places = [place for place, split in enumerate(splits) if split == "train"]
    if "val" in splits or not places or not val:
        return list(splits)
    shares = (train / (train + val), val / (train + val), 0.0)
    dealt = assign_splits(
        [patient_ids[place] for place in places],
        [labels[place] for place in places],
        classes,
        Dealing(dealing.seed, shares),
    )
    found = list(splits)
    for place, split in zip(places, dealt, strict=True):
        found[place] = split
    return found


def parse_shares(text: str) -> Shares:
    """The shares that "60,20,20" stands for.

    Raises:
        BadConfiguration: Unless there are three numbers from 0 on, of which the first is above 0,
            that sum to 100 or to 1, save for rounding.
    """
    try:
        train, val, test = (float(part) for part in text.split(","))
    except ValueError:
        train, val, test = -1.0, -1.0, -1.0
    if not (train > 0 and min(val, test) >= 0 and math.isfinite(train + val + test)):
        raise BadConfiguration(
            f"Expected the shares of train, val and test, such as 60,20,20, got '{text}'"
        )
    total = train + val + test
    if abs(total - 100) > ROUNDING_PERCENT and abs(total - 1) > ROUNDING_PERCENT / 100:
        raise BadConfiguration(
            f"Expected shares that sum to 100, such as 60,20,20, got '{text}', which sums to "
            f"{total:g}"
        )
    return train / total, val / total, test / total


def count_shares(n: int, shares: Shares = SHARES) -> tuple[int, ...]:
    """How many of n patients each split gets: within one of its share.

    From 3 patients on, no split with a share is empty. One patient trains; of two, the second
    goes to the last split that has a share.
    """
    wanted = np.array(shares) > 0
    if n < FEW_PATIENTS:
        last = int(np.flatnonzero(wanted)[-1])
        return tuple(int(n > 0 and k == 0) + int(n > 1 and k == last) for k in range(len(SPLITS)))
    exact = np.array(shares) * n
    counts = np.floor(exact + 1e-9).astype(int)
    for split in np.argsort(counts - exact, kind="stable")[: n - counts.sum()]:
        counts[split] += 1
    while (counts[wanted] == 0).any():
        counts[counts.argmax()] -= 1
        counts[np.flatnonzero(wanted & (counts == 0))[0]] += 1
    return tuple(int(count) for count in counts)


def _deal(n: int, shares: Shares) -> list[str]:
    counts = count_shares(n, shares)
    return [split for split, count in zip(SPLITS, counts, strict=True) for _ in range(count)]


def _lot(patient_id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{patient_id}".encode()).digest()
