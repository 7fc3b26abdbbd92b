"""Folds, groups and shares of patients keep their laws for every dealing."""

from itertools import pairwise
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo_core.errors import BadConfiguration, BadDataset
from mammo_core.experiments.folds import choose_rows, deal_folds, plan_folds, plan_groups
from mammo_core.experiments.part import check_parts
from mammo_core.experiments.shares import parse_learning_shares, plan_shares, take_share
from mammo_core.training.configuration import TrainingConfiguration

CLASSES = ("normal", "benign", "malignant")
WHOLE = TrainingConfiguration(recipe="whole_image")


def make_index(labels_of_patients, *, splits=None, sources=None, scanners=None):
    """An image a label, with the columns that a protocol reads."""
    rows = [
        {
            "image_id": f"p{patient}i{image}",
            "patient_id": f"p{patient}",
            "label": label,
            "split": splits[patient] if splits else "train",
            "source": sources[patient] if sources else "one",
            "manufacturer": scanners[patient][image] if scanners else "Aster",
            "mask_path": None,
        }
        for patient, labels in enumerate(labels_of_patients)
        for image, label in enumerate(labels)
    ]
    return pd.DataFrame(rows)


def patients_by_role(part, index):
    return {role: set(part.select(index, role)["patient_id"]) for role in ("train", "val", "test")}


def worst(index):
    grades = index["label"].map(CLASSES.index)
    return grades.groupby(index["patient_id"]).max()


patients = st.lists(
    st.lists(st.sampled_from(CLASSES), min_size=1, max_size=4), min_size=4, max_size=40
)


@settings(max_examples=40, deadline=None)
@given(patients, st.integers(2, 4), st.integers(0, 99))
def test_each_fold_is_within_one_patient_of_its_share_of_every_class(labels, n_folds, seed):
    index = make_index(labels)
    fold_of = deal_folds(list(index["patient_id"]), list(index["label"]), CLASSES, n_folds, seed)
    grades = worst(index)
    for chosen in (grades, *(grades[grades == grade] for grade in range(len(CLASSES)))):
        sizes = [sum(fold_of[patient] == n for patient in chosen.index) for n in range(n_folds)]
        assert max(sizes) - min(sizes) <= 1
        assert sum(sizes) == len(chosen)


@settings(max_examples=20, deadline=None)
@given(patients, st.integers(2, 4), st.integers(0, 99))
def test_no_patient_has_two_roles_and_every_image_is_tested_once(labels, n_folds, seed):
    index = make_index(labels)
    folds = plan_folds(index, CLASSES, n_folds, seed)
    tested = [image for part in folds.parts for image in part.select(index, "test")["image_id"]]
    assert sorted(tested) == sorted(index["image_id"])
    for part in folds.parts:
        train, val, test = patients_by_role(part, index).values()
        assert len(train) + len(val) + len(test) == len(train | val | test)
        assert train | val | test == set(index["patient_id"])


@settings(max_examples=40, deadline=None)
@given(patients, st.randoms(use_true_random=False), st.integers(0, 99))
def test_neither_row_order_nor_other_rows_order_moves_a_patient(labels, random, seed):
    index = make_index(labels)
    rows = list(zip(index["patient_id"], index["label"], strict=True))
    mixed = random.sample(rows, len(rows))

    def deal(pairs):
        return deal_folds(*map(list, zip(*pairs, strict=True)), CLASSES, 3, seed)

    assert deal(rows) == deal(mixed)


def test_another_seed_deals_anew():
    index = make_index([["normal"]] * 20)
    ids, labels = list(index["patient_id"]), list(index["label"])
    assert deal_folds(ids, labels, CLASSES, 4, 0) != deal_folds(ids, labels, CLASSES, 4, 1)


def test_every_fold_has_validation_patients_of_its_own():
    index = make_index([["normal"]] * 12 + [["benign"]] * 12 + [["malignant"]] * 12)
    parts = plan_folds(index, CLASSES, 3, 0).parts
    for part in parts:
        assert set(part.select(index, "val")["label"]) == set(CLASSES)
    assert len({frozenset(patients_by_role(part, index)["val"]) for part in parts}) == 3


@pytest.mark.parametrize("n_folds", [1, 0, 7])
def test_a_number_of_folds_that_patients_cannot_fill_is_refused(n_folds):
    with pytest.raises(BadConfiguration, match=f"from 2 to 6 folds.*got {n_folds}"):
        plan_folds(make_index([["normal"]] * 6), CLASSES, n_folds, 0)


def test_a_class_of_a_single_patient_is_refused_by_the_fold_that_tests_it():
    index = make_index([["normal"], ["benign"]] * 6 + [["malignant"]])
    parts = plan_folds(index, CLASSES, 3, 0).parts
    with pytest.raises(BadDataset, match="no training image labeled malignant"):
        check_parts(parts, index, CLASSES, WHOLE)


def test_a_class_that_validation_would_lack_is_refused_before_any_training():
    index = make_index([["normal"], ["benign"]] * 6 + [["malignant"]] * 2)
    parts = plan_folds(index, CLASSES, 2, 0).parts
    with pytest.raises(BadDataset, match="Fold 1 has no validation image labeled malignant"):
        check_parts(parts, index, CLASSES, WHOLE)


def test_patches_without_a_lesion_mask_are_refused_before_any_training():
    index = make_index([["normal"], ["benign"], ["malignant"]] * 6)
    parts = plan_folds(index, CLASSES, 3, 0).parts
    check_parts(parts, index, CLASSES, WHOLE)
    with pytest.raises(BadConfiguration, match=r"recipe.*lesion mask"):
        check_parts(parts, index, CLASSES, TrainingConfiguration())


def as_dataset(index):
    return SimpleNamespace(index=index, name="made", classes=CLASSES)


