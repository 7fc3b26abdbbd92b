import json

import numpy as np
import pytest
import standin_home

from mammo_core.background import (
    FILE,
    background_version,
    describe_background,
    draw_background,
    read_background,
)
from mammo_core.cli import main
from mammo_core.datasets import load_dataset
from mammo_core.errors import BadDataset, BadModel
from mammo_core.explanations import tell_background
from mammo_core.model_store import find_model
from mammo_core.prediction import open_images
from mammo_core.types import Verdict


@pytest.fixture
def stored(home, monkeypatch):
    monkeypatch.setattr("mammo_core.filling.judge", lambda *_, **__: Verdict("accept", ()))
    standin_home.write_card(home / "models" / "demo")
    standin_home.write_dataset(home / ".mammo" / "datasets" / "exams", n_patients=6, seed=0)
    return find_model("demo")


@pytest.fixture
def dataset(stored):
    return load_dataset("exams")


def test_a_model_without_a_background_has_none(stored):
    assert read_background(stored) is None


def test_what_was_drawn_is_read_as_the_model_takes_it(stored, dataset):
    drawn = draw_background(stored, dataset, count=5, split="test")
    _, cache = open_images(stored, dataset)
    kept = read_background(stored)
    assert kept.shape == (5, *stored.input_shape)
    np.testing.assert_allclose(kept, cache.images(drawn), atol=1e-3)


def test_only_images_of_the_split_and_label_are_drawn(stored, dataset):
    drawn = draw_background(stored, dataset, count=200, split="test", label="benign")
    index = dataset.index.set_index("image_id")
    wanted = index[(index["split"] == "test") & (index["label"] == "benign")].index
    assert drawn == sorted(wanted)


def test_a_seed_draws_the_same_images_and_another_one_others(stored, dataset):
    first, again, other = (
        draw_background(stored, dataset, count=6, split="test", seed=s) for s in (0, 0, 1)
    )
    assert first == again != other


def test_a_class_without_images_is_refused(stored, dataset):
    with pytest.raises(BadDataset, match="no images of cancer in split 'test'"):
        draw_background(stored, dataset, split="test", label="cancer")


def test_a_damaged_background_says_how_to_mend_it(stored):
    (stored.path / FILE).write_bytes(b"not a zip")
    with pytest.raises(BadModel, match="draw it again by `background`, or delete it"):
        read_background(stored)


def test_a_background_of_another_size_is_refused(stored):
    np.savez(stored.path / FILE, images=np.zeros((2, 4, 4, 1), np.float16))
    with pytest.raises(BadModel, match=r"should hold images of .*got \(2, 4, 4, 1\)"):
        read_background(stored)


def test_what_is_kept_is_told_and_known_by_another_version(stored, dataset):
    assert background_version(stored) == 0
    assert describe_background(stored).startswith("No images are kept as references")
    draw_background(stored, dataset, count=5, split="test", label="normal")
    assert describe_background(stored) == "5 images of exams (test, normal) kept as references."
    assert background_version(stored) > 0


def test_kept_maps_are_known_by_the_background_they_were_compared_with(stored):
    class Classifier:
        background = None

    keys = []
    for value in (0.1, 0.1, 0.2):
        Classifier.background = np.full((1, 2, 2, 1), value, np.float32)
        keys.append(tell_background(Classifier()))
    assert keys[0] == keys[1] != keys[2]
    Classifier.background = None
    assert tell_background(Classifier()) == {}


@pytest.mark.parametrize("count", ["0", "201"])
def test_the_verb_refuses_too_few_and_too_many(stored, dataset, capsys, count):
    with pytest.raises(SystemExit, match="2"):
        main(["background", "demo", "exams", "--count", count])
    assert "count must be from 1 to 200" in capsys.readouterr().err


def test_the_verb_tells_what_it_kept(stored, dataset, capsys):
    words = ["background", "demo", "exams", "--split", "test", "--count", "3", "--json"]
    with pytest.raises(SystemExit, match="0"):
        main(words)
    answer = json.loads(capsys.readouterr().out)
    assert answer["images"] == len(answer["image_ids"]) == len(read_background(stored)) == 3
