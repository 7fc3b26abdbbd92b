"""An age is told in whole years, and the oldest are one group."""

import pytest

from mammo_core.reading.patient_age import compute_age


@pytest.mark.parametrize(
    ("told", "age"),
    [
        (("061Y",), 61),
        (("089Y",), 89),
        (("090Y",), 90),
        (("104Y",), 90),
        (("600M",), 50),
        (("", "19600302", "20200301"), 59),
        (("", "19600302", "20200302"), 60),
        (("", "19100101", "20200302"), 90),
        (("050Y", "19600302", "20200302"), 50),
        (("", "20210101", "20200302"), None),
        (("", "19600302"), None),
        (("000Y",), None),
        (("000D",), None),
        (("000Y", "19600302", "20200302"), 60),
        (("120Y",), 90),
        (("121Y",), None),
        (("999Y",), None),
        (("", "18990101", "20200302"), None),
        (("old",), None),
        (("",), None),
    ],
)
def test_age_is_whole_years_and_the_oldest_are_one(told, age):
    assert compute_age(*told) == age
