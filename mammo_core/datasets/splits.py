"""Training, validation and test sets by patient, so that no patient is in two of them."""

import hashlib
from collections.abc import Sequence

import numpy as np

from mammo_core.datasets.naming import SPLITS

SHARES = (0.6, 0.2, 0.2)
"""Of the patients of each class, in the order of SPLITS."""
FEW_PATIENTS = 3


def assign_splits(
    patient_ids: Sequence[str], labels: Sequence[str], classes: Sequence[str], seed: int = 0
) -> list[str]:
    """A split for each image; all images of a patient share it.

    Patients are dealt class by class, a patient's class being the worst label among the images.
    Within a class they come in the order of a seeded hash of their ids, so that neither the order
    of the rows nor the patients of other classes change where one goes.

    Args:
        patient_ids: One an image.
        labels: One an image, each of `classes`.
        classes: Mildest first.
        seed: Another seed deals anew.
    """
    worst: dict[str, int] = {}
    for patient, label in zip(patient_ids, labels, strict=True):
        worst[patient] = max(worst.get(patient, 0), classes.index(label))
    split_of: dict[str, str] = {}
    for grade in range(len(classes)):
        patients = [patient for patient, own in worst.items() if own == grade]
        patients.sort(key=lambda patient: _lot(patient, seed))
        split_of.update(zip(patients, _deal(len(patients)), strict=True))
    return [split_of[patient] for patient in patient_ids]


def count_shares(n: int) -> tuple[int, ...]:
    """How many of n patients each split gets: within one of its share, none empty from 3 on.

    One patient trains; of two, the second tests.
    """
    if n < FEW_PATIENTS:
        return ((0, 0, 0), (1, 0, 0), (1, 0, 1))[n]
    exact = np.array(SHARES) * n
    counts = np.floor(exact + 1e-9).astype(int)
    for split in np.argsort(counts - exact, kind="stable")[: n - counts.sum()]:
        counts[split] += 1
    while counts.min() == 0:
        counts[counts.argmax()] -= 1
        counts[counts.argmin()] += 1
    return tuple(int(count) for count in counts)


def _deal(n: int) -> list[str]:
    counts = count_shares(n)
    return [split for split, count in zip(SPLITS, counts, strict=True) for _ in range(count)]


def _lot(patient_id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{patient_id}".encode()).digest()
