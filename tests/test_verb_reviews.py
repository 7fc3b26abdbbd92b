"""The verb `reviews`."""

import csv
import json
import shutil

import pytest

from mammo_core.cli import main
from mammo_core.errors import BadConfiguration
from mammo_core.paths import REPOSITORY
from mammo_core.verbs.reviews import reviews

SAMPLE = "sample_data"
LEFT, RIGHT = "S00001_LCC", "S00001_RCC"


@pytest.fixture(autouse=True)
def sample(home, monkeypatch):
    """A home with the shipped sample's index and no reviews."""
    monkeypatch.delenv("MAMMO_DATABASE_URL", raising=False)
    (home / SAMPLE).mkdir(parents=True)
    for name in ("dataset.json", "index.parquet"):
        shutil.copy(REPOSITORY / SAMPLE / name, home / SAMPLE)


def test_what_is_said_is_listed_and_counted():
    answer = reviews(SAMPLE, [LEFT, RIGHT], tag="clip", status="exclude", note="too dark")
    assert answer["changed"] == 2
    again = reviews(SAMPLE)
    assert (again["tags"], again["status"], again["notes"]) == ({"clip": 2}, {"exclude": 2}, 2)
    assert [row["image_id"] for row in again["images"]] == [LEFT, RIGHT]
    json.dumps(again, allow_nan=False)


def test_a_person_reads_the_words_of_the_pages(capsys):
    reviews(SAMPLE, [LEFT, RIGHT], status="label_doubtful")
    with pytest.raises(SystemExit):
        main(["reviews", SAMPLE])
    assert "2 label doubtful" in capsys.readouterr().out.splitlines()[0]


def test_what_is_taken_back_is_gone():
    reviews(SAMPLE, [LEFT], tag="clip", status="exclude", note="x")
    assert reviews(SAMPLE, [LEFT], untag="clip", status="open", note="")["images"] == []


def test_only_the_named_images_are_listed():
    reviews(SAMPLE, [LEFT, RIGHT], tag="clip")
    assert [row["image_id"] for row in reviews(SAMPLE, [RIGHT])["images"]] == [RIGHT]


@pytest.mark.parametrize(
    ("image_ids", "change", "told"),
    [
        ([LEFT, "nobody"], {"tag": "clip"}, "has no 'nobody'"),
        (None, {"tag": "clip"}, "ids of the images"),
        ([LEFT], {"tag": "clip", "status": "done"}, "got 'done'"),
        ([LEFT], {"note": "x", "untag": ""}, "a tag"),
    ],
)
def test_bad_words_change_nothing_at_all(image_ids, change, told):
    with pytest.raises(BadConfiguration, match=told):
        reviews(SAMPLE, image_ids, **change)
    assert reviews(SAMPLE)["images"] == []


def test_files_hold_the_list_and_no_formula(tmp_path):
    reviews(SAMPLE, [LEFT], tag="clip", note="=1+1")
    assert reviews(SAMPLE, out=tmp_path / "r.csv")["written"] == 1
    reviews(SAMPLE, out=tmp_path / "r.json")
    [row] = csv.DictReader((tmp_path / "r.csv").open())
    assert (row["image_id"], row["tags"], row["note"]) == (LEFT, "clip", "'=1+1")
    [row] = json.loads((tmp_path / "r.json").read_text())
    assert (row["tags"], row["note"]) == (["clip"], "=1+1")


def test_an_empty_list_is_a_table_without_rows(tmp_path):
    reviews(SAMPLE, out=tmp_path / "r.csv")
    assert list(csv.DictReader((tmp_path / "r.csv").open())) == []
