"""Which columns group the rows, and how."""

import numpy as np
import pandas as pd
import pytest
from prediction_rows import make_predictions

from mammo_core.metrics.attributes import MAX_FURTHER, list_attributes, to_decades, to_quarters
from mammo_core.metrics.evaluation import evaluate_options
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.predictions import read_predictions

N = 400


@pytest.fixture
def frame():
    patients = [f"p{k:03}" for k in np.repeat(np.arange(N // 4), 4)]
    ids = {"image_id": [f"i{k}" for k in range(N)], "patient_id": patients, "label": "normal"}
    return pd.DataFrame({**ids, "exam_id": patients, "p_normal": 0.5, "p_cancer": 0.5})


def names(frame):
    return [one.name for one in list_attributes(frame)]


def find(frame, name):
    return next(one for one in list_attributes(frame) if one.name == name)


def test_identity_truth_and_probabilities_group_nothing(frame):
    assert names(frame.assign(path="x.dcm", mask_path=None, sha256="0", n_images=4)) == []


def test_every_other_column_of_a_few_values_groups_the_rows(frame):
    frame["race"] = np.tile(["u", "v", None, "w"], N // 4)
    frame["clip"] = np.tile([True, False], N // 2)
    frame["birads"] = np.tile(["1", "2"], N // 2)
    assert names(frame) == ["birads", "race", "clip"]
    race = find(frame, "race")
    assert race.values == ("u", "v", "w", None)
    np.testing.assert_array_equal(race.codes[:4], [0, 1, 3, 2])


def test_numbers_lie_in_quarters_each_row_in_its_own(frame):
    area = np.random.default_rng(0).random(N) * 300
    quarters = find(frame.assign(area=area), "area")
    assert len(quarters.values) == 4
    for code in range(4):
        inside = area[quarters.codes == code]
        assert len(inside) == N // 4
        others = area[quarters.codes > code]
        assert not len(others) or inside.max() < others.min()


def test_a_quarters_name_says_its_ends():
    numbers = pd.Series([1.0, 2.0, 3.0, 4.0, np.nan])
    assert list(to_quarters(numbers).astype(object)[:4]) == [
        "up to 1.75", "1.75 to 2.5", "2.5 to 3.25", "over 3.25",
    ]  # fmt: skip
    assert to_quarters(numbers).isna()[4]


def test_numbers_of_which_most_are_one_keep_their_groups_apart(frame):
    area = np.where(np.arange(N) < 300, 0.0, np.arange(N) + 0.5)
    found = find(frame.assign(area=area), "area")
    assert len(found.values) >= 2
    assert len(set(found.codes[:300])) == 1


@pytest.mark.parametrize(
    "values",
    [
        [f"note {k}" for k in range(N)],  # free text
        [str(k) for k in range(N)],  # row numbers
        [str(k // 4) for k in range(N)],  # patient numbers
        ["only"] * N,
        [None] * N,
        ["1", *[str(k / 7) for k in range(1, N - 1)], "unknown"],
        ["inf", *[str(k / 7) for k in range(1, N)]],
    ],
)
def test_identifiers_texts_and_constants_group_nothing(frame, values):
    assert names(frame.assign(column=values)) == []


def test_whole_numbers_are_named_without_a_decimal_point(frame):
    assert find(frame.assign(rows=np.tile([640.0, 608.0], N // 2)), "rows").values == ("608", "640")
    assert find(frame.assign(gap=np.tile([0.35, 0.3], N // 2)), "gap").values == ("0.3", "0.35")


def test_two_patients_a_value_are_the_least(frame):
    few = frame[frame["patient_id"] < "p006"]
    assert names(few.assign(site=few["patient_id"])) == []
    assert names(few.assign(site=few["patient_id"] < "p003")) == ["site"]


def test_many_columns_are_read_until_there_are_groups_enough(frame):
    wide = frame.assign(**{f"c{k}": np.tile([*"abcd"], N // 4) for k in range(100)})
    assert names(wide) == [f"c{k}" for k in range(MAX_FURTHER // 4)]


@pytest.mark.parametrize("age", [1e30, 1e40, np.inf, -np.inf, -5.0, 131.0, np.nan])
def test_an_age_that_no_person_has_is_unknown(age):
    decades = to_decades(pd.Series([44.0, age, 0.0, 130.0]))
    assert decades.isna().tolist() == [False, True, False, False]
    assert decades.dropna().tolist() == ["40-49", "0-9", "130-139"]


def test_a_table_with_an_impossible_age_is_judged_as_one_without_it(tmp_path):
    answers = []
    for name, age in (("slip", "9" * 40), ("none", "")):
        frame = make_predictions(20)
        frame["age"] = frame["age"].astype(object).where(frame.index > 3, age)
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
        table = read_predictions(tmp_path / f"{name}.csv")
        answers.append(evaluate_options(table, EvaluationOptions(bootstrap=20)))
    assert answers[0] == answers[1]
