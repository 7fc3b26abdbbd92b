"""Too little of a class in a split is told: which split, which class, how many, what would work."""

import logging

import numpy as np
import pytest

from mammo_core.errors import BadDataset
from mammo_core.training.splits import check_splits, warn_of_shared_patients

CLASSES = ("normal", "benign", "malignant")
LABELS = np.tile([0, 1, 2], 8)
TRAIN, VAL = np.arange(15), np.arange(15, 24)


def refusal(labels, train, val):
    with pytest.raises(BadDataset) as fault:
        check_splits(labels, train, val, CLASSES)
    assert "\n" not in str(fault.value)
    return str(fault.value)


def warnings(caplog, patients):
    with caplog.at_level(logging.WARNING):
        check_splits(LABELS, TRAIN, VAL, CLASSES, patients)
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(("train", "val", "split"), [(TRAIN, [], "val"), ([], VAL, "train")])
def test_a_dataset_without_a_split_is_told(train, val, split):
    told = refusal(LABELS, np.array(train, int), np.array(val, int))
    assert f"no images in the split '{split}'" in told
    assert "--shares" in told


def test_a_class_that_cannot_be_learnt_is_told():
    told = refusal(np.where(LABELS == 1, 0, LABELS), TRAIN, VAL)
    assert "labeled benign (0 of 15 in the split 'train')" in told


@pytest.mark.parametrize(
    ("kept", "counts"),
    [
        ([0, 1], "0 images labeled malignant and 6 others"),
        ([2], "3 images labeled malignant and 0 others"),
    ],
)
def test_a_validation_without_either_side_of_its_auroc_is_refused(kept, counts):
    told = refusal(LABELS, TRAIN, VAL[np.isin(LABELS[VAL], kept)])
    assert f"'val' has {counts}" in told
    assert "--shares" in told
    assert "cross-validate" in told


@pytest.mark.parametrize(
    ("patients", "told_of"),
    [("aabbcc", []), ("aabacc", ["val"]), ("aabbca", ["test"]), ("abaabb", ["val", "test"])],
)
def test_patients_on_both_sides_of_a_split_are_told(caplog, patients, told_of):
    splits = np.array(["train", "train", "val", "val", "test", "test"], object)
    with caplog.at_level(logging.WARNING):
        warn_of_shared_patients(splits, np.array(list(patients), object))
    told = [record.getMessage() for record in caplog.records]
    for split, sentence in zip(told_of, told, strict=True):
        assert f"in the split '{split}' too: figures there flatter" in sentence


def test_enough_of_every_class_is_no_matter(caplog):
    assert warnings(caplog, None) == []


def test_a_lone_patient_of_a_class_is_told_once_for_each_split(caplog):
    patients = np.array([f"p{k}" for k in range(24)], object)
    patients[:15][LABELS[:15] == 2] = "lone"
    (told,) = warnings(caplog, patients)
    assert "'train' has 1 patient with images labeled malignant" in told
    assert "--shares" in told


def test_a_validation_may_lack_a_class_between_but_not_silently(caplog):
    val = VAL[LABELS[VAL] != 1]
    with caplog.at_level(logging.WARNING):
        check_splits(LABELS, TRAIN, val, CLASSES)
    assert "'val' has 0 patients with images labeled benign" in caplog.text
