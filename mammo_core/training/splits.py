"""Whether the splits of a dataset hold enough of each class to learn from and to judge by."""

import logging

import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadDataset
from mammo_core.wording import count

logger = logging.getLogger(__name__)

FEWEST_PATIENTS = 2
"""Of a class in a split, below which what is learnt or measured is that one patient."""
REMEDY = (
    "index again with other --shares (such as 60,20,20) or another --seed, or use cross-validate"
)


def check_splits(
    labels: NDArray[np.int64],
    train: NDArray[np.int64],
    val: NDArray[np.int64],
    classes: tuple[str, ...],
    patients: NDArray[np.object_] | None = None,
) -> None:
    """Refuse splits that cannot be learnt from or judged by; warn of those with a lone patient.

    Args:
        labels: (N,) class indices.
        train: Positions of the images that are learnt from.
        val: Positions of those that choose the epoch.
        classes: Mildest first.
        patients: (N,) patient ids; None where every image is of another patient.

    Raises:
        BadDataset: Where train or val is empty, a class has no training image, or val lacks
            either side of its AUROC.
    """
    for split, positions in (("train", train), ("val", val)):
        if not len(positions):
            raise BadDataset(
                f"The dataset has no images in the split '{split}'; index it with splits "
                "(--shares 60,20,20) or fill the table's split column"
            )
    _check_train(np.bincount(labels[train], minlength=len(classes)), classes)
    _check_val(labels[val] == len(classes) - 1, classes[-1])
    ids = np.arange(len(labels)) if patients is None else patients
    for split, positions in (("train", train), ("val", val)):
        _warn_of_lone_patients(split, labels[positions], ids[positions], classes)


def warn_of_shared_patients(splits: NDArray[np.object_], patients: NDArray[np.object_]) -> None:
    """Tell of patients with training images who are in another split, too: figures there flatter.

    Splits that a dataset brings along are kept, whatever they share.

    Args:
        splits: (N,) "train", "val" or "test"; anything else is none.
        patients: (N,) patient ids.
    """
    of = {split: set(patients[splits == split].tolist()) for split in ("train", "val", "test")}
    for split in ("val", "test"):
        if shared := len(of["train"] & of[split]):
            logger.warning(
                "%s in the split '%s' too: figures there flatter; index again with --shares",
                *(f"{count(shared, 'patient')} of the split 'train' have images", split),
            )


def _check_train(counts: NDArray[np.integer], classes: tuple[str, ...]) -> None:
    absent = [name for name, n in zip(classes, counts, strict=True) if not n]
    if absent:
        raise BadDataset(
            f"No training image is labeled {' or '.join(absent)} (0 of {counts.sum()} in the split "
            f"'train'); {REMEDY}, add such images, or leave the class out of the dataset's classes"
        )


def _check_val(is_positive: NDArray[np.bool_], positive: str) -> None:
    n = int(is_positive.sum())
    if 0 < n < len(is_positive):
        return
    raise BadDataset(
        f"The split 'val' has {n} images labeled {positive} and {len(is_positive) - n} others, so "
        "that the AUROC which chooses epoch and threshold is undefined; it needs at least 1 of "
        f"each: {REMEDY}"
    )


def _warn_of_lone_patients(
    split: str,
    labels: NDArray[np.int64],
    patients: NDArray[np.object_] | NDArray[np.int64],
    classes: tuple[str, ...],
) -> None:
    for code, name in enumerate(classes):
        n = len(set(patients[labels == code].tolist()))
        if n < FEWEST_PATIENTS:
            effect = "learnt" if split == "train" else "measured"
            logger.warning(
                "The split '%s' has %s with images labeled %s: what is %s of this class hangs on "
                "too few; %s",
                *(split, count(n, "patient"), name, effect, REMEDY),
            )
