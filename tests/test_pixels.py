"""The pixel cache: whole or absent, resumable, and honest about what it left out."""

import hashlib
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_films import draw_film
from PIL import Image

from mammo_core import filling
from mammo_core.datasets import index_dataset
from mammo_core.errors import BadDataset, Cancelled, MammoError
from mammo_core.paths import read_json
from mammo_core.pixels import cache_folder, prepare_one, prepare_pixels
from mammo_core.preprocess import Preprocess
from mammo_core.verbs.prepare import prepare

SETTINGS = Preprocess(size=(64, 48))


@dataclass(frozen=True)
class Films:
    """A data set of a few files."""

    folder: Path
    names: tuple[str, ...]
    name: str = "films"
    fingerprint: str = "0123456789ab"

    @property
    def index(self):
        return pd.DataFrame({"image_id": list(self.names)})

    def file_of(self, image_id):
        return self.folder / f"{image_id}.png"


@pytest.fixture
def films(tmp_path, home):
    names = tuple(f"film{i}" for i in range(5))
    for seed, name in enumerate(names):
        draw_film(tmp_path / f"{name}.png", seed)
    return Films(tmp_path, names)


def test_the_cache_holds_what_preparing_one_file_gives(films):
    cache = prepare_pixels(films, SETTINGS)
    assert cache.image_ids == list(films.names)
    for image_id, placement in zip(cache.image_ids, cache.placements, strict=True):
        prepared = prepare_one(films.file_of(image_id), SETTINGS)
        image = cache.images([image_id])
        assert image.shape == (1, 64, 48, 1)
        assert image.dtype == np.float32
        np.testing.assert_allclose(image[0, ..., 0], prepared.image, atol=1 / 65_535)
        assert placement == prepared.placement


def test_images_come_in_the_order_asked(films):
    cache = prepare_pixels(films, SETTINGS)
    assert cache.positions(["film3", "film0"]).tolist() == [3, 0]
    np.testing.assert_array_equal(cache.images(["film3"])[0], cache.images(["film0", "film3"])[1])


def test_a_second_call_reads_what_the_first_wrote(films, monkeypatch):
    first = prepare_pixels(films, SETTINGS)
    monkeypatch.setattr(filling, "prepare_chunk", None)
    np.testing.assert_array_equal(prepare_pixels(films, SETTINGS).pixels, first.pixels)


def test_other_settings_get_their_own_cache(films):
    one, other = prepare_pixels(films, SETTINGS), prepare_pixels(films, Preprocess(size=(32, 32)))
    assert one.folder != other.folder
    assert other.pixels.shape == (5, 32, 32)


def test_what_cannot_be_used_is_listed_with_its_reason(films):
    films.file_of("film1").write_bytes(b"no picture")
    noise = np.random.default_rng(0).integers(0, 256, (256, 200)).astype(np.uint8)
    Image.fromarray(noise).save(films.file_of("film2"))
    films.file_of("film4").unlink()
    cache = prepare_pixels(films, SETTINGS)
    assert set(cache.refused) == {"film1", "film2", "film4"}
    assert "noise" in cache.refused["film2"]
    assert "found none" in cache.refused["film4"]
    expected = prepare_one(films.file_of("film3"), SETTINGS).image
    np.testing.assert_allclose(cache.images(["film3"])[0, ..., 0], expected, atol=1 / 65_535)


def test_what_cannot_be_read_gets_no_row_and_what_the_gate_refuses_keeps_its_own(films):
    films.file_of("film1").write_bytes(b"no picture")
    noise = np.random.default_rng(0).integers(0, 256, (256, 200)).astype(np.uint8)
    Image.fromarray(noise).save(films.file_of("film2"))
    cache = prepare_pixels(films, SETTINGS)
    assert cache.image_ids == ["film0", "film2", "film3", "film4"]
    assert len(cache.pixels) == len(cache.placements) == len(cache.hashes) == 4
    with pytest.raises(BadDataset, match=r"film1.*another kind"):
        cache.images(["film1"])


def test_an_unknown_image_is_named(films):
    with pytest.raises(BadDataset, match="'film9': it is not in the data set"):
        prepare_pixels(films, SETTINGS).positions(["film9"])


def test_an_interrupted_fill_goes_on_where_it_stopped(films, monkeypatch):
    monkeypatch.setattr(filling, "CHUNK", 1)

    def stop_at_three(done, total, doing):
        if done == 3:
            raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        prepare_pixels(films, SETTINGS, progress=stop_at_three)
    assert not cache_folder(films.fingerprint, SETTINGS).exists()
    prepared, hands = [], []

    def run(work, chunks, workers, start):
        hands.append(workers)
        for chunk in chunks:
            prepared.append(chunk.start)
            yield chunk, work(chunk)

    monkeypatch.setattr(filling, "run_chunks", run)
    cache = prepare_pixels(films, SETTINGS)
    assert prepared == [3, 4]
    assert hands == [2], "what ended before its time may have been killed by a file"
    for image_id in films.names:
        expected = prepare_one(films.file_of(image_id), SETTINGS).image
        np.testing.assert_allclose(cache.images([image_id])[0, ..., 0], expected, atol=1 / 65_535)


