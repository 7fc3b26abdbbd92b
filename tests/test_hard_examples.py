"""The images with the highest losses, and what they have in common."""

import numpy as np
import pytest
from scipy.stats import hypergeom

from mammo_core.errors import BadTable
from mammo_core.hard_examples import (
    COLUMNS,
    find_common_traits,
    rank_losses,
    read_losses,
    write_losses,
)
from mammo_core.hard_examples import _chance_of as chance_of

CLASSES = ("normal", "benign", "malignant")


def make_rows(n=200, **columns):
    """n images whose losses fall with their number."""
    return [
        {
            "image_id": f"i{k}",
            "patient_id": f"p{k}",
            "label": CLASSES[k % 3],
            "loss": float(n - k),
            **{name: values[k] for name, values in columns.items()},
        }
        for k in range(n)
    ]


def facts(labels):
    return [{"image_id": f"i{k}", "split": "val", "label": label} for k, label in enumerate(labels)]


def test_a_flipped_label_turns_up_at_the_top():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 300)
    probabilities = rng.dirichlet([1, 1, 1], 300) * 0.2 + np.eye(3)[true] * 0.8
    told = true.copy()
    told[17] = (true[17] + 1) % 3
    rows = rank_losses(facts([CLASSES[k] for k in told]), CLASSES, probabilities)
    assert rows[0]["image_id"] == "i17"
    assert rows[0]["predicted"] == CLASSES[true[17]] != rows[0]["label"]


def test_a_loss_is_minus_the_logarithm_of_what_the_label_was_given():
    probabilities = np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]])
    rows = rank_losses(facts(["benign", "malignant"]), CLASSES, probabilities)
    np.testing.assert_allclose([row["loss"] for row in rows], -np.log([0.25, 0.7]), atol=1e-6)
    assert [row["p_label"] for row in rows] == [0.25, 0.7]


def test_what_is_written_is_read_again(tmp_path):
    probabilities = np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]])
    rows = rank_losses(facts(["benign", "malignant"]), CLASSES, probabilities)
    write_losses(tmp_path, rows)
    assert read_losses(tmp_path) == rows
    assert (tmp_path / "losses.csv").read_text().splitlines()[0].split(",") == list(COLUMNS)


def test_a_folder_without_losses_has_none_and_a_strange_file_is_told(tmp_path):
    assert read_losses(tmp_path) == []
    (tmp_path / "losses.csv").write_text("image_id,loss\na,high\n")
    with pytest.raises(BadTable, match=r"losses\.csv"):
        read_losses(tmp_path)


def test_losses_from_one_source_are_told():
    sources = ["film" if k < 15 else "digital" for k in range(200)]
    (sentence,) = find_common_traits(make_rows(source=sources))
    assert sentence == "15 of the 20 highest losses come from film (8% of all images)"


def test_losses_from_anywhere_have_nothing_in_common():
    sources = np.random.default_rng(0).choice(["film", "digital"], 200)
    assert find_common_traits(make_rows(source=sources)) == []


def test_the_views_of_one_patient_are_told():
    patients = [f"P{k // 4}" for k in range(200)]
    rows = make_rows(patient_id=patients)
    rows = rows[:4] + rows[4::4] + [row for k, row in enumerate(rows[4:]) if k % 4]
    (sentence,) = find_common_traits(rows)
    assert sentence.startswith("4 of the 20 highest losses are of patient P0")


def test_a_handful_of_images_proves_nothing():
    assert find_common_traits(make_rows(5, source=["film"] * 5)) == []
    assert find_common_traits([]) == []


def test_the_chance_is_hypergeometric():
    assert chance_of(5, 20, 30, 200) == pytest.approx(hypergeom.sf(4, 200, 30, 20))
