"""How the gate's numbers are fitted: zones, points, what is left out, and what is drawn."""

from dataclasses import replace

import numpy as np
import pytest

from gate_fitting.__main__ import describe
from gate_fitting.evaluation import answer_row, write_tables
from gate_fitting.fitting import FEATURES, fit
from gate_fitting.measuring import Row
from gate_fitting.photographs import SHOWN, SPOILED
from gate_fitting.strangers import DRAWN, draw
from gate_fitting.variants import CROPS, ODD, VARIANTS, apply
from mammo_core.gate_points import GateNumbers
from mammo_core.picture_features import PictureFeatures

RNG = np.random.default_rng


def make_features(rng, **moved):
    """Features around 0.5, those in `moved` around another value."""
    values = {name: moved.get(name, 0.5) + 0.02 * rng.normal() for name in FEATURES}
    return PictureFeatures(**values)


def make_row(sort, source, change, name, features, made_of=""):
    """A row that looks the same however it is turned."""
    looks = features, features, (features,), features, features
    return Row(sort, source, change, change, name, False, *looks, made_of)


def make_rows(seed=0, n=40):
    rng = RNG(seed)
    rows = []
    for k in range(n):
        source = ("mini_mias", "mayo_density")[k % 2]
        for change, sort in (("", "mammogram"), ("gamma", "mammogram"), (CROPS[0], "odd")):
            features = make_features(rng)
            rows.append(make_row(sort, source, change, str(k), features, source))
        kind = ("noise", "pages")[k % 2]
        features = make_features(rng, wall=0.1, slope=0.9)
        rows.append(make_row("stranger", kind, "", str(k), features))
    return rows


def test_the_fit_accepts_what_it_saw_and_refuses_what_lies_apart():
    rows = make_rows()
    numbers = fit(rows)
    for row in rows:
        if row.sort == "mammogram":
            assert numbers.judge(row.features)[0] == "accept"
        if row.sort == "stranger":
            assert numbers.judge(row.features)[0] == "refuse"


def test_only_features_that_tell_strangers_apart_object_and_on_their_side():
    told = {(o.feature, o.side) for o in fit(make_rows()).objections}
    assert ("wall", "low") in told
    assert ("slope", "high") in told
    assert ("wall", "high") not in told
    assert ("slope", "low") not in told


def test_points_never_fall_further_out():
    for objection in fit(make_rows()).objections:
        sign = 1 if objection.side == "high" else -1
        assert (np.diff(objection.points) >= 0).all()
        assert (sign * np.diff(objection.at) > 0).all()


def test_odd_mammograms_move_no_point():
    rows = make_rows()
    odd = make_features(RNG(9), wall=-3, slope=5)
    more = [make_row("odd", "mini_mias", "turned", "x", odd, "mini_mias")]
    assert fit(rows).objections == fit(rows + more).objections


def test_a_source_alone_gets_wider_zones():
    rows = make_rows()
    alone = [row for row in rows if row.source != "mayo_density"]
    both, one = ({(o.feature, o.side): o for o in fit(r).objections} for r in (rows, alone))
    assert one["wall", "low"].at[0] < both["wall", "low"].at[0]
    assert one["slope", "high"].at[0] > both["slope", "high"].at[0]


def test_the_numbers_survive_json():
    rows = make_rows()
    numbers = fit(rows)
    again = GateNumbers.from_json(describe(numbers, rows))
    assert again.objections == numbers.objections
    assert again.frame == numbers.frame
    assert describe(numbers, rows)["origin"]["mini_mias"]["images"] == 20


def test_a_table_counts_each_image_once_where_its_look_is_left_out():
    rows = make_rows()
    first = write_tables(rows, fit(rows)).split("## ")[1]
    assert "| films (mini-MIAS, WG04), as they are | 20 |" in first
    assert "| digital (Mayo), as they are | 20 |" in first
    assert "| digital (Mayo), crops within | 20 |" in first
    assert "| **all** | 120 |" in first


def test_an_inverted_mammogram_is_asked_about():
    rows = make_rows()
    numbers = fit(rows)
    assert answer_row(numbers, rows[0]) == "accept"
    assert answer_row(numbers, replace(rows[0], inverted=True)) == "ask"


def half_disk_of_grain():
    y, x = np.mgrid[:300, :240]
    inside = ((y - 150) / 130) ** 2 + (x / 150) ** 2 < 1
    return (inside * (0.5 + 0.1 * RNG(1).standard_normal(y.shape))).clip(0, 1).astype(np.float32)


CHANGES = {
    **{title: variant.change for title, variant in VARIANTS.items()},
    **ODD,
    **SHOWN,
    **SPOILED,
}


@pytest.mark.parametrize("title", CHANGES)
def test_a_change_gives_a_picture_and_repeats_itself_from_its_seed(title):
    image = half_disk_of_grain()
    kept = image.copy()
    once, again = (apply(CHANGES[title], image, RNG(5)) for _ in range(2))
    assert once.ndim == 2
    assert min(once.shape) >= 30
    assert 0 <= once.min() <= once.max() <= 1
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(image, kept)


@pytest.mark.parametrize("kind", DRAWN)
def test_a_drawn_stranger_is_a_picture_and_always_the_same(kind):
    once, again, other = draw(kind, 3), draw(kind, 3), draw(kind, 4)
    assert once.ndim == 2
    assert (once.min(), once.max()) == (0, 1)
    np.testing.assert_array_equal(once, again)
    assert once.shape != other.shape or (once != other).any()
