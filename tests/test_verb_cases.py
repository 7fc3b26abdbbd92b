"""The verb `cases`: the images that deserve a look come first."""

import csv
import json
import shutil

import numpy as np
import pytest

from mammo_core.cases.listing import ORDERS
from mammo_core.cli import main
from mammo_core.explanations import Explanation, write_explanation
from mammo_core.model_store import find_model
from mammo_core.paths import home as shipped_home
from mammo_core.reviews.reviews import open_reviews

FIRST, SECOND = "S00001_RCC", "S00002_LCC"


@pytest.fixture(scope="module")
def copied_home(tmp_path_factory):
    """A home with the shipped model and sample."""
    folder = tmp_path_factory.mktemp("home")
    for part in ("models/demo", "sample_data"):
        shutil.copytree(shipped_home() / part, folder / part)
    return folder


@pytest.fixture(autouse=True)
def own_home(copied_home, monkeypatch):
    """Maps and reviews lie in the tests' home."""
    monkeypatch.setenv("MAMMO_HOME", str(copied_home))
    monkeypatch.delenv("MAMMO_DATABASE_URL", raising=False)
    yield
    shutil.rmtree(copied_home / ".mammo", ignore_errors=True)


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as leaving:
        main(["cases", "demo", "sample_data", *arguments, "--json"])
    out, err = capsys.readouterr()
    return leaving.value.code, json.loads(out) if leaving.value.code == 0 else err


def keep_maps(image_id, *maps):
    for method, attribution in zip(("saliency", "grad_cam"), maps, strict=True):
        key = {
            "model_sha256": find_model("demo").sha256,
            "image_id": image_id,
            "image_sha256": "1",
            "method": method,
            "settings": {},
            "target": "malignant",
        }
        write_explanation(Explanation(key, np.float32(attribution), (64, 48), 0.1, "one"))


@pytest.mark.parametrize("order", ORDERS)
def test_each_order_descends_and_ends_with_what_is_undefined(capsys, order):
    code, answer = run(capsys, "--sort", order, "--limit", "100")
    values = [row[order] for row in answer["cases"]]
    known = [value for value in values if value is not None]
    assert code == 0
    assert len(values) == answer["n"] == 96
    assert values[: answer["known"]] == sorted(known, reverse=True)


def test_images_whose_explanations_are_apart_come_first(capsys):
    up = np.arange(12.0).reshape(4, 3)
    keep_maps(SECOND, up, up)
    keep_maps(FIRST, up, -up)
    answer = run(capsys, "--sort", "explanations", "--limit", "3")[1]
    told = [(row["image_id"], row["explanations"]) for row in answer["cases"]]
    assert told[:2] == [(FIRST, pytest.approx(2)), (SECOND, pytest.approx(0))]
    assert told[2][1] is None
    assert answer["known"] == 2


def test_without_kept_explanations_the_answer_says_how_to_get_some(capsys):
    answer = run(capsys, "--sort", "explanations")[1]
    assert answer["known"] == 0
    assert "explain two or more methods for an image first" in answer["note"]
    assert "note" not in run(capsys, "--sort", "loss")[1]


def test_the_file_holds_all_cases_in_that_order_with_their_reviews(capsys, tmp_path):
    open_reviews().tag("sample_data", [FIRST], "clip")
    answer = run(capsys, "--sort", "score", "--limit", "2", "--out", str(tmp_path / "a.csv"))[1]
    rows = list(csv.DictReader((tmp_path / "a.csv").open(encoding="utf-8")))
    assert len(rows) == answer["written"] == 96
    assert [row["image_id"] for row in rows[:2]] == [row["image_id"] for row in answer["cases"]]
    assert {row["image_id"] for row in rows if row["tags"] == "clip"} == {FIRST}


def test_the_outcome_is_that_at_the_threshold(capsys):
    answer = run(capsys, "--threshold", "0", "--limit", "100")[1]
    assert {row["outcome"] for row in answer["cases"]} == {"TP", "FP"}


def test_an_unknown_order_is_told_with_those_that_there_are(capsys):
    code, said = run(capsys, "--sort", "beauty")
    assert code == 2
    assert "loss, uncertainty, score, lesion_size, explanations" in said
