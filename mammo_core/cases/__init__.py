"""The cases behind the numbers: how right, how sure, how high each image's score is; which to show.

What does not depend on the threshold is computed once for a table; a filter then costs a look at
one small number a row, an order is sorted once, and only the cases on the screen are spelled out.
"""

from mammo_core.cases.columns import (
    UNKNOWN,
    Codes,
    Facet,
    Marks,
    classify,
    encode,
    encode_ages,
    mark,
)
from mammo_core.cases.filtering import Filters, Kept, keep, order_by
from mammo_core.cases.judgment import Cases, judge_cases

__all__ = [
    "UNKNOWN",
    "Cases",
    "Codes",
    "Facet",
    "Filters",
    "Kept",
    "Marks",
    "classify",
    "encode",
    "encode_ages",
    "judge_cases",
    "keep",
    "mark",
    "order_by",
]
