"""From a model's logits to the one number that a perturbation changes."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mammo_core.types import Contrast

Score = Literal["probability", "logit"]


def check_score(score: str) -> None:
    """See that it is one of the two.

    Raises:
        ValueError: For anything else.
    """
    if score not in get_args(Score):
        raise ValueError(f"score must be one of {get_args(Score)}, got {score!r}")


def read_scores(
    logits: NDArray[np.float32], target: int | Contrast, score: Score
) -> NDArray[np.float64]:
    """(M,) what (M, classes) logits say of the target.

    As a logit: that of the class, or of a contrast the difference of both. As a probability: the
    softmax over all classes, or of a contrast over its two alone, so that it too lies in [0, 1].
    """
    from scipy.special import softmax

    z = np.asarray(logits, dtype=np.float64)
    if isinstance(target, Contrast):
        z = z[:, [int(target.of), int(target.against)]]
        of = 0
        if score == "logit":
            return np.asarray(z[:, 0] - z[:, 1])
    else:
        of = int(target)
    return np.asarray(z[:, of] if score == "logit" else softmax(z, axis=1)[:, of])
