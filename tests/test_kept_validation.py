"""What a training keeps of its validation images is a prediction table like any other."""

import numpy as np
import pytest
import standin_home

from mammo_core.datasets import load_dataset
from mammo_core.metrics.evaluation import evaluate
from mammo_core.predictions import read_predictions, read_provenance
from mammo_core.run_comparison import VALIDATION
from mammo_core.training.kept_validation import keep_validation


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films") / "films"
    standin_home.write_dataset(folder, n_patients=12, seed=0)
    return load_dataset(folder)


def test_the_cards_interval_is_that_of_evaluate_on_the_kept_table(tmp_path, dataset):
    ids = dataset.index["image_id"].tolist()[::-1][:40]
    p = np.random.default_rng(0).dirichlet([1, 1, 1], 40).astype(np.float32)
    kept = keep_validation(tmp_path, dataset, ids, p, "s")
    table = read_predictions(tmp_path / VALIDATION)
    answer = evaluate(table, split="val", bootstrap=0)
    assert kept["auroc"] == pytest.approx(answer["per_class"]["malignant"]["auroc"])
    assert (kept["images"], kept["patients"]) == (answer["n"], answer["patients"]) == (40, 10)
    row = table.frame.set_index("image_id").loc[ids[0]]
    assert row["p_malignant"] == pytest.approx(float(p[0, 2]))
    assert row["split"] == "val"
    assert read_provenance(tmp_path / VALIDATION).split == "val"


def test_without_positives_the_auroc_is_undefined(tmp_path, dataset):
    index = dataset.index
    ids = index["image_id"][index["label"] == "normal"].tolist()
    kept = keep_validation(tmp_path, dataset, ids, np.full((len(ids), 3), 1 / 3), "s")
    assert kept["auroc"] == {"value": None, "low": None, "high": None}
