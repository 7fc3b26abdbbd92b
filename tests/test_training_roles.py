"""Roles of images in one training override the splits of the index, and nothing else."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mammo_core.errors import BadConfiguration
from mammo_core.paths import read_json
from mammo_core.preprocess import Preprocess
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import gather_data
from mammo_core.training.plan import Plan, check_folder, write_plan

CONFIG = TrainingConfiguration(recipe="whole_image")
IDS = [f"i{n}" for n in range(8)]
ROLES = {"i7": "train", "i6": "train", "i0": "val", "i1": "val", "i2": "test"}


@pytest.fixture
def dataset():
    index = pd.DataFrame(
        {
            "image_id": IDS,
            "patient_id": IDS,
            "label": ["normal", "malignant"] * 4,
            "split": ["train"] * 4 + ["val"] * 2 + ["test"] * 2,
            "mask_path": None,
        }
    )
    return SimpleNamespace(
        index=index, classes=("normal", "malignant"), name="made", version="0123456789ab"
    )


@pytest.fixture
def cache():
    return SimpleNamespace(image_ids=IDS, pixels=np.zeros((8, 64, 48), np.uint16))


def named(data, positions):
    return {IDS[position] for position in positions}


def test_roles_take_the_place_of_the_splits(dataset, cache):
    data = gather_data(dataset, cache, CONFIG, ROLES)
    assert (named(data, data.train), named(data, data.val)) == ({"i6", "i7"}, {"i0", "i1"})


def test_without_roles_the_index_decides(dataset, cache):
    data = gather_data(dataset, cache, CONFIG)
    assert (named(data, data.train), named(data, data.val)) == (set(IDS[:4]), set(IDS[4:6]))


def test_a_training_goes_on_with_its_own_roles_only(dataset, tmp_path):
    plan = Plan(dataset, CONFIG, Preprocess(size=CONFIG.image_size), ROLES)
    write_plan(tmp_path, plan)
    check_folder(tmp_path, replace(plan, roles=dict(reversed(ROLES.items()))))
    for others in (None, ROLES | {"i0": "test"}):
        with pytest.raises(BadConfiguration, match="other settings or data"):
            check_folder(tmp_path, replace(plan, roles=others))
    assert read_json(tmp_path / "roles.json") == ROLES


def test_without_roles_a_plan_says_what_it_said_before(dataset):
    plan = Plan(dataset, CONFIG, Preprocess(size=CONFIG.image_size))
    assert set(plan.to_mapping()) == {"configuration", "preprocessing", "dataset"}
