"""The bootstrap over patients, by weights: a patient drawn twice counts twice."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.rankings import AurocReplicates

Counts = NDArray[np.float32]
Statistic = Callable[[Counts], NDArray[np.floating]]
"""From (patients, b) counts to (..., b) replicates of a statistic."""

CHUNK = 16  # replicates at a time: their counts stay in the processor's cache
MOST_LEFT_OUT = 1000
"""Groups of a jackknife: beyond, it would cost more than the bootstrap that it serves."""


def resample(
    statistics: Mapping[str, Statistic], *, n_patients: int, replicates: int, seed: int
) -> dict[str, NDArray[np.floating]]:
    """Replicates of all statistics, each (..., replicates), from the same drawn patients.

    The draws depend on the seed and the number of patients alone, not on threads.

    Args:
        statistics: What to compute from each draw.
        n_patients: How many patients are drawn, with replacement, from as many.
        replicates: How often; with 0 all arrays are empty along their last axis.
        seed: Of the draws.
    """
    return _compute(statistics, _list_draws(n_patients, replicates, seed))


class Draws:
    """Patients drawn once for statistics that come later: a byte a patient and replicate.

    Attributes:
        n_patients: How many are drawn, with replacement, from as many.
    """

    def __init__(self, n_patients: int, *, replicates: int = 1000, seed: int = 0) -> None:
        """Draw as `resample` does."""
        self.n_patients = n_patients
        with _threads() as pool:  # that anyone is drawn 256 times has no chance worth a number
            draws = _list_draws(n_patients, replicates, seed)
            self._chunks = list(pool.map(lambda draw: draw().astype(np.uint8), draws))

    def resample(self, statistics: Mapping[str, Statistic]) -> dict[str, NDArray[np.floating]]:
        """Replicates of all statistics, each (..., replicates); see `resample`."""
        return _compute(statistics, [partial(chunk.astype, np.float32) for chunk in self._chunks])


def leave_out(
    statistics: Mapping[str, Statistic], *, n_patients: int
) -> dict[str, NDArray[np.floating]]:
    """All statistics, each (..., groups), without one group of patients after the other.

    A group is a single patient where there are at most `MOST_LEFT_OUT`; more are dealt into that
    many groups of equal size, whose jackknife estimates the same.

    Args:
        statistics: What to compute.
        n_patients: How many patients there are.
    """
    n_groups = min(n_patients, MOST_LEFT_OUT)
    groups = np.arange(n_patients) % n_groups
    chunks = [np.arange(start, min(start + CHUNK, n_groups)) for start in range(0, n_groups, CHUNK)]
    return _compute(statistics, [partial(_count_others, groups, chunk) for chunk in chunks])


def draw_patients(generator: np.random.Generator, n_patients: int, size: int) -> Counts:
    """(patients, size): how often each patient is in each of `size` draws."""
    counts = np.empty((n_patients, size), np.float32)
    for column in counts.T:
        drawn = generator.integers(0, n_patients, n_patients)
        column[:] = np.bincount(drawn, minlength=n_patients)
    return counts


class PatientSums:
    """Replicates of totals over rows, from their sums per patient.

    Attributes:
        totals: (...) over all patients, each once.
    """

    def __init__(self, sums: NDArray[np.number]) -> None:
        """Keep the sums: (patients, ...), any number of quantities."""
        self.totals: NDArray[np.float64] = sums.sum(axis=0, dtype=np.float64)
        self._sums = np.ascontiguousarray(sums.reshape(len(sums), -1), dtype=np.float32)

    @property
    def of_patients(self) -> NDArray[np.float32]:
        """(..., patients) the sums of each patient alone."""
        return np.moveaxis(self._sums.reshape(len(self._sums), *self.totals.shape), 0, -1)

    def __call__(self, counts: Counts) -> NDArray[np.float32]:
        """(..., b) totals for (patients, b) counts."""
        return (self._sums.T @ counts).reshape(*self.totals.shape, counts.shape[1])


def sum_by_patient(
    cells: NDArray[np.integer], patients: NDArray[np.integer], n_cells: int, n_patients: int
) -> NDArray[np.int64]:
    """(patients, n_cells): how many rows of each patient lie in each cell.

    Args:
        cells: (N,) in 0..n_cells - 1.
        patients: (N,) in 0..n_patients - 1.
        n_cells: How many cells there are.
        n_patients: How many patients there are.
    """
    flat = np.bincount(patients * n_cells + cells, minlength=n_patients * n_cells)
    return flat.reshape(n_patients, n_cells)


def bootstrap_auroc(
    scores: NDArray[np.floating],
    is_positive: NDArray[np.bool_],
    patients: NDArray[np.integer],
    *,
    replicates: int = 1000,
    seed: int = 0,
) -> NDArray[np.float64]:
    """(replicates,) AUROCs of drawn patients, NaN where a draw lacks positives or negatives."""
    n_patients = int(patients.max()) + 1
    statistic = AurocReplicates(scores, is_positive, patients, n_patients)
    drawn = resample({"auroc": statistic}, n_patients=n_patients, replicates=replicates, seed=seed)
    return drawn["auroc"].astype(np.float64)


def _compute(
    statistics: Mapping[str, Statistic], draws: Sequence[Callable[[], Counts]]
) -> dict[str, NDArray[np.floating]]:
    """All statistics of the counts that each draw makes, in their order, by threads."""

    def run(draw: Callable[[], Counts]) -> list[NDArray[np.floating]]:
        counts = draw()
        return [statistic(counts) for statistic in statistics.values()]

    with _threads() as pool:
        parts = list(pool.map(run, draws))
    return {name: _join(part[i] for part in parts) for i, name in enumerate(statistics)}


def _list_draws(n_patients: int, replicates: int, seed: int) -> list[Callable[[], Counts]]:
    """What draws the chunks, each from its own generator."""
    sizes = _chunk_sizes(replicates)
    generators = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(len(sizes)))
    return [
        partial(draw_patients, generator, n_patients, size)
        for generator, size in zip(generators, sizes, strict=True)
    ]


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(4, os.cpu_count() or 1))


def _count_others(groups: NDArray[np.integer], left_out: NDArray[np.integer]) -> Counts:
    """(patients, groups left out): 0 for the patients of each, 1 for the others."""
    return (groups[:, None] != left_out).astype(np.float32)


def _chunk_sizes(replicates: int) -> list[int]:
    whole, rest = divmod(replicates, CHUNK)
    # One empty chunk where nothing is drawn, so that every array still has its shape.
    return [CHUNK] * whole + [rest] * (rest > 0 or whole == 0)


def _join(parts: Iterable[NDArray[np.floating]]) -> NDArray[np.floating]:
    return np.concatenate(list(parts), axis=-1)
