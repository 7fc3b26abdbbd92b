"""A patient's age from what a header tells, coarse enough to be kept."""

import re

OLDEST = 90
"""Older patients are so few that their age alone may tell who they are (45 CFR 164.514(b)(2))."""
MOST_LIVED = 120
"""Nobody with a mammogram was older: beyond it stand those who hide an age, or a slip."""
UNITS_A_YEAR = {"Y": 1, "M": 12, "W": 52, "D": 365}


def compute_age(stated: str, birth_date: str = "", study_date: str = "") -> float | None:
    """Whole years from the stated age, else from two dates; None where neither tells.

    From 90 on all ages are 90. 000Y and what is beyond 120 years tell nothing: software that takes
    names out writes them.

    Args:
        stated: PatientAge, such as "061Y" or "730D".
        birth_date: PatientBirthDate, YYYYMMDD.
        study_date: StudyDate, YYYYMMDD.
    """
    years = _stated_years(stated)
    if years is None:
        years = _years_between(birth_date, study_date)
    return None if years is None else float(min(years, OLDEST))


def _stated_years(text: str) -> int | None:
    match = re.fullmatch(r"(\d{1,3})([YMWD])", text)
    years = int(match[1]) // UNITS_A_YEAR[match[2]] if match else 0
    return years if 0 < years <= MOST_LIVED else None


def _years_between(birth: str, study: str) -> int | None:
    """How many birthdays there were between two dates."""
    if not (re.fullmatch(r"\d{8}", birth) and re.fullmatch(r"\d{8}", study)):
        return None
    years = int(study[:4]) - int(birth[:4]) - (study[4:] < birth[4:])
    return years if 0 < years <= MOST_LIVED else None
