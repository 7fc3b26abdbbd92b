"""Folds by patient, and folds of whole sources or scanners."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mammo_core.datasets.splits import SHARES, Dealing, Shares, assign_splits, rank_patients
from mammo_core.errors import BadConfiguration, BadDataset
from mammo_core.experiments.part import Part
from mammo_core.wording import count

if TYPE_CHECKING:
    import pandas as pd

    from mammo_core.datasets import Dataset

GroupColumn = Literal["source", "manufacturer"]
FEWEST_PATIENTS = 5
"""Groups with fewer patients are not tested on their own: they would say next to nothing."""
TRAIN, VAL, _ = SHARES
REST: Shares = (TRAIN / (TRAIN + VAL), VAL / (TRAIN + VAL), 0.0)
"""How the patients that a part does not test are dealt to training and validation."""


@dataclass(frozen=True, eq=False)
class Folds:
    """The parts of a cross-validation, and what a reader must know of them.

    Attributes:
        parts: In their order.
        notes: One sentence each.
    """

    parts: tuple[Part, ...]
    notes: tuple[str, ...]


def choose_rows(dataset: "Dataset", *, everything: bool) -> tuple["pd.DataFrame", list[str]]:
    """(the index's rows that are folded, what a reader must know of the choice).

    Labeled images that are in a split; those of patients of the test split only where everything
    is asked for.

    Raises:
        BadDataset: Where none is left.
    """
    index = dataset.index
    usable = index[index["label"].notna() & index["split"].notna()]
    held_out = usable.loc[usable["split"] == "test", "patient_id"].unique()
    chosen = usable if everything else usable[~usable["patient_id"].isin(held_out)]
    if chosen.empty:
        raise BadDataset(
            f"Dataset {dataset.name} has no labeled image outside its test split; --all folds the "
            "test split, too"
        )
    patients = count(len(held_out), "patient")
    if not len(held_out):
        told = []
    elif everything:
        told = [f"The {patients} of the test split are folded, too: no untouched test set is left"]
    else:
        told = [f"The {patients} of the test split are left untouched"]
    return chosen, told


def deal_folds(
    patient_ids: Sequence[str],
    labels: Sequence[str],
    classes: Sequence[str],
    n_folds: int,
    seed: int,
) -> dict[str, int]:
    """The fold, from 0, of each patient.

    The patients stand in one row, class by class and within a class in the order of a seeded hash,
    and are counted off. So each fold is within one patient of its share of every class and of all
    patients. scikit-learn's StratifiedGroupKFold balances images greedily and promises neither.
    """
    ranked = rank_patients(patient_ids, labels, classes, seed)
    row = [patient for patients in ranked for patient in patients]
    return {patient: place % n_folds for place, patient in enumerate(row)}


def plan_folds(index: "pd.DataFrame", classes: Sequence[str], n_folds: int, seed: int) -> Folds:
    """A part for each of n folds of the index's patients.

    Raises:
        BadConfiguration: For fewer than 2 folds, or more than there are patients.
    """
    n_patients = index["patient_id"].nunique()
    if not 2 <= n_folds <= n_patients:
        raise BadConfiguration(
            f"Expected from 2 to {n_patients} folds, as many as there are patients, got {n_folds}"
        )
    fold_of = deal_folds(list(index["patient_id"]), list(index["label"]), classes, n_folds, seed)
    folds = index["patient_id"].map(fold_of)
    parts = tuple(
        _plan_part(f"fold-{n + 1}", f"fold {n + 1}", index, folds == n, classes, seed + n + 1)
        for n in range(n_folds)
    )
    return Folds(parts, tuple(_tell_one_sided(parts, index, classes[-1])))


def plan_groups(index: "pd.DataFrame", classes: Sequence[str], by: GroupColumn, seed: int) -> Folds:
    """A part for each source or scanner, which tests all its images and trains on the others.

    A patient who has images of the group and of others trains in no part that tests one of them.
    Images whose group is unknown take no part: they could be of the very group that is tested.
    Groups with too few patients, and those without which a class lacks images to train on or to
    validate by, are trained on but not tested.

    Raises:
        BadDataset: Where no group can be tested.
    """
    known = index[index[by].notna()]
    patients = known.groupby(by)["patient_id"].nunique()
    tested = [str(name) for name in patients.index[patients >= FEWEST_PATIENTS]]
    names = _folder_names(by, tested)
    planned = [
        _plan_part(names[group], f"{by} {group}", known, known[by] == group, classes, seed + n + 1)
        for n, group in enumerate(tested)
    ]
    parts = tuple(part for part in planned if not part.tell_lack(known, classes))
    if not parts:
        found = ", ".join(f"{name} ({n})" for name, n in patients.items()) or "none"
        raise BadDataset(
            f"Expected two or more of {by}, one of {FEWEST_PATIENTS} patients or more and every "
            f"class among the others; found (patients): {found}. Use --folds instead"
        )
    told = [
        *_tell_left_out(len(index) - len(known), by, patients[patients < FEWEST_PATIENTS]),
        *_tell_lacking(planned, known, classes),
        *_tell_one_sided(parts, known, classes[-1]),
    ]
    return Folds(parts, tuple(told))


def _plan_part(
    name: str,
    title: str,
    index: "pd.DataFrame",
    is_tested: "pd.Series[bool]",
    classes: Sequence[str],
    seed: int,
) -> Part:
    """A part that tests these rows and deals the other patients anew."""
    tested = index[is_tested]
    others = index[~index["patient_id"].isin(tested["patient_id"])]
    dealt = assign_splits(
        list(others["patient_id"]), list(others["label"]), classes, Dealing(seed, REST)
    )
    roles = dict.fromkeys(tested["image_id"], "test") | dict(
        zip(others["image_id"], dealt, strict=True)
    )
    return Part(name, title, roles)


def _tell_one_sided(parts: Sequence[Part], index: "pd.DataFrame", positive: str) -> list[str]:
    titles = []
    for part in parts:
        is_positive = part.select(index, "test")["label"] == positive
        if is_positive.all() or not is_positive.any():
            titles.append(part.title)
    if not titles:
        return []
    return [
        f"Only one side of {positive} or not is in {', '.join(titles)}: the AUROC of such a part "
        "is undefined, its images count in the pooled one"
    ]


def _tell_left_out(n_unknown: int, by: GroupColumn, few: "pd.Series[int]") -> list[str]:
    told = []
    if n_unknown:
        told.append(f"{count(n_unknown, 'image')} without a known {by} take no part")
    if len(few):
        names = ", ".join(f"{name} ({n})" for name, n in few.items())
        told.append(
            f"Not tested on its own, with fewer than {FEWEST_PATIENTS} patients, but trained on: "
            f"{names}"
        )
    return told


def _tell_lacking(
    parts: Sequence[Part], index: "pd.DataFrame", classes: Sequence[str]
) -> list[str]:
    lacks = {part.title: part.tell_lack(index, classes) for part in parts}
    return [
        f"Not tested on its own: all images but those of {title} have {lack}"
        for title, lack in lacks.items()
        if lack
    ]


def _folder_names(by: GroupColumn, groups: Sequence[str]) -> dict[str, str]:
    """A folder name for each group, safe on every system and never twice."""
    names: dict[str, str] = {}
    for number, group in enumerate(groups, start=1):
        word = re.sub(r"[^a-z0-9]+", "-", group.lower()).strip("-")[:30]
        names[group] = f"{by}-{number}-{word}".rstrip("-")
    return names
