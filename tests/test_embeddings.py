"""Vectors of images: where they come from, how they are laid out, who is near."""

import numpy as np
import pandas as pd
import pytest

from mammo_core.embeddings.making import tabulate
from mammo_core.embeddings.neighbors import find_nearest
from mammo_core.embeddings.projection import (
    MOST,
    PROJECTIONS,
    project_pca,
    project_tsne,
    standardize,
)
from mammo_core.errors import BadTable

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(40, 6)) * [5, 1, 1, 1, 1, 0]


def make_frame(vectors, patients):
    index = pd.DataFrame({"image_id": [f"i{n}" for n in range(len(vectors))]})
    index["patient_id"] = patients
    numbers = {f"e_{i}": column for i, column in enumerate(np.transpose(vectors))}
    return pd.concat([index, pd.DataFrame(numbers)], axis=1)


def test_constant_columns_say_nothing():
    assert not standardize(VECTORS)[:, 5].any()


def test_principal_components_are_those_of_scikit_learn_up_to_their_sign():
    from sklearn.decomposition import PCA

    theirs = PCA(2).fit_transform(standardize(VECTORS))
    ours = project_pca(VECTORS)
    for mine, other in zip(ours.T, theirs.T, strict=True):
        np.testing.assert_allclose(np.abs(mine), np.abs(other), atol=1e-9)


@pytest.mark.parametrize("project", PROJECTIONS.values())
@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_a_few_images_have_a_place_too(project, n):
    assert np.isfinite(project(VECTORS[:n], 0)).all()


def test_tsne_puts_two_far_groups_apart():
    groups = np.repeat([0, 1], 20)
    places = project_tsne(VECTORS + 50 * groups[:, None])
    near = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(40)
    assert (groups[near.argmin(axis=1)] == groups).all()


def test_tsne_leaves_out_what_is_too_much_for_it(monkeypatch):
    monkeypatch.setattr("mammo_core.embeddings.projection.MOST", 30)
    assert np.isfinite(project_tsne(VECTORS)).all(axis=1).sum() == 30
    assert MOST > 30


def test_the_nearest_image_is_the_one_in_the_same_direction():
    vectors = [[1, 0], [2, 0.1], [-1, 0], [0, 3], [-1, -3.1]]
    found = find_nearest(make_frame(vectors, list("abcde")), "i0", 2)
    assert found[0].image_id == "i1"
    assert found[0].similarity > 0.9


def test_no_image_is_its_own_neighbor_nor_one_of_the_same_patient():
    frame = make_frame(VECTORS, np.arange(40) // 4)
    assert len(find_nearest(frame, "i0", 100)) == 36
    assert len(find_nearest(frame, "i0", 100, other_patients=False)) == 39


def test_an_image_without_a_vector_is_told():
    with pytest.raises(BadTable, match="nobody"):
        find_nearest(make_frame(VECTORS, "a"), "nobody")


def test_each_image_has_its_place_on_each_map_and_its_vector():
    index = pd.DataFrame({"image_id": ["a", "b"], "patient_id": ["p", "q"], "path": "x"})
    frame = tabulate(index, np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    assert list(frame.columns) == [
        *("image_id", "patient_id", "pca_1", "pca_2", "tsne_1", "tsne_2"),
        *("e_0", "e_1", "e_2"),
    ]
