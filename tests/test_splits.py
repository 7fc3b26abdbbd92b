"""Patients are dealt to splits by class, seeded, whatever the order of the rows."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_core.datasets.splits import (
    SHARES,
    Dealing,
    assign_splits,
    count_shares,
    deal_validation,
    parse_shares,
)
from mammo_core.errors import BadConfiguration

CLASSES = ("normal", "benign", "malignant")


def make_images(n_patients=50, views=4, seed=0):
    """Patient and label of each image; half of the ill patients' images are normal."""
    rng = np.random.default_rng(seed)
    patients = [f"P{n:03d}" for n in range(n_patients) for _ in range(views)]
    worst = np.repeat(rng.choice(CLASSES, n_patients), views)
    is_normal = np.arange(len(patients)) % 2 == 1
    return patients, list(np.where(is_normal, "normal", worst))


def split_of_patients(patients, splits):
    found = {}
    for patient, split in zip(patients, splits, strict=True):
        found.setdefault(patient, set()).add(split)
    return found


def test_no_patient_is_in_two_splits():
    patients, labels = make_images()
    found = split_of_patients(patients, assign_splits(patients, labels, CLASSES))
    assert {len(splits) for splits in found.values()} == {1}


def test_the_order_of_the_rows_changes_nothing():
    patients, labels = make_images()
    expected = split_of_patients(patients, assign_splits(patients, labels, CLASSES, Dealing(4)))
    order = np.random.default_rng(9).permutation(len(patients))
    patients, labels = [patients[i] for i in order], [labels[i] for i in order]
    shuffled = split_of_patients(patients, assign_splits(patients, labels, CLASSES, Dealing(4)))
    assert shuffled == expected


def test_another_seed_deals_anew():
    patients, labels = make_images()
    one, other = (assign_splits(patients, labels, CLASSES, Dealing(seed)) for seed in (0, 1))
    assert one != other


def test_each_class_is_spread_by_its_worst_label():
    patients, labels = make_images(n_patients=100)
    splits = split_of_patients(patients, assign_splits(patients, labels, CLASSES))
    worst = {}
    for patient, label in zip(patients, labels, strict=True):
        worst[patient] = max(worst.get(patient, 0), CLASSES.index(label))
    for grade in range(3):
        own = [patient for patient in worst if worst[patient] == grade]
        counts = Counter(next(iter(splits[patient])) for patient in own)
        expected = dict(zip(("train", "val", "test"), count_shares(len(own)), strict=True))
        assert counts == expected


def test_patients_of_other_classes_do_not_change_where_one_goes():
    patients, labels = make_images(views=1)
    before = dict(zip(patients, assign_splits(patients, labels, CLASSES), strict=True))
    more = [*patients, *(f"new{n}" for n in range(20))]
    after = assign_splits(more, [*labels, *["malignant"] * 20], CLASSES)
    mild = [p for p, label in zip(patients, labels, strict=True) if label != "malignant"]
    after = dict(zip(more, after, strict=True))
    assert {p: before[p] for p in mild} == {p: after[p] for p in mild}


@given(st.integers(min_value=3, max_value=5000))
def test_every_split_gets_its_share_within_one_patient_and_none_is_empty(n):
    counts = np.array(count_shares(n))
    assert counts.sum() == n
    assert counts.min() >= 1
    assert np.abs(counts - np.array(SHARES) * n).max() <= 1


@pytest.mark.parametrize(("n", "counts"), [(0, (0, 0, 0)), (1, (1, 0, 0)), (2, (1, 0, 1))])
def test_too_few_patients_train_first_and_test_next(n, counts):
    assert count_shares(n) == counts


@given(st.integers(min_value=3, max_value=500))
def test_a_split_without_a_share_stays_empty(n):
    train, val, test = count_shares(n, (0.75, 0.25, 0.0))
    assert (train + val, test) == (n, 0)
    assert min(train, val) >= 1


def test_shares_are_read_as_parts_of_a_whole():
    assert parse_shares("60,20,20") == pytest.approx(SHARES)
    assert parse_shares("75,25,0") == pytest.approx((0.75, 0.25, 0.0))
    assert parse_shares("0.5,0.3,0.2") == pytest.approx((0.5, 0.3, 0.2))
    assert parse_shares("33.3,33.3,33.3") == pytest.approx((1 / 3,) * 3)


@pytest.mark.parametrize(
    "text", ["", "60", "60,40", "0,50,50", "60,-20,60", "a,b,c", "nan,1,1", "50,50,50", "3,1,0"]
)
def test_shares_that_cannot_deal_are_refused(text):
    with pytest.raises(BadConfiguration, match="60,20,20"):
        parse_shares(text)


# A validation set where the source has none


def make_official(n_patients=60):
    """Images whose patients are in the source's training or test set, half and half."""
    patients, labels = make_images(n_patients)
    splits = ["train" if int(patient[1:]) % 2 else "test" for patient in patients]
    return patients, labels, splits


def test_validation_is_dealt_by_patient_out_of_training_alone():
    patients, labels, splits = make_official()
    dealt = deal_validation(patients, labels, splits, CLASSES)
    for before, after in zip(splits, dealt, strict=True):
        assert after == "test" if before == "test" else after in ("train", "val")
    assert {len(found) for found in split_of_patients(patients, dealt).values()} == {1}


def test_validation_gets_its_share_of_the_two():
    patients, labels, splits = make_official(400)
    dealt = deal_validation(patients, labels, splits, CLASSES, Dealing(0, (0.6, 0.2, 0.2)))
    of_training = [after for before, after in zip(splits, dealt, strict=True) if before == "train"]
    assert of_training.count("val") / len(of_training) == pytest.approx(0.25, abs=0.01)


def test_who_goes_to_validation_does_not_depend_on_the_test_set():
    patients, labels, splits = make_official()
    dealt = split_of_patients(patients, deal_validation(patients, labels, splits, CLASSES))
    kept = [place for place, split in enumerate(splits) if split == "train"]
    alone = [patients[place] for place in kept]
    own = deal_validation(alone, [labels[place] for place in kept], ["train"] * len(kept), CLASSES)
    for patient, found in split_of_patients(alone, own).items():
        assert found == dealt[patient]


@pytest.mark.parametrize(
    ("splits", "shares"),
    [
        (["train", "val", "test"], SHARES),
        (["test", "test", None], SHARES),
        (["train", "train", "test"], (0.8, 0.0, 0.2)),
    ],
)
def test_nothing_is_dealt_where_there_is_a_set_no_source_or_no_wish_for_one(splits, shares):
    labels = ["normal", "benign", "normal"]
    assert deal_validation(["a", "b", "c"], labels, splits, CLASSES, Dealing(0, shares)) == splits
