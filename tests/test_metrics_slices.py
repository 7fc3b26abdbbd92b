"""The search for slices finds what was planted, and little where nothing was."""

import numpy as np
import pytest
from made_studies import draw_study

from mammo_core.errors import BadConfiguration
from mammo_core.metrics.measures import KINDS
from mammo_core.metrics.slices import SliceOptions, find_slices

PLANTED = {"density": "d", "manufacturer": "B"}


def is_planted(frame):
    return (frame["density"] == "d") & (frame["manufacturer"] == "B")


def search(table, **options):
    return find_slices(table, 1, SliceOptions(**options))


def rows_of(table, values):
    columns = [table.frame[by].isna() if v is None else table.frame[by] == v for by, v in values]
    return np.logical_and.reduce(columns)


@pytest.fixture(scope="module")
def flawed():
    """A model that is blind in dense breasts of one scanner."""
    return draw_study(4, n_patients=600, separation=4, blind=is_planted)


@pytest.mark.parametrize("metric", ["auroc", "recall", "error_rate"])
def test_a_planted_bad_slice_is_found_first(flawed, metric):
    first = search(flawed, metric=metric).slices[0]
    assert dict(first.values) == PLANTED
    assert first.is_worse
    assert first.gap.low > 0


def test_what_it_spares_is_not_called_worse(flawed):
    """The blind model calls no negative more often there, so specificity has no bad slice."""
    assert not any(one.is_worse for one in search(flawed, metric="specificity").slices)


@pytest.mark.parametrize("metric", KINDS)
def test_each_slice_counts_its_rows_and_the_lower_end_of_the_gap_ranks_it(flawed, metric):
    found = search(flawed, metric=metric)
    for one in found.slices:
        rows = rows_of(flawed, one.values)
        assert (one.n, one.patients) == (rows.sum(), len(np.unique(flawed.patients[rows])))
        assert one.positives == (flawed.labels[rows] == 1).sum()
        assert one.p_adjusted >= one.p
        sign = -1 if KINDS[metric].higher_is_better else 1
        assert one.gap.value == pytest.approx(sign * (one.value.value - one.rest.value))
    lows = [one.gap.low for one in found.slices]
    assert lows == sorted(lows, reverse=True)


def test_a_slice_has_the_support_that_is_asked_for(flawed):
    found = search(flawed, min_patients=100, min_each=40)
    assert found.slices
    assert found.n_small
    for one in found.slices:
        rows = rows_of(flawed, one.values)
        for part in (rows, ~rows):
            assert len(np.unique(flawed.patients[part])) >= 100
            for label in (0, 1):
                assert len(np.unique(flawed.patients[part & (flawed.labels == label)])) >= 40


def test_pairs_no_worse_than_one_value_alone_are_left_out(flawed):
    found = search(flawed)
    alone = {one.values[0]: one.gap.value for one in found.slices if len(one.values) == 1}
    pairs = [one for one in found.slices if len(one.values) == 2]
    assert pairs
    assert found.n_implied
    assert all(one.gap.value > max(alone[value] for value in one.values) for one in pairs)


def test_a_column_said_twice_is_searched_once(flawed):
    twin = flawed.frame.assign(scanner=flawed.frame["manufacturer"])
    repeated = type(flawed)(twin, flawed.classes)
    assert search(repeated).n_compared == search(flawed).n_compared


def test_a_value_and_its_rest_are_one_test(flawed):
    views = flawed.frame[["image_id", "patient_id", "label", "view", "p_normal", "p_malignant"]]
    found = search(type(flawed)(views, flawed.classes))
    assert found.n_compared == 1
    assert all(one.p_adjusted == one.p for one in found.slices)


def test_columns_known_from_the_diagnosis_serve_recall_alone(flawed):
    kinds = np.where(
        flawed.labels == 1, np.where(flawed.patients % 2, "mass", "calcification"), None
    )
    table = type(flawed)(flawed.frame.assign(lesion=kinds), flawed.classes)
    assert "lesion" not in search(table).attributes
    assert "lesion" in search(table, metric="recall").attributes


def test_a_table_without_metadata_has_no_slices(flawed):
    bare = flawed.frame[["image_id", "patient_id", "label", "p_normal", "p_malignant"]]
    found = search(type(flawed)(bare, flawed.classes))
    assert (found.slices, found.n_compared, found.attributes) == ((), 0, ())
    assert found.whole.value is not None


def test_one_class_alone_has_no_slices_by_auroc(flawed):
    found = search(flawed.take(flawed.labels == 0))
    assert found.whole.value is None
    assert not found.slices


@pytest.mark.parametrize("options", [{"metric": "f2"}, {"min_patients": 1}, {"min_each": 0}])
def test_what_makes_no_slice_is_refused(options):
    with pytest.raises(BadConfiguration, match="Expected"):
        SliceOptions(**options)


def find_any(seed, metric, **study):
    """Whether some slice of a study without any difference passes for one."""
    slices = search(draw_study(seed, **study), metric=metric).slices
    return any(one.p_adjusted < 0.05 for one in slices)


@pytest.mark.parametrize("metric", ["auroc", "error_rate"])
def test_without_a_difference_few_studies_show_one(metric):
    """At 5 % a study, 30 studies show five or more in one of 60 tries."""
    assert sum(find_any(seed, metric, n_patients=80) for seed in range(30)) < 5


@pytest.mark.slow
@pytest.mark.parametrize("metric", KINDS)
@pytest.mark.parametrize("study", [{}, {"prevalence": 0.15}, {"n_patients": 60}])
def test_without_a_difference_at_most_5_percent_of_studies_show_one(metric, study):
    """150 studies at 5 % show 16 or more in one of 250 tries."""
    assert sum(find_any(seed, metric, **study) for seed in range(150)) < 16
