"""Tables stay in memory up to a number of rows, and none is made twice at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pandas as pd
import pytest

from mammo_core.errors import BadTable
from mammo_core.metrics.aggregation import aggregate
from mammo_core.predictions import PredictionTable
from mammo_ui.kept_tables import kept_by_rows


def make_table(n, patient="p"):
    frame = pd.DataFrame(
        {
            "image_id": pd.Series([f"i{k}" for k in range(n)], dtype="str"),
            "patient_id": pd.Series([patient] * n, dtype="str"),
            "label": pd.Series(["b"] * n, dtype="str"),
            "p_a": 0.5,
            "p_b": 0.5,
        }
    )
    return PredictionTable(frame, ("a", "b"))


def count_makes(most_rows, make=make_table):
    """(the keeping function, the arguments of each call that it let through)."""
    calls = []

    @kept_by_rows(most_rows)
    def get(n):
        calls.append(n)
        return make(n)

    return get, calls


def test_a_table_is_made_once_and_kept():
    get, calls = count_makes(100)
    assert get(3) is get(3)
    assert calls == [3]


def test_the_least_recently_asked_for_goes_when_the_rows_are_too_many():
    get, calls = count_makes(10)
    for n in (4, 5, 4, 3, 4, 5):  # 3 takes the place of 5, which is the older one then
        get(n)
    assert calls == [4, 5, 3, 5]


def test_a_table_beyond_the_limit_is_kept_alone():
    get, calls = count_makes(10)
    for n in (4, 50, 50, 4):
        get(n)
    assert calls == [4, 50, 4]


def test_larger_units_count_as_their_images():
    get, calls = count_makes(10, lambda n: aggregate(make_table(n), "patient"))
    for n in (6, 7, 6):
        assert len(get(n)) == 1
    assert calls == [6, 7, 6]


def test_sessions_that_ask_at_once_share_one_making():
    get, calls = count_makes(100)
    together = Barrier(8)

    def ask(_):
        together.wait()
        return get(5)

    with ThreadPoolExecutor(8) as threads:
        tables = list(threads.map(ask, range(8)))
    assert all(table is tables[0] for table in tables)
    assert calls == [5]


def test_a_failure_is_everyones_own_and_nothing_is_kept():
    def fail(n):
        raise BadTable("none")

    get, calls = count_makes(100, fail)
    for _ in range(2):
        with pytest.raises(BadTable):
            get(1)
    assert calls == [1, 1]


def test_tables_of_the_same_images_hold_what_they_say_alike_once():
    get, _ = count_makes(100, make=lambda seed: vary(make_table(5), seed))
    first, second = get(1).frame, get(2).frame
    for name in ("image_id", "patient_id", "label"):
        assert second[name].array._pa_array is first[name].array._pa_array
    assert second["p_a"].tolist() == [0.02] * 5


def test_a_column_that_differs_stays_its_own():
    get, _ = count_makes(100, make=lambda n: make_table(4, patient=f"p{n}"))
    assert [set(get(n).frame["patient_id"]) for n in (1, 2)] == [{"p1"}, {"p2"}]


def vary(table, seed):
    """The table with probabilities of its own."""
    frame = table.frame.assign(p_a=seed / 100, p_b=1 - seed / 100)
    return PredictionTable(frame, table.classes)
