"""Copies are found through what is commonly done to images; other exposures are not copies."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mammo_core.breast import find_breast
from mammo_core.datasets import Dataset, looks
from mammo_core.datasets import image_facts as facts_module
from mammo_core.datasets.image_facts import FACT, ImageFacts, look_at_images
from mammo_core.datasets.looks import assess_markers
from mammo_core.datasets.near_duplicates import (
    MIN_CORRELATION,
    RADIUS,
    correlate,
    find_near_duplicates,
)
from mammo_core.datasets.quality import assess_quality, read_quality
from mammo_core.datasets.rows import build_frame
from mammo_core.dicom import read_mammogram
from mammo_core.errors import Cancelled
from mammo_core.perceptual_hash import describe_look

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data" / "dicom"
FILES = [
    SAMPLE / patient / f"{patient}_{view}.dcm"
    for patient in ("S00001", "S00003", "S00008")
    for view in ("LCC", "LMLO", "RCC", "RMLO")
]


@pytest.fixture(scope="module")
def images():
    """Twelve different exposures of three patients."""
    return [read_mammogram(file).pixels for file in FILES]


def look(pixels):
    return describe_look(find_breast(np.ascontiguousarray(pixels, dtype=np.float32)))


def find(looks):
    """{(first, second)} of the near-duplicates."""
    codes = np.array([one.codes for one in looks])
    thumbnails = np.array([one.thumbnails for one in looks])
    found = find_near_duplicates(codes, lambda rows: thumbnails[rows])
    return {(near.first, near.second) for near in found}


def compress(image, quality):
    _, stream = cv2.imencode(".jpg", np.uint8(image * 255), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(stream, cv2.IMREAD_GRAYSCALE) / np.float32(255)


def crop(image, share):
    rows, columns = (round(share * side) for side in image.shape)
    return image[rows:-rows, columns:-columns]


CHANGES = {
    "nothing": lambda image: image,
    "half the size": lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=3),
    "larger": lambda image: cv2.resize(image, None, fx=1.4, fy=1.4),
    "another aspect": lambda image: cv2.resize(image, None, fx=0.9, fy=1.0, interpolation=3),
    "darker": lambda image: image * 0.6,
    "gamma": lambda image: image**0.8,
    "mirrored": lambda image: image[:, ::-1],
    "JPEG of quality 20": lambda image: compress(image, 20),
    "cropped by 1 %": lambda image: crop(image, 0.01),
    "noise": lambda image: image + np.random.default_rng(0).normal(0, 0.02, image.shape),
    "all of it": lambda image: compress(
        cv2.resize(crop(image[:, ::-1] ** 0.9, 0.01), None, fx=0.6, fy=0.6, interpolation=3), 50
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_and_nothing_else(images, change):
    originals = [look(image) for image in images]
    copies = [look(np.clip(CHANGES[change](image), 0, 1)) for image in images[:4]]
    pairs = find(originals + copies)
    assert pairs == {(k, len(images) + k) for k in range(4)}


def test_an_image_correlates_with_itself_perfectly_and_with_its_negative_too_little(images):
    thumbnails = look(images[0]).thumbnails[np.newaxis]
    assert correlate(thumbnails, thumbnails)[0] == pytest.approx(1, abs=1e-5)
    assert correlate(thumbnails, -thumbnails)[0] < MIN_CORRELATION


def test_blank_images_have_nothing_in_common():
    blank = look(np.zeros((64, 64), np.float32))
    assert not blank.thumbnails.any()
    assert find([blank, blank]) == set()


def test_a_look_is_the_same_each_time_and_takes_two_kilobytes(images):
    first, second = look(images[0]), look(images[0])
    assert np.array_equal(first.codes, second.codes)
    assert first.codes.nbytes + first.thumbnails.nbytes == 2080


@pytest.mark.real
def test_no_two_films_of_mini_mias_are_near_duplicates(real_data):
    films = sorted((real_data / "mini_mias").glob("*.jpg"))[:40]
    assert find([look(read_mammogram(film).pixels) for film in films]) == set()


def write(folder, name, image):
    Image.fromarray(np.uint8(np.clip(image, 0, 1) * 255)).save(folder / f"{name}.png")


@pytest.fixture
def dataset(tmp_path, images, home):
    """Three exposures, a changed copy of the first and two equal files of the second."""
    shown = {"a": images[0], "b": images[4], "c": images[8], "a2": images[0] * 0.7, "b2": images[4]}
    for name, image in shown.items():
        write(tmp_path, name, image)
    index = build_frame(
        {
            "image_id": list(shown),
            "patient_id": ["p", "q", "r", "p2", "q"],
            "split": ["train", "train", "val", "test", "train"],
            "label": ["normal", "malignant"] * 2 + ["malignant"],
            "path": [f"{name}.png" for name in shown],
            "rows": [640] * 5,
            "columns": [512] * 5,
            "digest": ["1", "2", "3", "4", "2"],
        }
    )
    card = {"name": "made", "classes": ["normal", "malignant"], "fingerprint": "abc"}
    return Dataset(tmp_path, index, card)


def test_the_report_names_the_pair_its_patients_and_splits(dataset):
    report = assess_quality(dataset)
    (pair,) = report["near_duplicates"]
    assert (pair["image_a"], pair["image_b"]) == ("a", "a2")
    assert 0 <= pair["distance"] <= RADIUS
    assert pair["correlation"] >= MIN_CORRELATION
    assert (pair["same_patient"], pair["across_splits"]) == (False, True)
    assert report["near_duplicates_found"] == 1
    assert any("near-duplicate images lie in two splits" in text for text in report["warnings"])


def test_equal_files_are_copies_and_no_near_duplicates(dataset):
    report = assess_quality(dataset)
    assert report["copies"] == [["b", "b2"]]
    assert all("b" not in pair["image_a"] for pair in report["near_duplicates"])


def test_a_report_without_pixels_does_not_replace_one_with_them(dataset):
    full = assess_quality(dataset)
    assert assess_quality(dataset, pixels=False)["markers"] is None
    assert read_quality(dataset) == full


def test_images_seen_once_are_not_read_again(dataset, monkeypatch):
    first = look_at_images(dataset)
    monkeypatch.setattr(facts_module, "read_mammogram", None)
    second = look_at_images(dataset)
    assert first.seen.all()
    for name in ("codes", "thumbnails", "n_markers"):
        assert np.array_equal(first.take(name), second.take(name))


def test_a_changed_file_is_looked_at_anew(dataset, images):
    before = look_at_images(dataset).take("codes")
    write(dataset.path, "c", images[2])
    index = dataset.index.assign(digest=["1", "2", "changed", "4", "2"])
    after = look_at_images(Dataset(dataset.path, index, dataset.card)).take("codes")
    assert [np.array_equal(a, b) for a, b in zip(before, after, strict=True)] == [
        *(True, True, False, True, True)
    ]


def test_what_an_interrupted_run_saw_serves_the_next(dataset, monkeypatch):
    monkeypatch.setattr(facts_module, "CHUNK", 2)

    def stop(done, total, doing):
        if done:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        look_at_images(dataset, progress=stop)
    done = []
    look_at_images(dataset, progress=lambda n, total, doing: done.append(n))
    assert done[0] == 2
    assert done[-1] == 5


def test_a_torn_record_is_made_again(dataset, home):
    look_at_images(dataset)
    (segment,) = home.rglob("*.bin")
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-10])
    assert look_at_images(dataset).seen.all()


def test_an_unreadable_image_is_counted_and_tried_again(dataset, images):
    (dataset.path / "c.png").write_bytes(b"no picture")
    report = assess_quality(dataset)
    assert report["markers"]["of"] == 4
    assert any(text.startswith("1 images could not be read") for text in report["warnings"])
    write(dataset.path, "c", images[8])
    assert look_at_images(dataset).seen.all()


def test_without_any_readable_image_the_report_still_stands(dataset, home):
    for file in dataset.path.glob("*.png"):
        file.write_bytes(b"no picture")
    report = assess_quality(dataset)
    assert (report["near_duplicates"], report["markers"]["of"]) == ([], 0)
    assert report["markers"]["auroc"]["value"] is None
    assert not list(home.rglob("*.bin"))


def test_markers_that_go_with_the_label_are_warned_of():
    n = 40
    records = np.zeros(n, FACT)
    records["n_markers"][: n // 2] = 1
    facts = ImageFacts(np.arange(n), [records[:15], records[15:]])
    index = build_frame(
        {
            "image_id": [f"i{k}" for k in range(n)],
            "patient_id": [f"p{k}" for k in range(n)],
            "label": ["malignant"] * (n // 2) + ["normal"] * (n // 2),
            "rows": [1] * n,
            "columns": [1] * n,
        }
    )
    told, model = assess_markers(index, facts, ("normal", "malignant"))
    assert (told["n"], told["of"], told["classes"]) == (20, 40, {"normal": 0, "malignant": 20})
    assert told["auroc"]["value"] == 1
    assert model.warning.startswith("The burned-in marker alone predicts malignant")


def test_only_the_gravest_pairs_are_kept_and_all_are_counted(dataset, images, monkeypatch):
    monkeypatch.setattr(looks, "MAX_PAIRS", 1)
    write(dataset.path, "c", images[0] * 0.8)
    report = assess_quality(dataset)
    assert report["near_duplicates_found"] == 3
    (pair,) = report["near_duplicates"]
    assert pair["across_splits"]


def facts_of(images):
    """The facts of images that need no file, and an index of them in one split."""
    records = np.zeros(len(images), FACT)
    for record, pixels in zip(records, images, strict=True):
        seen = look(pixels)
        record["codes"], record["thumbnails"] = seen.codes, seen.thumbnails
    names = [f"i{k:03}" for k in range(len(images))]
    index = build_frame(
        {
            "image_id": names,
            "patient_id": names,
            "split": ["train"] * len(images),
            "rows": [1] * len(images),
            "columns": [1] * len(images),
        }
    )
    return ImageFacts(np.arange(len(images)), [records]), index


def test_few_images_of_one_look_are_paired_with_all_that_look_alike(images):
    facts, index = facts_of([images[0], images[0] * 0.9, images[0], images[1]])
    pairs = looks.find_likeness(index, facts, []).pairs
    assert {(pair.image_a, pair.image_b) for pair in pairs} == {
        ("i000", "i001"),
        ("i000", "i002"),
        ("i001", "i002"),
    }


def test_pairs_of_equal_looks_grow_no_further_and_what_is_left_out_is_told(images):
    facts, index = facts_of([images[0]])
    n, most = 3 * looks.MOST_ALIKE, looks.MOST_ALIKE
    many = ImageFacts(np.zeros(n, np.intp), facts.segments)
    index = index.loc[np.zeros(n, int)].assign(image_id=[f"i{k:03}" for k in range(n)])
    index = index.reset_index(drop=True)
    index.loc[n - 1, "split"] = "test"
    likeness = looks.find_likeness(index, many, [])
    assert likeness.found == most * (most - 1) // 2
    assert likeness.left_out == n - most
    assert likeness.across_splits == most - 1  # the only image of its split is among the chosen


def test_copies_crowd_no_other_file_out(images):
    facts, index = facts_of([images[0]])
    n = 3 * looks.MOST_ALIKE
    many = ImageFacts(np.zeros(n, np.intp), facts.segments)
    index = index.loc[np.zeros(n, int)].assign(image_id=[f"i{k:03}" for k in range(n)])
    index = index.reset_index(drop=True)
    likeness = looks.find_likeness(index, many, [list(index["image_id"][:-1])])
    assert likeness.found == looks.MOST_ALIKE - 1
    assert {pair.image_b for pair in likeness.pairs} == {f"i{n - 1:03}"}


def test_a_search_that_ended_early_is_told(dataset, images, monkeypatch):
    monkeypatch.setattr(looks, "MAX_FOUND", 1)
    assert any("there may be more" in text for text in assess_quality(dataset)["warnings"])


def test_a_pool_finds_the_same_facts(dataset, monkeypatch):
    alone = look_at_images(dataset).take("thumbnails")
    for segment in (dataset.path / "home").rglob("*.bin"):
        segment.unlink()
    monkeypatch.setattr(facts_module, "SMALL_JOB", 1)
    monkeypatch.setattr(facts_module, "CHUNK", 3)
    assert np.array_equal(look_at_images(dataset, workers=2).take("thumbnails"), alone)
