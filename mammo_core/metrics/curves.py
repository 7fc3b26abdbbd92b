"""ROC and precision-recall curves, few enough points to draw, no corner lost."""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.classification import divide

Array = NDArray[np.floating]
MAX_POINTS = 500


@dataclass(frozen=True, eq=False)
class Curve:
    """Points of a curve, from the threshold that calls nothing to the one that calls all.

    Attributes:
        x: (P,) false positive rate, or recall.
        y: (P,) true positive rate, or precision.
        thresholds: (P,) falling; a row is called where its score is at least the threshold.
            Infinite at a point where nothing is called.
    """

    x: Array
    y: Array
    thresholds: Array


def roc_curve(
    scores: Array, is_positive: NDArray[np.bool_], max_points: int = MAX_POINTS
) -> Curve | None:
    """The ROC curve from (0, 0) to (1, 1); None without rows of both kinds."""
    thresholds, hits, alarms = _count_calls(scores, is_positive)
    if not hits[-1] or not alarms[-1]:
        return None
    x, y = np.append(0, alarms / alarms[-1]), np.append(0, hits / hits[-1])
    return _thinned(x, y, np.append(np.inf, thresholds), max_points)


def precision_recall_curve(
    scores: Array, is_positive: NDArray[np.bool_], max_points: int = MAX_POINTS
) -> Curve | None:
    """The curve of precision over recall from the highest score on; None without positives."""
    thresholds, hits, alarms = _count_calls(scores, is_positive)
    if not hits[-1]:
        return None
    return _thinned(hits / hits[-1], divide(hits, hits + alarms), thresholds, max_points)


def choose_corners(x: Array, y: Array, max_points: int) -> NDArray[np.intp]:
    """Ascending positions of the ends and of the points that lie farthest off the rest's line.

    Points on a straight line between their neighbors are never chosen.

    Source: Douglas and Peucker 1973, doi:10.3138/FM57-6770-U75U-7727, the largest deviation first.
    """
    kept = {0, len(x) - 1}
    waiting = [_farthest(x, y, 0, len(x) - 1)]
    while waiting and len(kept) < max_points:
        distance, at, start, end = heapq.heappop(waiting)
        if distance > -1e-12:
            break
        kept.add(at)
        for part in ((start, at), (at, end)):
            heapq.heappush(waiting, _farthest(x, y, *part))
    return np.array(sorted(kept), dtype=np.intp)


def _farthest(x: Array, y: Array, start: int, end: int) -> tuple[float, int, int, int]:
    """(minus the largest distance from the chord, where, start, end)."""
    if end - start < 2:
        return 0.0, start, start, end
    dx, dy = x[end] - x[start], y[end] - y[start]
    inner = slice(start + 1, end)
    distances = np.abs(dx * (y[inner] - y[start]) - dy * (x[inner] - x[start]))
    distances /= max(float(np.hypot(dx, dy)), 1e-300)
    at = int(np.argmax(distances))
    return -float(distances[at]), start + 1 + at, start, end


def _thinned(x: Array, y: Array, thresholds: Array, max_points: int) -> Curve:
    kept = choose_corners(x, y, max_points)
    return Curve(x[kept], y[kept], thresholds[kept])


def _count_calls(
    scores: Array, is_positive: NDArray[np.bool_]
) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """(distinct scores falling, positives and negatives at or above each)."""
    order = np.argsort(-scores, kind="stable")
    ordered, positive = scores[order], is_positive[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    hits = np.cumsum(positive)[last]
    return ordered[last], hits, last + 1 - hits
