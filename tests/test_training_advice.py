"""The settings that a dataset suggests: rules that hold whatever the dataset."""

from pathlib import Path

import pandas as pd
import pytest

from mammo_core.architectures import ARCHITECTURES
from mammo_core.config import read_settings, to_text
from mammo_core.datasets import Dataset
from mammo_core.errors import BadConfiguration
from mammo_core.training.advice import check_fit, gather_facts, suggest_settings
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.verbs.suggest import suggest

CLASSES = ("normal", "benign", "malignant")


def make_dataset(train, val=(50, 20, 20), *, outlined=0, rows=2000, lesion="mass", classes=CLASSES):
    """A dataset of so many images of each class, with so many of the lesions outlined."""
    labels = [
        (split, label)
        for split, counts in (("train", train), ("val", val))
        for label, n in zip(classes, counts, strict=True)
        for _ in range(n)
    ]
    index = pd.DataFrame(labels, columns=["split", "label"], dtype=object)
    sick = (index["split"] == "train") & (index["label"] != "normal")
    index["mask_path"] = pd.Series("mask.png", index.index, dtype=object).where(
        sick & (sick.cumsum() <= outlined)
    )
    index["rows"] = rows
    index["lesion"] = pd.Series(lesion, index.index, dtype=object).where(sick)
    card = {"name": "made", "classes": classes, "fingerprint": "0" * 12}
    return Dataset(Path("made"), index, card)


DATASETS = {
    "as the demo's": make_dataset((540, 90, 90), outlined=180),
    "without masks": make_dataset((540, 90, 90)),
    "a handful": make_dataset((6, 2, 1), outlined=3, rows=160),
    "tiny pictures": make_dataset((60, 30, 30), rows=40),
    "screening": make_dataset((60_000, 400, 300)),
    "two classes": make_dataset((40, 40), (9, 9), classes=("benign", "malignant")),
    "no training images": make_dataset((0, 0, 0), (0, 0, 0)),
    "no labels": make_dataset((), (), classes=()),
}


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)
def test_what_is_suggested_is_a_whole_configuration_and_every_reason_belongs_to_a_value(dataset):
    suggestion = suggest_settings(dataset)
    texts = {key: to_text(value) for key, value in suggestion.values.items()}
    assert read_settings(TrainingConfiguration, texts) == TrainingConfiguration(**suggestion.values)
    assert set(suggestion.reasons) <= set(suggestion.values)
    assert all(suggestion.reasons.values())


def test_rare_cancers_turn_class_weights_on_and_their_share_is_told():
    suggestion = suggest_settings(make_dataset((460, 390, 150)))
    assert suggestion.values["imbalance"] == "class_weights"
    assert suggestion.reasons["imbalance"] == "15% malignant: class weights on"


def test_a_class_that_most_batches_would_lack_is_drawn_as_often_as_the_others():
    assert suggest_settings(DATASETS["screening"]).values["imbalance"] == "balanced_sampling"


def test_even_classes_are_left_as_they_are():
    assert suggest_settings(DATASETS["two classes"]).values["imbalance"] == "none"


def test_patches_come_first_only_where_enough_lesions_are_outlined():
    recipes = {
        n: suggest_settings(make_dataset((540, 90, 90), outlined=n)).values["recipe"]
        for n in (0, 3, 19, 20, 180)
    }
    assert recipes == dict.fromkeys((0, 3, 19), "whole_image") | dict.fromkeys(
        (20, 180), "patch_to_image"
    )


def test_without_masks_the_reason_says_so():
    reasons = suggest_settings(DATASETS["without masks"]).reasons
    assert reasons["recipe"] == "No lesion masks: whole images"


def test_the_input_is_never_larger_than_the_images_and_a_patch_never_larger_than_the_input():
    for rows in (32, 160, 200, 319, 4000):
        values = suggest_settings(make_dataset((30, 30, 30), rows=rows, outlined=60)).values
        assert max(values["image_size"]) <= max(rows, 32)
        assert TrainingConfiguration(**values).patch_size <= min(values["image_size"])


def test_few_images_get_the_smallest_network_and_many_a_larger_one_that_needs_no_weights():
    smallest = min(ARCHITECTURES, key=lambda name: ARCHITECTURES[name].parameters)
    small = suggest_settings(DATASETS["as the demo's"])
    assert small.values["architecture"] == smallest
    assert small.reasons["architecture"].startswith("720 images")
    large = suggest_settings(DATASETS["screening"])
    assert (
        ARCHITECTURES[large.values["architecture"]].parameters > ARCHITECTURES[smallest].parameters
    )
    assert ARCHITECTURES[large.values["architecture"]].imagenet is None


def test_the_fewer_the_images_the_more_epochs_of_whole_images():
    epochs = [
        suggest_settings(make_dataset((n, n, n))).values["epochs"] for n in (40, 400, 2000, 9000)
    ]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[0] > epochs[-1]


def test_calcifications_ask_for_more_rows_in_words():
    told = suggest_settings(make_dataset((60, 30, 30), lesion="calcification")).reasons
    assert "640" in told["image_size"]
    assert "640" not in suggest_settings(DATASETS["without masks"]).reasons["image_size"]


@pytest.mark.parametrize(
    ("dataset", "says"),
    [
        (DATASETS["no labels"], "no labels"),
        (make_dataset((30,), (9,), classes=("normal",)), "only the label normal"),
        (DATASETS["no training images"], "No training image is labeled; index"),
        (make_dataset((60, 0, 9)), "No training image is labeled benign"),
        (make_dataset((60, 30, 30), (0, 0, 0)), "No validation image"),
        (make_dataset((60, 30, 30), (9, 9, 0)), "Of 18 validation images 0 are labeled malignant"),
        (make_dataset((60, 30, 30), (0, 0, 9)), "Of 9 validation images 9 are labeled malignant"),
    ],
)
def test_what_makes_a_training_impossible_is_told_instead_of_any_warning(dataset, says):
    suggestion = suggest_settings(dataset)
    assert says in " ".join(suggestion.obstacles)
    assert suggestion.warnings == ()


@pytest.mark.parametrize(
    ("dataset", "says"),
    [
        (make_dataset((60, 30, 4)), "Only 4 malignant among the training images"),
        (make_dataset((60, 30, 30), (9, 9, 2)), "Only 2 malignant among the validation images"),
    ],
)
def test_a_class_with_too_few_images_is_told(dataset, says):
    suggestion = suggest_settings(dataset)
    assert suggestion.obstacles == ()
    assert says in " ".join(suggestion.warnings)


def test_patches_are_refused_where_no_lesion_is_outlined():
    config = TrainingConfiguration(recipe="patch_to_image")
    check_fit(gather_facts(DATASETS["as the demo's"]), config)
    with pytest.raises(BadConfiguration, match="'recipe'"):
        check_fit(gather_facts(DATASETS["without masks"]), config)


def test_a_good_dataset_has_no_warning():
    suggestion = suggest_settings(DATASETS["as the demo's"])
    assert (suggestion.obstacles, suggestion.warnings) == ((), ())


def test_the_verb_gives_texts_that_set_takes(home):
    import standin_home

    folder = home / ".mammo" / "datasets" / "exams"
    index = standin_home.write_dataset(folder, n_patients=3, seed=0)
    index.assign(split="train").to_parquet(folder / "index.parquet")
    answer = suggest(str(folder))
    config = read_settings(TrainingConfiguration, answer["settings"])
    assert config.image_size == (64, 32)
    assert set(answer) == {"settings", "reasons", "obstacles", "warnings"}
