"""The preview shows a training's own augmentation of real images, from cache or file."""

import json
import sys

import numpy as np
import pytest

from mammo_core import cli
from mammo_core.augmentation_preview import draw_sheet, preview_augmentation
from mammo_core.datasets import load_dataset
from mammo_core.errors import BadConfiguration
from mammo_core.pixels import open_pixels
from mammo_core.preparation import prepare_dataset
from mammo_core.preprocess import Preprocess

SMALL = Preprocess(size=(64, 48))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A home with a dataset of four made patients, not prepared."""
    folder = tmp_path_factory.mktemp("preview")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAMMO_HOME", str(folder / "home"))
        for words in (
            ["sample", folder / "raw", "--patients", 4, "--seed", 5, "--size", "160x128"],
            ["index", folder / "raw", "--out", folder / "data"],
        ):
            with pytest.raises(SystemExit) as end:
                cli.main([*map(str, words), "--json"])
            assert end.value.code == 0
        yield folder


def test_the_first_picture_is_the_image_itself(folder):
    seen = preview_augmentation(load_dataset(folder / "data"), SMALL, "none", count=3)
    assert seen.pictures.shape == (3, 5, 64, 48)
    assert (seen.pictures == seen.pictures[:, :1]).all()


def test_draws_differ_and_one_seed_gives_one_preview(folder):
    data = load_dataset(folder / "data")
    one, again, other = (
        preview_augmentation(data, SMALL, "standard", count=2, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.pictures, again.pictures)
    assert len({picture.tobytes() for picture in one.pictures[0]}) == 5
    assert not np.array_equal(one.pictures, other.pictures)


def test_every_class_is_shown_before_one_is_shown_again(folder):
    data = load_dataset(folder / "data")
    present = set(data.index.loc[data.index["split"] == "train", "label"])
    seen = preview_augmentation(data, SMALL, "none", count=len(present))
    assert set(seen.labels) == present


def test_a_prepared_dataset_shows_the_same_as_its_files(folder):
    data, size = load_dataset(folder / "data"), Preprocess(size=(96, 64))
    assert open_pixels(data, size) is None
    before = preview_augmentation(data, size, "light", count=2)
    prepare_dataset(data, size)
    assert open_pixels(data, size) is not None
    after = preview_augmentation(load_dataset(folder / "data"), size, "light", count=2)
    assert before.image_ids == after.image_ids
    assert np.abs(before.pictures.astype(int) - after.pictures).max() <= 1


def test_a_sheet_shows_what_is_synthetic_and_every_picture(folder):
    seen = preview_augmentation(load_dataset(folder / "data"), SMALL, "flip:1", count=2)
    assert "(synthetic): flip:1" in seen.title
    sheet = draw_sheet(seen)
    assert sheet.shape[0] > 2 * 320
    assert sheet.shape[1] > 5 * 240


def test_the_verb_writes_the_sheet_without_tensorflow(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    out = tmp_path / "sheet.png"
    words = ["preview", folder / "data", "--augmentation", "flip,mixup:0.4", "--size", "64x48"]
    with pytest.raises(SystemExit) as end:
        cli.main([*map(str, words), "--out", str(out), "--count", "2", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert end.value.code == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    assert answer["augmentation"] == {"flip": 0.5, "mixup": 0.4}
    assert len(answer["image_ids"]) == 2


def test_an_unknown_step_is_told_before_an_image_is_read(folder):
    with pytest.raises(BadConfiguration, match=r"augmentation.*'mirror'"):
        preview_augmentation(load_dataset(folder / "data"), SMALL, "mirror")
