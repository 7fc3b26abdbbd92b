"""How often 95 % intervals hold the truth, in simulated studies whose truth is known.

`python -m benchmarks.coverage [STUDIES]` writes docs/coverage.md. A study has 100 patients with
four views each; scores are normal, with a correlation of .8 within a patient, and a distance
between the classes that gives the true AUROC, Phi(distance / sqrt 2).
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, stats
from scipy.special import expit, logit

from mammo_core.metrics.auroc import Z, clustered_covariance, compute_placements, estimate_auroc
from mammo_core.metrics.bootstrap import PatientSums, leave_out, resample, sum_by_patient
from mammo_core.metrics.estimate import Estimate, widen_certain
from mammo_core.metrics.intervals import INTERVALS
from mammo_core.metrics.operating_points import RATES, outcome_cells
from mammo_core.metrics.partial_auroc import (
    MAX_FPR,
    PartialAurocReplicates,
    compute_partial_auroc,
)
from mammo_core.metrics.rankings import AurocReplicates

Array = NDArray[np.float64]
STUDIES, PATIENTS, VIEWS, WITHIN = 1000, 100, 4, 0.8
SHARES, AUROCS = (0.3, 0.15, 0.06), (0.85, 0.95)
SPECIFICITY = 0.9
RATES_SHOWN = ("sensitivity", "specificity", "ppv", "npv")
BY_BOOTSTRAP = ("auroc", "partial_auroc", *RATES_SHOWN)
WAYS = {
    "auroc": "this project",
    "normal": "normal quantile",
    "wald": "Wald",
    "auroc percentile": "percentile bootstrap",
    "auroc bca": "BCa bootstrap",
    "independent": "rows independent",
}
"""Intervals of AUROC: key and title."""


@dataclass(frozen=True)
class Design:
    """A kind of study and what is true of it.

    Attributes:
        share: Of patients who are positive, in every view.
        auroc: The true one.
    """

    share: float
    auroc: float

    @property
    def distance(self) -> float:
        """Between the means of positive and negative scores, in standard deviations."""
        return float(np.sqrt(2) * stats.norm.ppf(self.auroc))

    @property
    def threshold(self) -> float:
        """The score at which the true specificity is `SPECIFICITY`."""
        return float(stats.norm.ppf(SPECIFICITY))

    def truths(self) -> dict[str, float]:
        """The true value of each number."""
        sensitivity = float(stats.norm.sf(self.threshold - self.distance))
        called = sensitivity * self.share + (1 - SPECIFICITY) * (1 - self.share)
        return {
            "auroc": self.auroc,
            "partial_auroc": self._partial_auroc(),
            "sensitivity": sensitivity,
            "specificity": SPECIFICITY,
            "ppv": sensitivity * self.share / called,
            "npv": SPECIFICITY * (1 - self.share) / (1 - called),
        }

    def _partial_auroc(self) -> float:
        def sensitivity(fpr: float) -> float:
            return float(stats.norm.cdf(self.distance + stats.norm.ppf(fpr)))

        area, by_chance = integrate.quad(sensitivity, 0, MAX_FPR)[0], MAX_FPR**2 / 2
        return float((1 + (area - by_chance) / (MAX_FPR - by_chance)) / 2)


@dataclass(frozen=True, eq=False)
class Study:
    """One simulated study; rows as in a prediction table."""

    scores: Array
    is_positive: NDArray[np.bool_]
    patients: NDArray[np.intp]


def draw_study(design: Design, rng: np.random.Generator, n_patients: int = PATIENTS) -> Study:
    """A study of that design."""
    patients = np.repeat(np.arange(n_patients), VIEWS)
    is_positive = (rng.random(n_patients) < design.share)[patients]
    shared = np.sqrt(WITHIN) * rng.normal(size=n_patients)[patients]
    own = np.sqrt(1 - WITHIN) * rng.normal(size=len(patients))
    return Study(design.distance * is_positive + shared + own, is_positive, patients)


def estimate_study(study: Study, threshold: float, seed: int) -> dict[str, Estimate]:
    """Every interval of a study: ways of AUROC, and what the bootstrap says by each `INTERVALS`."""
    return estimate_aurocs(study) | _estimate_by_bootstrap(study, threshold, seed)


def estimate_aurocs(study: Study) -> dict[str, Estimate]:
    """This project's interval of AUROC and those of others that need no bootstrap.

    These take the normal quantile, leave the logit scale, or take rows as independent. They have no
    interval of an AUROC of exactly 1.
    """
    own = estimate_auroc(study.scores, study.is_positive, study.patients)
    placements = compute_placements(study.scores, study.is_positive)
    auroc, rows = placements.auroc, np.arange(len(study.scores))
    if not 0 < auroc < 1:
        return {"auroc": own}
    clustered, naive = (
        float(np.sqrt(clustered_covariance([placements], study.is_positive, groups)[0, 0]))
        for groups in (study.patients, rows)
    )
    return {
        "auroc": own,
        "normal": _by_logit(auroc, clustered),
        "wald": Estimate(auroc, auroc - Z * clustered, auroc + Z * clustered),
        "independent": _by_logit(auroc, naive),
    }


def _by_logit(auroc: float, error: float) -> Estimate:
    reach = Z * error / (auroc * (1 - auroc))
    return Estimate(auroc, float(expit(logit(auroc) - reach)), float(expit(logit(auroc) + reach)))


def _estimate_by_bootstrap(study: Study, threshold: float, seed: int) -> dict[str, Estimate]:
    """By name of the number and way of the interval."""
    n = int(study.patients[-1]) + 1
    cells = outcome_cells(study.scores, study.is_positive, threshold)
    sums = PatientSums(sum_by_patient(cells, study.patients, 4, n))
    drawn, without = _draw(study, sums, n, seed)
    values = _compute_values(study, sums)
    return {
        f"{name} {way}": _widen(name, interval(value, drawn[name], without[name]), sums)
        for name, value in values.items()
        for way, interval in INTERVALS.items()
    }


def _draw(study: Study, sums: PatientSums, n: int, seed: int) -> list[dict[str, Array]]:
    """Replicates, and values with patients left out, of `BY_BOOTSTRAP`."""
    rated = (study.scores, study.is_positive, study.patients)
    statistics = {
        "auroc": AurocReplicates(*rated, n),
        "partial_auroc": PartialAurocReplicates(*rated, n),
        "outcomes": sums,
    }
    parts = (
        resample(statistics, n_patients=n, replicates=1000, seed=seed),
        leave_out(statistics, n_patients=n),
    )
    return [p | {name: RATES[name](*p["outcomes"]) for name in RATES_SHOWN} for p in parts]


def _compute_values(study: Study, sums: PatientSums) -> dict[str, float]:
    """The numbers of `BY_BOOTSTRAP` themselves."""
    return {
        "auroc": compute_placements(study.scores, study.is_positive).auroc,
        "partial_auroc": compute_partial_auroc(study.scores, study.is_positive),
        **{name: float(RATES[name](*sums.totals)) for name in RATES_SHOWN},
    }


def _widen(name: str, estimate: Estimate, sums: PatientSums) -> Estimate:
    """As `evaluate` does with rates."""
    if name not in RATES_SHOWN:
        return estimate
    alone = RATES[name](*sums.of_patients)
    return widen_certain(estimate, int(np.count_nonzero(~np.isnan(alone))))


def count_covered(design: Design, studies: int, seed: int = 0) -> dict[str, tuple[int, int]]:
    """(intervals that hold the truth, intervals there are) of each kind, of that many studies."""
    truths, rng = design.truths(), np.random.default_rng(seed)
    counted: dict[str, list[bool]] = defaultdict(list)
    for number in range(studies):
        study = draw_study(design, rng)
        for key, one in estimate_study(study, design.threshold, number).items():
            truth = truths.get(key.split()[0], design.auroc)
            if one.low is not None and one.high is not None:
                counted[key].append(one.low <= truth <= one.high)
    return {key: (sum(held), len(held)) for key, held in counted.items()}


def write_tables(found: Mapping[Design, Mapping[str, tuple[int, int]]], studies: int) -> str:
    """The text of docs/coverage.md."""
    return "\n".join([
        "# Coverage of the intervals",
        "",
        "Written by `make interval-coverage`; [statistics.md](statistics.md) explains the numbers.",
        "",
        f"Per cent of nominal 95 % intervals that hold the true value, in {studies} simulated "
        f"studies of {PATIENTS} patients with {VIEWS} views each (correlation {WITHIN:g} within a "
        f"patient). With {studies} studies a figure is good to "
        f"{100 * 1.96 * np.sqrt(0.95 * 0.05 / studies):.1f} points either way. Studies without "
        "that interval, for want of positive patients above all, are left out and counted behind "
        "a slash.",
        "",
        "## AUROC",
        "",
        *_tabulate_aurocs(found, studies),
        "",
        f"## Rates at a threshold of true specificity {SPECIFICITY:g}, and partial AUROC",
        "",
        *_tabulate_others(found, studies),
        "",
    ])  # fmt: skip


def _tabulate_aurocs(
    found: Mapping[Design, Mapping[str, tuple[int, int]]], studies: int
) -> Iterator[str]:
    yield from _head(["positive patients", "true AUROC", *WAYS.values()])
    for design, counted in found.items():
        cells = [_tell(counted.get(key, (0, 0)), studies) for key in WAYS]
        yield _line([f"{design.share:.0%}", f"{design.auroc:g}", *cells])


def _tabulate_others(
    found: Mapping[Design, Mapping[str, tuple[int, int]]], studies: int
) -> Iterator[str]:
    yield from _head(["positive patients", "true AUROC", "number", "truth", *INTERVALS])
    for design, counted in found.items():
        for name in BY_BOOTSTRAP[1:]:
            cells = [_tell(counted.get(f"{name} {way}", (0, 0)), studies) for way in INTERVALS]
            facts = [f"{design.share:.0%}", f"{design.auroc:g}", name.replace("_", " ")]
            yield _line([*facts, f"{design.truths()[name]:.3f}", *cells])


def _tell(counted: tuple[int, int], studies: int) -> str:
    held, n = counted
    missing = f" / {studies - n}" if n < studies else ""
    return f"{100 * held / n:.1f}{missing}" if n else "-"


def _head(titles: Sequence[str]) -> list[str]:
    return [_line(titles), "|" + " --- |" * len(titles)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main(words: Sequence[str]) -> None:
    """Simulate every design and write the tables."""
    studies = int(words[0]) if words else STUDIES
    designs = [Design(share, auroc) for share in SHARES for auroc in AUROCS]
    found = {design: count_covered(design, studies) for design in designs}
    file = Path(__file__).resolve().parents[1] / "docs" / "coverage.md"
    file.write_text(write_tables(found, studies), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
