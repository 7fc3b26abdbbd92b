"""Laws of the words around numbers."""

import pytest

from mammo_core.wording import (
    add_article,
    count,
    count_rows,
    shorten_reason,
    tally_reasons,
)


@pytest.mark.parametrize(
    ("n", "noun", "words"),
    [
        (0, "image", "0 images"),
        (1, "image", "1 image"),
        (2, "class", "2 classes"),
        (1200, "patch", "1,200 patches"),
    ],
)
def test_a_noun_follows_its_number(n: int, noun: str, words: str) -> None:
    assert count(n, noun) == words


@pytest.mark.parametrize(
    ("n", "level", "words"),
    [
        (96, "image", "96 images of 24 patients"),
        (48, "breast", "48 breasts of 24 patients"),
        (24, "patient", "24 patients"),
    ],
)
def test_rows_are_told_with_their_patients(n: int, level: str, words: str) -> None:
    assert count_rows(n, level, 24) == words


def test_an_exam_has_its_article() -> None:
    assert [add_article(noun) for noun in ("breast", "exam", "image")] == [
        "a breast",
        "an exam",
        "an image",
    ]


def test_a_reason_is_shared_by_files_that_differ_in_its_numbers() -> None:
    reasons = [
        "The skin line is not smooth (roughness 0.09, expected at most 0.05); Much is bright (x 1)",
        "The skin line is not smooth (roughness 0.12, expected at most 0.05)",
        "The picture is blank",
    ]
    assert tally_reasons(reasons) == {"The skin line is not smooth": 2, "The picture is blank": 1}
    assert shorten_reason("The picture is blank") == "The picture is blank"
