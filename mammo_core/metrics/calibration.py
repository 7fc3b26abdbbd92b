"""Whether probabilities of the positive class mean what they say."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from mammo_core.metrics.classification import divide
from mammo_core.metrics.estimate import Estimate
from mammo_core.metrics.gaps import estimate_parts, wilson_ends
from mammo_core.metrics.rate_rows import RateRows

Array = NDArray[np.floating]
N_BINS = 10
CLIP = 1e-6  # probabilities nearer to 0 or 1 have no finite logit worth fitting
MAX_STEPS = 50
MAX_SLOPE = 1e3  # beyond it the classes are separated and no finite slope exists


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows whose probability lies in [low, high), the last bin closed.

    Attributes:
        low: Lower edge.
        high: Upper edge.
        n: How many rows.
        mean_probability: What was promised.
        positive_share: What was kept, with its interval over patients.
    """

    low: float
    high: float
    n: int
    mean_probability: float
    positive_share: Estimate


def equal_width_edges(scores: Array) -> Array:
    """(11,) edges of ten bins that are equally wide, whatever the scores."""
    return np.arange(N_BINS + 1) / N_BINS


def equal_mass_edges(scores: Array) -> Array:
    """(up to 11,) edges of bins that hold equally many rows; fewer where scores are tied.

    Source: Nguyen and O'Connor 2015, doi:10.18653/v1/D15-1182.
    """
    inner = np.quantile(scores, np.arange(1, N_BINS) / N_BINS, method="higher")
    return np.concatenate([[0.0], np.unique(inner[(inner > 0) & (inner < 1)]), [1.0]])


BINNINGS: dict[str, Callable[[Array], Array]] = {
    "equal_width": equal_width_edges,
    "equal_mass": equal_mass_edges,
}
"""Each from (N,) scores to ascending edges from 0 to 1; a bin holds its lower edge."""


def bin_sums(
    scores: Array,
    is_positive: NDArray[np.bool_],
    patients: NDArray[np.integer],
    edges: Array | None = None,
) -> Array:
    """(patients, bins, 3) rows, sum of probabilities and positives in each bin.

    Args:
        scores: (N,) probabilities.
        is_positive: (N,).
        patients: (N,) 0, 1, ...
        edges: Of the bins, from 0 to 1; None for ten that are equally wide.
    """
    edges = equal_width_edges(scores) if edges is None else edges
    n_patients, n_bins = int(patients.max()) + 1, len(edges) - 1
    cells = patients * n_bins + np.searchsorted(edges[1:-1], scores, "right")
    weights = (None, scores, is_positive)
    sums = [np.bincount(cells, weights=w, minlength=n_patients * n_bins) for w in weights]
    return np.stack(sums, axis=-1).reshape(n_patients, n_bins, 3).astype(np.float64)


def squared_error_sums(
    scores: Array, is_positive: NDArray[np.bool_], patients: NDArray[np.integer]
) -> Array:
    """(patients, 2) sum of squared errors and rows."""
    return np.stack(
        [np.bincount(patients, weights=(scores - is_positive) ** 2), np.bincount(patients)], axis=-1
    )


def compute_ece(bins: Array) -> Array:
    """Expected calibration error of (bins, 3, ...) totals.

    Source: Naeini et al. 2015, doi:10.1609/aaai.v29i1.9602.
    """
    rows, promised, kept = bins[:, 0], bins[:, 1], bins[:, 2]
    return divide(np.abs(promised - kept).sum(axis=0), rows.sum(axis=0))


def compute_brier(errors: Array) -> Array:
    """Mean squared error of (2, ...) totals. Source: Brier 1950."""
    return divide(errors[0], errors[1])


def compute_mean_excess(bins: Array) -> Array:
    """Mean probability minus share of positives, of (bins, 3, ...) totals; above 0: too high.

    Source: "calibration in the large", Van Calster et al. 2019, doi:10.1186/s12916-019-1466-7.
    """
    rows, promised, kept = bins.sum(axis=0)
    return divide(promised - kept, rows)


