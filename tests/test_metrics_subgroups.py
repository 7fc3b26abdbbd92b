"""Subgroups against the rest: their numbers, their differences, and many of them at once."""

import numpy as np
import pytest
from made_studies import draw_study
from sklearn.metrics import roc_auc_score
from statsmodels.stats.multitest import multipletests

from mammo_core.metrics.evaluation import evaluate
from mammo_core.metrics.measures import KINDS
from mammo_core.metrics.subgroups import compare_subgroups, list_subgroups


@pytest.fixture(scope="module")
def table():
    return draw_study(3, n_patients=200, blind=lambda frame: frame["density"] == "d")


@pytest.fixture(scope="module")
def groups(table):
    answer = evaluate(table, split="all", bootstrap=0, threshold=0.4)
    return {(group["by"], group["value"]): group for group in answer["subgroups"]}


def rows_of(table, group):
    by, value = group
    return (table.frame[by] == value).to_numpy()


def test_the_difference_is_the_auroc_less_that_of_all_other_rows(table, groups):
    for name, group in groups.items():
        rows = rows_of(table, name)
        inside, outside = (
            roc_auc_score(table.labels[part] == 1, table.probabilities[part, 1])
            for part in (rows, ~rows)
        )
        assert group["difference"]["value"] == pytest.approx(inside - outside)


def test_the_group_where_the_model_is_blind_is_told_apart_and_no_other(groups):
    assert groups["density", "d"]["difference"]["high"] < 0
    found = {name for name, group in groups.items() if group["p_adjusted"] < 0.05}
    assert ("density", "d") in found
    assert {by for by, _ in found} == {"density"}


def test_p_values_are_adjusted_for_all_groups_a_pair_of_values_being_one_test(groups):
    """Two values of a column are each other's rest."""
    single = {(by, groups[by, value]["p"]) for by, value in groups}
    p = np.array(sorted({p for _, p in single}))
    expected = dict(zip(p, multipletests(p, method="holm")[1], strict=True))
    two_sided = {by for by, _ in groups if sum(other == by for other, _ in groups) == 2}
    assert {"laterality", "view", "source"} <= two_sided
    for group in groups.values():
        nearest = p[np.abs(p - group["p"]).argmin()]
        assert group["p_adjusted"] == pytest.approx(expected[nearest], rel=1e-3)


def test_rates_at_the_threshold_and_prevalence_are_those_of_the_rows(table, groups):
    called = table.probabilities[:, 1] >= 0.4
    for name, group in groups.items():
        rows, truth = rows_of(table, name), table.labels == 1
        sensitivity, specificity = (
            group[f"{rate}_at_threshold"]["value"] for rate in ("sensitivity", "specificity")
        )
        assert sensitivity == pytest.approx(called[rows & truth].mean())
        assert specificity == pytest.approx((~called)[rows & ~truth].mean())
        assert group["prevalence"]["value"] == pytest.approx(truth[rows].mean())


@pytest.mark.parametrize("metric", KINDS)
def test_a_group_of_all_rows_has_no_rest_to_differ_from(table, metric):
    whole = type(table)(table.frame.assign(source="one"), table.classes)
    groups = [group for group in list_subgroups(whole.frame) if group.by == "source"]
    scores, is_positive = whole.probabilities[:, 1], whole.labels == 1
    (found,) = compare_subgroups(groups, KINDS[metric], scores, is_positive, whole.patients, 0.5)
    assert found.value.value is not None
    assert (found.difference.value, found.p, found.p_adjusted) == (None, None, None)


def test_without_groups_there_is_nothing_to_compare(table):
    scores, is_positive = table.probabilities[:, 1], table.labels == 1
    assert compare_subgroups([], KINDS["auroc"], scores, is_positive, table.patients, 0.5) == []
