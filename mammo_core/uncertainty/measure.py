"""What a page, a table and the command line say of one measure of uncertainty."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """How unsure a model is of each row; more is less sure.

    Attributes:
        title: Its name in the literature.
        says: What is high where it is high, in a sentence.
        highest: The largest value that any number of classes can give; the smallest is 0.
        reference: Author, year and DOI or arXiv.
        compute: From (N, K) probabilities to (N,); for measures of several passes from (P, N, K).
    """

    title: str
    says: str
    highest: float
    reference: str
    compute: Callable[[Array], Array]
