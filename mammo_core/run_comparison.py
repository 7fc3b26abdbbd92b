"""Two runs on the same images: paired differences from prediction tables that are kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mammo_core.errors import MammoError
from mammo_core.run import Run

VALIDATION = "validation.parquet"
"""The predictions of the validation images at a training's end, beside its model.json."""


@dataclass(frozen=True)
class PairedRuns:
    """What two runs say of the same images.

    Attributes:
        dataset: Its name.
        split: "val", "test" or "all".
        answer: As the verb `compare` prints it; None where the tables cannot be paired.
        fault: Why they cannot; else empty.
    """

    dataset: str
    split: str
    answer: dict[str, Any] | None
    fault: str = ""


def compare_runs(a: Run, b: Run) -> list[PairedRuns]:
    """The paired comparisons of all tables that both runs have, validation images first.

    Test images take part only where both runs have been evaluated on them before, so that nobody
    looks at a test set for the first time here.
    """
    return [
        _compare(dataset, split, *tables) for dataset, split, *tables in _find_common_tables(a, b)
    ]


def _find_common_tables(a: Run, b: Run) -> Iterator[tuple[str, str, Path, Path]]:
    """(dataset, split, table of a, table of b)."""
    kept = [run.path / VALIDATION for run in (a, b)]
    if a.dataset and a.dataset == b.dataset and all(path.is_file() for path in kept):
        yield a.dataset, "val", kept[0], kept[1]
    tested = [dict.fromkeys((test.dataset, test.split) for test in run.tests) for run in (a, b)]
    for dataset, split in tested[0]:
        if dataset is not None and (dataset, split) in tested[1]:
            name = f"predictions/{dataset}.parquet"
            yield dataset, split, a.path / name, b.path / name


def _compare(dataset: str, split: str, a: Path, b: Path) -> PairedRuns:
    try:
        versions = a.stat().st_mtime_ns, b.stat().st_mtime_ns
        return PairedRuns(dataset, split, _compare_tables(a, b, versions, split))
    except MammoError as error:
        return PairedRuns(dataset, split, None, str(error))


@lru_cache(maxsize=32)
def _compare_tables(a: Path, b: Path, versions: tuple[int, int], split: str) -> dict[str, Any]:
    from mammo_core.metrics.comparison import compare
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.predictions import read_predictions

    options = EvaluationOptions(split=split, bootstrap=0)  # AUROC's interval needs no replicates
    return compare(read_predictions(a), read_predictions(b), options)