def reliability_bins(
    scores: Array,
    is_positive: NDArray[np.bool_],
    patients: NDArray[np.integer],
    *,
    binning: str = "equal_width",
) -> list[ReliabilityBin]:
    """The bins that hold any row, in order.

    Intervals are Wilson's with patients as units: resampling a bin that holds no positive row, as
    the lowest often do, gives it no interval at all.

    Args:
        scores: (N,) probabilities.
        is_positive: (N,).
        patients: (N,) 0, 1, ...
        binning: One of `BINNINGS`.
    """
    edges = BINNINGS[binning](scores)
    bins = np.searchsorted(edges[1:-1], scores, "right")
    held = [(i, bins == i) for i in np.unique(bins)]
    rates = RateRows(is_positive, np.ones(len(scores), bool), patients)
    shares = estimate_parts([rates.measure(rows) for _, rows in held], wilson_ends)
    return [
        ReliabilityBin(
            low=float(edges[i]),
            high=float(edges[i + 1]),
            n=int(np.count_nonzero(rows)),
            mean_probability=float(scores[rows].mean()),
            positive_share=share,
        )
        for (i, rows), share in zip(held, shares, strict=True)
    ]


def fit_logistic(logits: Array, negatives: Array, positives: Array) -> tuple[Array, Array]:
    """(intercepts, slopes), each (B,), of logistic regressions of the truth on one logit.

    Newton's method with halved steps on B weightings of the same points at once. NaN where a
    weighting lacks a class or separates the classes, so that no finite fit exists.

    Args:
        logits: (M,) the regressor.
        negatives: (M, B) weight of the negatives at each point.
        positives: (M, B) weight of the positives.

    Source: Cox 1958, doi:10.1093/biomet/45.3-4.562.
    """
    x = logits[:, None].astype(np.float64)
    total = np.asarray(negatives + positives, np.float64)
    kept = np.stack([positives.sum(axis=0), np.einsum("mb,m->b", positives, logits)]).astype(float)
    fit = np.stack([np.zeros(total.shape[1]), np.ones(total.shape[1])])
    for _ in range(MAX_STEPS):
        step = _newton_step(x, total, kept, fit)
        fit = fit + _halved(x, total, kept, fit, step)
        if np.nanmax(np.abs(step), initial=0) < 1e-10:
            break
    has_fit = _is_overlapping(logits, negatives, positives) & (np.abs(fit[1]) < MAX_SLOPE)
    intercepts, slopes = np.where(has_fit, fit, np.nan)
    return intercepts, slopes


def to_logits(probabilities: Array) -> Array:
    """Logits of probabilities, clipped at 1e-6."""
    return logit(np.clip(probabilities, CLIP, 1 - CLIP))


def _newton_step(x: Array, total: Array, kept: Array, fit: Array) -> Array:
    p = expit(fit[0] + fit[1] * x)
    gradient = kept - np.stack([(total * p).sum(axis=0), (total * p * x).sum(axis=0)])
    curvature = total * p * (1 - p)
    a, b, c = (np.sum(curvature * power, axis=0) for power in (1.0, x, x * x))
    determinant = a * c - b * b
    step = np.stack([c * gradient[0] - b * gradient[1], a * gradient[1] - b * gradient[0]])
    return np.divide(step, determinant, out=np.zeros_like(step), where=determinant > 1e-12)


def _halved(x: Array, total: Array, kept: Array, fit: Array, step: Array) -> Array:
    """The step, halved for those weightings whose likelihood it would lower."""
    before = _likelihood(x, total, kept, fit)
    for _ in range(30):
        worse = _likelihood(x, total, kept, fit + step) < before - 1e-9 * np.abs(before)
        if not worse.any():
            break
        step = np.where(worse, step / 2, step)
    return step


def _likelihood(x: Array, total: Array, kept: Array, fit: Array) -> Array:
    softplus = np.logaddexp(0, fit[0] + fit[1] * x)
    return fit[0] * kept[0] + fit[1] * kept[1] - (total * softplus).sum(axis=0)


def _is_overlapping(logits: Array, negatives: Array, positives: Array) -> NDArray[np.bool_]:
    """(B,) whether the classes' ranges of the logit overlap, without which no fit exists."""
    column = logits[:, None]
    lows = [np.where(w > 0, column, np.inf).min(axis=0) for w in (negatives, positives)]
    highs = [np.where(w > 0, column, -np.inf).max(axis=0) for w in (negatives, positives)]
    return (highs[0] > lows[1]) & (highs[1] > lows[0])