def test_a_changed_file_is_prepared_anew(films):
    before = prepare_pixels(films, SETTINGS).images(["film2"])
    draw_film(films.file_of("film2"), 99)
    after = prepare_pixels(films, SETTINGS).images(["film2"])
    assert not np.array_equal(before, after)


def test_a_full_disk_is_one_message_and_the_earlier_cache_stays(films, monkeypatch):
    folder = prepare_pixels(films, SETTINGS).folder
    kept = (folder / "pixels.npy").read_bytes()
    draw_film(films.file_of("film2"), 99)

    def no_space(chunk):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(filling, "prepare_chunk", no_space)
    with pytest.raises(MammoError, match="No space left on device"):
        prepare_pixels(films, SETTINGS)
    assert (folder / "pixels.npy").read_bytes() == kept


def test_a_file_whose_worker_died_is_refused_and_the_rest_is_prepared(films, monkeypatch):
    monkeypatch.setattr(filling, "CHUNK", 1)

    def run(work, chunks, workers, start):
        return ((chunk, None if chunk.start == 2 else work(chunk)) for chunk in chunks)

    monkeypatch.setattr(filling, "run_chunks", run)
    cache = prepare_pixels(films, SETTINGS)
    assert cache.image_ids == ["film0", "film1", "film3", "film4"]
    assert "process that read them die" in cache.refused["film2"]


def test_the_hashes_are_the_files_sha_256(films):
    cache = prepare_pixels(films, SETTINGS)
    for image_id, digest in cache.hashes.items():
        assert hashlib.sha256(films.file_of(image_id).read_bytes()).hexdigest() == digest


def test_nobody_else_fills_the_same_cache_at_the_same_time(films):
    met = []

    def prepare():
        with pytest.raises(MammoError, match="preparing these images already") as caught:
            prepare_pixels(films, SETTINGS)
        met.append(caught.value)

    def start_second(done, total, doing):
        thread = threading.Thread(target=prepare)
        thread.start()
        thread.join()

    cache = prepare_pixels(films, SETTINGS, progress=start_second, workers=1)
    assert met
    assert cache.image_ids == list(films.index["image_id"])


def test_what_a_dead_process_left_never_blocks(films):
    folder = cache_folder(films.fingerprint, SETTINGS)
    folder.parent.mkdir(parents=True)
    folder.with_name(folder.name + ".filling.pid").write_text("1")  # of an earlier version
    assert prepare_pixels(films, SETTINGS).image_ids


def test_an_earlier_cache_that_is_in_use_is_told(films, monkeypatch):
    earlier = prepare_pixels(films, SETTINGS)
    os.utime(films.file_of("film0"), (1, 1))
    replace = os.replace

    def refuse(source, target):
        if earlier.folder in (Path(source), Path(target)):
            raise PermissionError(13, "in use")
        replace(source, target)

    monkeypatch.setattr("mammo_core.pixels.os.replace", refuse)
    with pytest.raises(MammoError, match="uses the earlier ones"):
        prepare_pixels(films, SETTINGS)
    assert read_json(earlier.folder / "cache.json")["image_ids"] == earlier.image_ids


def test_a_data_set_without_usable_images_is_refused(films):
    with pytest.raises(BadDataset, match="found none"):
        prepare_pixels(Films(films.folder, ()), SETTINGS)


def test_a_cache_without_pixels_still_tells_why(films):
    cache = prepare_pixels(Films(films.folder, ("absent",)), SETTINGS)
    assert cache.image_ids == []
    assert set(cache.refused) == {"absent"}
    with pytest.raises(BadDataset, match="'absent'"):
        cache.images(["absent"])


def test_progress_counts_every_image_once(films):
    told = []
    prepare_pixels(films, SETTINGS, progress=lambda done, total, doing: told.append((done, total)))
    assert told[0] == (0, 5)
    assert told[-1] == (5, 5)


def test_workers_give_the_same_pixels_as_one_process(films, monkeypatch):
    monkeypatch.setattr(filling, "SMALL_JOB", 2)
    monkeypatch.setattr(filling, "CHUNK", 2)
    together = prepare_pixels(films, SETTINGS, workers=2)
    alone = [prepare_one(films.file_of(name), SETTINGS).image for name in films.names]
    np.testing.assert_allclose(together.pixels / 65_535, alone, atol=1 / 65_535)


def test_a_torn_line_of_reasons_is_left_out(tmp_path):
    (tmp_path / "reasons.jsonl").write_text(json.dumps([0, "blank"]) + '\n[1, "bla')
    assert filling.read_reasons(tmp_path) == {0: "blank"}


def test_the_cache_is_memory_mapped(films):
    assert isinstance(prepare_pixels(films, SETTINGS).pixels, np.memmap)


def test_the_verb_prepares_an_indexed_folder(tmp_path, home):
    for label in ("normal", "malignant"):
        (tmp_path / "films" / label).mkdir(parents=True)
        for seed in range(3):
            draw_film(tmp_path / "films" / label / f"{label}{seed}.png", seed)
    index_dataset(tmp_path / "films", tmp_path / "dataset")
    answer = prepare(str(tmp_path / "dataset"), size="64x48")
    assert answer["images"] == 6
    assert answer["bytes"] == (Path(answer["folder"]) / "pixels.npy").stat().st_size
    assert answer["bytes"] >= 6 * 64 * 48 * 2
    assert answer["images_per_second"] > 0
    assert answer["refused"] == {}