class TestChoiceOfRows:
    index = make_index([["normal"], ["benign"], ["malignant"]], splits=["train", "val", "test"])

    def test_the_test_split_stays_untouched_unless_everything_is_asked_for(self):
        left, told = choose_rows(as_dataset(self.index), everything=False)
        assert list(left["patient_id"]) == ["p0", "p1"]
        assert told == ["The 1 patient of the test split are left untouched"]
        whole, told = choose_rows(as_dataset(self.index), everything=True)
        assert len(whole) == 3
        assert "no untouched test set is left" in told[0]

    def test_images_without_label_or_split_are_never_folded(self):
        odd = self.index.assign(label=["normal", None, "malignant"], split=["train", "val", None])
        assert list(choose_rows(as_dataset(odd), everything=True)[0]["patient_id"]) == ["p0"]

    def test_a_dataset_of_test_images_only_says_how_to_fold_them(self):
        with pytest.raises(BadDataset, match="--all"):
            choose_rows(as_dataset(self.index.assign(split="test")), everything=False)


class TestGroups:
    sources = ["east"] * 9 + ["west"] * 9 + ["tiny"] * 2 + [None]
    index = make_index([["normal"], ["benign"], ["malignant"]] * 7, sources=sources)

    def test_leave_one_source_out_tests_that_source_only(self):
        folds = plan_groups(self.index, CLASSES, "source", 0)
        tested = [set(part.select(self.index, "test")["source"]) for part in folds.parts]
        assert tested == [{"east"}, {"west"}]
        for part, source in zip(folds.parts, ("east", "west"), strict=True):
            for role in ("train", "val"):
                assert source not in set(part.select(self.index, role)["source"])

    def test_small_and_unknown_groups_are_told_of_in_a_line_each(self):
        told = plan_groups(self.index, CLASSES, "source", 0).notes
        assert [note for note in told if "tiny (2)" in note]
        assert [note for note in told if note.startswith("1 image without a known source")]

    def test_a_patient_of_two_scanners_never_trains_where_one_of_them_is_tested(self):
        scanners = [("Aster", "Aster")] * 8 + [("Borealis", "Borealis")] * 8
        scanners += [("Aster", "Borealis")] * 4
        index = make_index([["normal", "malignant"]] * 20, scanners=scanners)
        folds = plan_groups(index, ("normal", "malignant"), "manufacturer", 0)
        tested = [image for part in folds.parts for image in part.select(index, "test")["image_id"]]
        assert sorted(tested) == sorted(index["image_id"])
        for part in folds.parts:
            train, val, test = patients_by_role(part, index).values()
            assert not (train | val) & test

    def test_a_source_of_one_class_has_no_auroc_of_its_own_and_says_so(self):
        labels = [["normal"], ["malignant"]] * 6 + [["normal"]] * 6
        index = make_index(labels, sources=["mixed"] * 12 + ["screening"] * 6)
        folds = plan_groups(index, ("normal", "malignant"), "source", 0)
        assert [part.title for part in folds.parts] == ["source screening"]
        assert any("AUROC of such a part is undefined" in note for note in folds.notes)
        assert any("of source mixed have no training image labeled mal" in n for n in folds.notes)

    def test_one_source_alone_is_refused_with_what_there_is(self):
        index = make_index([["normal"], ["malignant"]] * 6)
        with pytest.raises(BadDataset, match=r"one \(12\).*--folds"):
            plan_groups(index, ("normal", "malignant"), "source", 0)

    def test_folder_names_are_safe_and_differ(self):
        sources = ["../a b"] * 9 + ["a/b!"] * 9 + ["\N{GREEK SMALL LETTER ALPHA}"] * 9
        index = make_index([["normal"], ["benign"], ["malignant"]] * 9, sources=sources)
        names = [part.name for part in plan_groups(index, CLASSES, "source", 0).parts]
        assert len(set(names)) == 3
        assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in names)


@settings(max_examples=40, deadline=None)
@given(patients, st.integers(0, 99))
def test_smaller_shares_lie_within_larger_ones_and_hold_every_class(labels, seed):
    index = make_index(labels)
    rows = list(index["patient_id"]), list(index["label"])
    chosen = [take_share(*rows, CLASSES, share, seed) for share in (0.1, 0.25, 0.5, 1.0)]
    assert all(small <= large for small, large in pairwise(chosen))
    assert chosen[-1] == set(index["patient_id"])
    grades = worst(index)
    for share, taken in zip((0.1, 0.25, 0.5, 1.0), chosen, strict=True):
        for _, of_class in grades.groupby(grades):
            n = sum(patient in taken for patient in of_class.index)
            assert n >= 1
            assert abs(n - share * len(of_class)) <= 1


def test_all_shares_watch_the_same_validation_images_and_none_sees_the_test_split():
    splits = (["train"] * 3 + ["val"] + ["test"]) * 12
    index = make_index([["normal"], ["benign"], ["malignant"]] * 20, splits=splits)
    parts = plan_shares(index, CLASSES, (0.5, 1.0), 2, 0)
    val = set(index.loc[index["split"] == "val", "image_id"])
    train = set(index.loc[index["split"] == "train", "image_id"])
    for part in parts:
        assert set(part.select(index, "val")["image_id"]) == val
        assert set(part.select(index, "train")["image_id"]) <= train
        assert part.select(index, "test").empty
    assert len({frozenset(part.select(index, "train")["image_id"]) for part in parts[:2]}) == 2


@pytest.mark.parametrize("text", ["", "1", "0.5,0.5", "0,1", "0.5,2", "a,b", "nan,1"])
def test_shares_that_cannot_be_meant_are_refused(text):
    with pytest.raises(BadConfiguration, match="Expected two or more different shares"):
        parse_learning_shares(text)
