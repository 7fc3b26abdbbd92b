"""Model folders are found whole or told to be incomplete."""

import pytest
from made_cards import make_card

from mammo_core.errors import BadModel
from mammo_core.model_store import file_sha256, find_model, list_models
from mammo_core.paths import write_json


def make_model(folder, **changes):
    folder.mkdir(parents=True)
    (folder / "model.keras").write_bytes(b"network")
    write_json(folder / "model.json", make_card(**changes))
    return folder


def test_a_model_is_found_by_id_and_by_path(home):
    folder = make_model(home / "models" / "mine")
    assert find_model("mine") == find_model(folder)
    assert [model.id for model in list_models()] == ["mine"]
    assert find_model("mine").classes == ("normal", "malignant")


def test_an_unknown_model_names_the_known_ones(home):
    make_model(home / "models" / "mine")
    with pytest.raises(BadModel, match=r"No model 'other'.*mine"):
        find_model("other")


@pytest.mark.parametrize("part", ["model.json", "model.keras"])
def test_a_missing_part_is_named(home, part):
    folder = make_model(home / "models" / "mine")
    (folder / part).unlink()
    with pytest.raises(BadModel, match=part):
        find_model("mine")


def test_a_card_without_a_key_is_refused(home):
    folder = make_model(home / "models" / "mine")
    write_json(folder / "model.json", {"classes": []})
    with pytest.raises(BadModel, match="lacks the keys: architecture"):
        find_model("mine")
    assert list_models() == []


def test_the_digest_is_sha256(tmp_path):
    (tmp_path / "empty").touch()
    assert file_sha256(tmp_path / "empty").startswith("e3b0c44298fc1c149afbf4c8996fb924")
