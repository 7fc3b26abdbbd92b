"""How far two models are apart on each case."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.predictions import PredictionTable


def disagreement(
    a: PredictionTable, b: PredictionTable, positive: str | None = None
) -> NDArray[np.float64]:
    """(N,) absolute difference of both models' scores, in [0, 1], for the rows of `a`.

    NaN where `b` does not hold the row, or not the class.

    Args:
        a: A table at any level.
        b: Another at the same level, its rows in any order.
        positive: The class whose probability is the score; None is the last one of `a`.

    Raises:
        BadConfiguration: For a class that `a` does not know.
    """
    name = f"p_{a.classes[a.class_index(positive)]}"
    if name not in b.frame:
        return np.full(len(a), np.nan)
    scores = b.frame.set_index("image_id")[name].reindex(pd.Index(a.frame["image_id"]))
    return np.abs(a.frame[name].to_numpy(np.float64) - scores.to_numpy(np.float64))
