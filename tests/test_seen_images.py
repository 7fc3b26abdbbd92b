"""What a model has seen: by itself, and by the weights that it began with."""

from types import SimpleNamespace

import pandas as pd
import pytest

from mammo_core.model_store import StoredModel
from mammo_core.paths import write_json
from mammo_core.seen_images import describe_parent, tell_other_splits, tell_seen


@pytest.fixture
def dataset():
    images = pd.DataFrame({"image_id": ["a", "b", "c"]})
    return SimpleNamespace(name="films", fingerprint="f", select=lambda split: images)


def child_of(folder, *, roles=None, **data):
    """A model that began with the weights of one that learned from such data."""
    parent = folder / "parent"
    parent.mkdir()
    if roles:
        write_json(parent / "roles.json", roles)
    facts = describe_parent(StoredModel(parent, {"dataset": data}))
    training = {"begun_with": {"weights": "parent", **facts}}
    return StoredModel(folder / "child", {"training": training})


def test_images_that_the_parent_learned_from_are_counted(tmp_path, dataset):
    roles = {"a": "train", "b": "val", "c": "test"}
    child = child_of(tmp_path, roles=roles, name="films", fingerprint="f")
    assert "learned from 2 images of 3" in tell_seen(child, dataset, "test")


def test_a_parent_of_other_splits_of_the_same_data_is_told(tmp_path, dataset):
    child = child_of(tmp_path, name="films", fingerprint="other")
    assert "films with other splits" in tell_seen(child, dataset, "test")
    assert "other splits" in tell_other_splits(child.card["training"]["begun_with"], dataset)


@pytest.mark.parametrize("data", [("films", "f"), ("elsewhere", "g")])
def test_a_parent_of_the_same_splits_or_of_other_data_is_no_matter(tmp_path, dataset, data):
    child = child_of(tmp_path, name=data[0], fingerprint=data[1])
    assert tell_seen(child, dataset, "test") is None
    assert tell_other_splits(child.card["training"]["begun_with"], dataset) is None
