"""Several passes over the same images: what changes, what stays, and the table that is kept."""

import numpy as np
import pandas as pd
import pytest
from linear_classifier import LinearClassifier
from standin_home import DATASET, MODEL, make_home

from mammo_core.datasets import load_dataset
from mammo_core.errors import BadConfiguration, Cancelled
from mammo_core.model_store import find_model
from mammo_core.prediction import open_images
from mammo_core.predictions import read_predictions
from mammo_core.uncertainty import PASS_MEASURES, PASS_METHODS
from mammo_core.uncertainty.augmented_passes import AugmentedPasses
from mammo_core.uncertainty.pass_method import PassSettings
from mammo_core.uncertainty.stored_passes import (
    IMAGES_AT_ONCE,
    find_passes,
    measure_dataset,
    measure_images,
    passes_path,
)


class SumClassifier(LinearClassifier):
    """Linear, and notes what it was shown."""

    def __init__(self, shape, classes=LinearClassifier.classes):
        super().__init__(np.random.default_rng(0).normal(0, 0.05, shape))
        self.classes, self.seen = classes, []

    def predict(self, images):
        self.seen.append(images)
        p = super().predict(images)
        rest = np.full((len(p), len(self.classes) - 2), 0.2, np.float32)
        return np.hstack([rest, p * (1 - rest.sum(axis=1, keepdims=True))])


def draw_pixels(n=3, shape=(24, 16), seed=0):
    return np.random.default_rng(seed).integers(0, 65_536, (n, *shape)).astype(np.uint16)


def ask(classifier, pixels, ids, **settings):
    return np.stack(list(AugmentedPasses(classifier, PassSettings(**settings)).ask(pixels, ids)))


def test_the_first_pass_sees_the_image_as_it_is():
    classifier, pixels = SumClassifier((24, 16, 1)), draw_pixels()
    first = ask(classifier, pixels, "abc", passes=3)[0]
    images = (pixels / 65_535).astype(np.float32)[..., None]
    assert first == pytest.approx(classifier.predict(images), abs=1e-6)


def test_an_image_is_told_the_same_whatever_stands_beside_it():
    classifier, pixels = SumClassifier((24, 16, 1)), draw_pixels()
    together = ask(classifier, pixels, "abc", passes=5, seed=2)
    alone = ask(classifier, pixels[[2]], "c", passes=5, seed=2)
    assert together[:, 2] == pytest.approx(alone[:, 0], abs=1e-6)


def test_a_seed_decides_the_changes():
    classifier, pixels = SumClassifier((24, 16, 1)), draw_pixels()
    once = ask(classifier, pixels, "abc", passes=5, seed=1)
    assert (ask(classifier, pixels, "abc", passes=5, seed=1) == once).all()
    other = ask(classifier, pixels, "abc", passes=5, seed=2)
    assert (other[1:] != once[1:]).any()
    assert len(np.unique(once[:, 0, 0])) == 5


def test_views_side_by_side_are_changed_each_in_its_own_half():
    classifier, pixels = SumClassifier((24, 32, 1)), draw_pixels(shape=(24, 32))
    pixels[:, :, :16] = 0  # no image of that view
    ask(classifier, pixels, "abc", passes=6, n_views=2)
    assert all(not images[:, :, :16].any() for images in classifier.seen)
    assert all(images[:, :, 16:].any() for images in classifier.seen)


def test_channels_are_repeated_as_the_model_takes_them():
    classifier = SumClassifier((24, 16, 3))
    ask(classifier, draw_pixels(), "abc", passes=2)
    for images in classifier.seen:
        assert (images == images[..., :1]).all()


class Cache:
    """Pixels under ids that are their numbers."""

    pixels = draw_pixels(n=70)

    def positions(self, image_ids):
        return np.array([int(image_id) for image_id in image_ids])


def test_measures_are_those_of_all_passes_at_once():
    classifier, ids = SumClassifier((24, 16, 1)), [str(k) for k in range(70)]
    settings = PassSettings(passes=4)
    asking = AugmentedPasses(classifier, settings).ask
    means, measured = measure_images(asking, Cache(), ids, passes=4)
    every = np.stack(list(asking(Cache.pixels, ids))).astype(float)
    assert means == pytest.approx(every.mean(axis=0), abs=1e-6)
    for name, measure in PASS_MEASURES.items():
        assert measured[name] == pytest.approx(measure.compute(every), abs=1e-6)
    assert max(len(images) for images in classifier.seen[:-4]) == IMAGES_AT_ONCE


def test_a_wish_to_stop_is_obeyed_between_passes():
    classifier = SumClassifier((24, 16, 1))

    def stop(done, total, doing):
        if done >= 64:
            raise Cancelled("Stopped by the user")

    asking = AugmentedPasses(classifier, PassSettings(passes=9)).ask
    with pytest.raises(Cancelled):
        measure_images(asking, Cache(), [str(k) for k in range(70)], passes=9, progress=stop)
    assert len(classifier.seen) == 3


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(model, dataset) of a home whose model is linear; each test writes its table anew."""
    home = tmp_path_factory.mktemp("home")
    make_home(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAMMO_HOME", str(home))
        model = find_model(MODEL)
        classifier = SumClassifier(model.input_shape, model.classes)
        patch.setattr(
            "mammo_core.uncertainty.stored_passes._start",
            lambda stored, method, settings: AugmentedPasses(classifier, settings).ask,
        )
        yield model, load_dataset(home / ".mammo" / "datasets" / DATASET)


def test_the_table_is_one_of_predictions_and_says_what_it_was_made_of(made):
    model, dataset = made
    path = measure_dataset(model, dataset, "tta", passes=3, seed=4)
    assert path == passes_path(model, DATASET, "tta")
    table = read_predictions(path)
    assert table.classes == model.classes
    admitted, _ = open_images(model, dataset)
    assert set(table.frame["image_id"]) == set(admitted.index["image_id"])
    assert set(PASS_MEASURES) <= set(pd.read_parquet(path))
    facts = find_passes(model, DATASET, dataset.version)["tta"]
    assert (facts.passes, facts.seed, facts.split) == (3, 4, "all")


def test_a_table_of_another_model_or_dataset_is_not_found(made):
    model, dataset = made
    measure_dataset(model, dataset, "tta", passes=2)
    assert find_passes(model, DATASET, "another") == {}
    assert find_passes(model, "elsewhere", dataset.version) == {}


def test_a_stop_leaves_the_earlier_table(made):
    model, dataset = made
    path = measure_dataset(model, dataset, "tta", passes=2)
    before = path.read_bytes()

    def stop(done, total, doing):
        if doing.startswith("Asking"):
            raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        measure_dataset(model, dataset, "tta", passes=5, progress=stop)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("method", "passes", "words"),
    [("guess", 5, "tta, mc_dropout"), ("tta", 1, "2 to 500"), ("tta", 501, "2 to 500")],
)
def test_what_cannot_be_asked_is_refused_before_the_work(made, method, passes, words):
    with pytest.raises(BadConfiguration, match=words):
        measure_dataset(*made, method, passes=passes)


@pytest.mark.parametrize("name", PASS_METHODS)
def test_every_method_says_what_it_does_and_where_it_is_from(name):
    method = PASS_METHODS[name]
    assert method.title
    assert method.does.endswith(".")
    assert "doi:" in method.reference or "arXiv:" in method.reference
