"""The rule of a training that jumps."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mammo_core.training.course import WINDOW, Course, Finding, Row, read_column, take_measured

JUMP = 1.5
"""A validation loss that is so many times the last epoch's has jumped."""
FALL = 0.15
"""A validation AUROC that falls so far in one epoch has jumped."""


def judge_unstable(course: Course) -> Finding | None:
    """Twice in the last eight epochs the validation loss jumped up, having come down between.

    Or the validation AUROC fell twice by more than 0.15 and three standard errors.
    """
    rows = course.rows[-WINDOW:]
    losses = take_measured(rows, "val_loss")
    rises = np.diff(np.log(np.maximum(read_column(losses, "val_loss"), 1e-9)))
    jumps = np.flatnonzero(rises > math.log(JUMP))
    if len(jumps) > 1 and (rises[jumps[0] : jumps[-1]] < 0).any():
        return _tell_jumps(losses, jumps, "loss")
    scored = take_measured(rows, "val_auroc")
    limit = max(FALL, 3 * course.noise_at(course.auroc))
    falls = np.flatnonzero(-np.diff(read_column(scored, "val_auroc")) > limit)
    return _tell_jumps(scored, falls, "AUROC") if len(falls) > 1 else None


def _tell_jumps(rows: Sequence[Row], jumps: NDArray[np.int64], what: str) -> Finding:
    since = int(rows[int(jumps[0]) + 1]["epoch"])
    return Finding(f"unstable since epoch {since}, as its {what} jumps.", since)
