"""How well a run did: AUROCs that were computed before and are kept in its folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mammo_core.errors import MammoError
from mammo_core.history import select_candidates
from mammo_core.model_store import StoredModel, file_sha256
from mammo_core.paths import read_json

UNDEFINED: Mapping[str, float | None] = {"value": None, "low": None, "high": None}
NOT_KEPT = "trained before validation predictions were kept, so that no interval is known"
NO_POSITIVE = "the validation images lack cases of the last class, or of the others"
FEW_PATIENTS = "too few patients for an interval"
UNFINISHED = "the best epoch so far; the interval comes with the end of the training"
NO_EPOCH = "no epoch is finished yet"
IMPORTED = "imported: how it was validated is not known here"
NOT_TESTED = "the test images have not been looked at with this model"
IN_SHORT = {
    NO_POSITIVE: "a class is missing",
    NO_EPOCH: "no epoch yet",
    IMPORTED: "not known",
    NOT_TESTED: "not looked at",
}
"""Why there is no value, for the cell of a table."""


@dataclass(frozen=True)
class Measured:
    """An AUROC of the last class against the rest, and what it was measured on.

    Attributes:
        estimate: {"value", "low", "high"}, null where undefined.
        dataset: None where nothing was measured.
        split: "val" or "test"; "all" for a dataset that is all test.
        level: What was counted: "image", "breast", "exam" or "patient".
        n: Cases, None where that is not known.
        patients: None where that is not known.
        reason: Why the value or its interval is missing; empty where neither is.
    """

    estimate: Mapping[str, float | None]
    dataset: str | None = None
    split: str = "val"
    level: str = "image"
    n: int | None = None
    patients: int | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """The fields by name."""
        return vars(self) | {"estimate": dict(self.estimate)}


NOTHING = Measured(UNDEFINED)


def read_validation(model: StoredModel) -> Measured:
    """What a finished training noted of its validation images in model.json."""
    training, dataset = model.card["training"], model.trained_on
    kept = training.get("validation")
    if kept:
        estimate = kept["auroc"]
        reason = _reason_of(estimate)
        return Measured(
            estimate, dataset, n=kept["images"], patients=kept["patients"], reason=reason
        )
    if not training.get("val"):
        return Measured(UNDEFINED, reason=IMPORTED)
    value = training["val"].get("auroc")
    reason = NO_POSITIVE if value is None else NOT_KEPT
    n = sum(model.card["dataset"].get("images", {}).get("val", {}).values())
    return Measured({**UNDEFINED, "value": value}, dataset, n=n or None, reason=reason)


def read_best_epoch(rows: Sequence[Mapping[str, Any]], dataset: str | None) -> Measured:
    """The best validation AUROC so far of an unfinished training."""
    candidates = select_candidates(rows)
    known = [row["val_auroc"] for row in candidates if isinstance(row.get("val_auroc"), float)]
    if not known:
        return Measured(UNDEFINED, dataset, reason=NO_POSITIVE if rows else NO_EPOCH)
    return Measured({**UNDEFINED, "value": max(known)}, dataset, reason=UNFINISHED)


def read_tests(model: StoredModel) -> tuple[Measured, ...]:
    """The kept evaluations on test images, those of the training's own dataset and images first.

    An evaluation counts only while the prediction table that it was computed from is there. Of a
    dataset that the model did not learn from "all" images are test images too.
    """
    paths, trained_on = (model.path / "evaluations").glob("*.*.*.mean.json"), model.trained_on
    found = [_read_test(path) for path in sorted(paths)]
    tests = [
        test
        for test in found
        if test and (test.split == "test" or (test.split == "all" and test.dataset != trained_on))
    ]
    return tuple(
        sorted(tests, key=lambda test: (test.dataset != trained_on, test.level != "image"))
    )


def _read_test(path: Path) -> Measured | None:
    """The AUROC of a kept evaluation, None where it is damaged or no longer of its table."""
    dataset, split, level, _, _ = path.name.rsplit(".", 4)
    table = path.parents[1] / "predictions" / f"{dataset}.parquet"
    try:
        content = read_json(path)
        if content["table_sha256"] != _digest(table, table.stat().st_mtime_ns):
            return None
        answer = content["answer"]
        estimate = answer["per_class"][answer["positive"]]["auroc"]
        counted = {"n": answer["n"], "patients": answer["patients"]}
    except (MammoError, OSError, KeyError, TypeError):
        return None
    return Measured(estimate, dataset, split, level, **counted, reason=_reason_of(estimate))


def _reason_of(estimate: Mapping[str, float | None]) -> str:
    if estimate["value"] is None:
        return NO_POSITIVE
    return FEW_PATIENTS if estimate["low"] is None else ""


@lru_cache(maxsize=1024)
def _digest(path: Path, version: int) -> str:
    return file_sha256(path)
