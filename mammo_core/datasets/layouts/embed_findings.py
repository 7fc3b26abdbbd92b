"""What EMBED's findings say about a breast: the worst of them, by exam and side."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mammo_core.datasets.archive_tables import to_numbers
from mammo_core.datasets.naming import DENSITY_WORDS

if TYPE_CHECKING:
    import pandas as pd

BIRADS = {"N": "1", "B": "2", "P": "3", "A": "0", "S": "4", "M": "5", "K": "6"}
"""The assessment of each letter of `asses`, mildest first: recall (0) stands below 4."""
PATHOLOGY = {
    "5": "normal",
    "4": "benign",
    "3": "benign",
    "2": "benign",
    "6": None,
    "1": "malignant",
    "0": "malignant",
}
"""The fact behind each `path_severity`, mildest first.

0 invasive cancer, 1 cancer in situ, 2 high-risk lesion, 3 borderline lesion, 4 benign, 5 normal
tissue; 6, a cancer that is not of the breast, is neither benign nor what detectors look for.
"""
UNTOLD = ("", "X")
"""What stands for no assessment."""
SIDES = {"L": "L", "R": "R", "B": "LR", "": "LR"}
"""The breasts that a finding of each side is of; a finding without a side counts for both."""


def name_breasts(frame: "pd.DataFrame", side: str) -> "pd.Series[str]":
    """What is the same for a breast of an exam in both tables."""
    return frame["empi_anon"] + "|" + frame["acc_anon"] + "|" + frame[side]


def judge_breasts(findings: "pd.DataFrame") -> "pd.DataFrame":
    """`birads, pathology, is_unknown` of each breast of an exam, the worst of its findings."""
    import pandas as pd

    by_side = _spread(findings, findings["side"])
    assessed = _worst(by_side, "asses", BIRADS)
    if "path_severity" not in findings:
        return assessed.assign(birads=assessed["fact"], pathology=None)
    biopsied = findings[findings["path_severity"] != ""]
    known = biopsied.get("bside", biopsied["side"])
    at = known.where(known.isin(["L", "R", "B"]), biopsied["side"])
    proven = _worst(_spread(biopsied, at), "path_severity", PATHOLOGY)
    both = pd.concat([assessed, proven], axis=1, keys=["asses", "path"])
    return pd.DataFrame(
        {
            "birads": both["asses", "fact"],
            "pathology": both["path", "fact"],
            "is_unknown": both["asses", "is_unknown"].eq(True)
            | both["path", "is_unknown"].eq(True),
        }
    )


def _spread(findings: "pd.DataFrame", sides: "pd.Series[str]") -> "pd.DataFrame":
    """Each finding once for every breast it is of."""
    breasts = sides.map(SIDES).fillna("").map(list)
    spread = findings.assign(side=breasts).explode("side").dropna(subset="side")
    return spread.assign(breast=name_breasts(spread, "side"))


def _worst(
    findings: "pd.DataFrame", column: str, facts: Mapping[str, str | None]
) -> "pd.DataFrame":
    """`fact, is_unknown` of each breast by the gravest code that its findings have."""
    import pandas as pd

    grades = {code: grade for grade, code in enumerate(facts)}
    told = findings[~findings[column].isin(UNTOLD)]
    graded = pd.DataFrame(
        {
            "grade": told[column].map(grades),
            "is_unknown": ~told[column].isin(grades),
        }
    )
    worst = graded.groupby(told["breast"]).max()
    by_grade = dict(enumerate(facts.values()))
    return worst.assign(fact=worst["grade"].map(by_grade).astype(object))


def describe_exams(findings: "pd.DataFrame") -> "pd.DataFrame":
    """`density, age, source` of each exam, where all its findings agree."""
    import pandas as pd

    by_exam = findings.groupby("acc_anon")
    n_patients = by_exam["empi_anon"].nunique()

    def agreed(column: str) -> "pd.Series[str]":
        if column not in findings:
            return pd.Series("", index=n_patients.index)
        values = by_exam[column]
        return values.first().where((values.nunique() == 1) & (n_patients == 1), "")

    site = agreed("loc_num")
    return pd.DataFrame(
        {
            "density": agreed("tissueden").map(DENSITY_WORDS),
            "age": to_numbers(agreed("age_at_study")),
            "source": ("EMBED site " + site).where(site != "", "EMBED"),
        }
    )
