"""Where a model's evidence lies, and what AUROC loses when a part of the images is blanked."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mammo_core.audit.blanking import BLANKED, has_part
from mammo_core.audit.figures import Figures
from mammo_core.audit.patient_means import estimate_means
from mammo_core.audit.zones import BREAST, ZONES
from mammo_core.metrics.estimate import UNDEFINED

if TYPE_CHECKING:
    from mammo_core.predictions import PredictionTable

Answer = dict[str, Any]
Record = Mapping[str, Any]
NOT_THERE: Answer = {
    "auroc": UNDEFINED.to_json(),
    "difference": UNDEFINED.to_json(),
    "p": None,
    "reason": "no image has it, so that nothing was blanked",
}
"""What is told of a part that is not there."""
ACROSS = "the whole breast, with its lesion and what of it lies in the border"


def measure_zones(figures: Figures) -> Answer:
    """{zone: {"words", "area", "methods": {method: share of positive evidence}}}.

    An area's and a share's mean are over the images that have the zone.
    """
    names = {**ZONES, BREAST: ACROSS}
    return {name: _measure_zone(figures, name, words) for name, words in names.items()}


def _measure_zone(figures: Figures, zone: str, words: str) -> Answer:
    rows = np.vstack([figures.areas(zone)[None], figures.shares(zone)])
    area, *shares = estimate_means(rows, figures.patients, ranges=(0, 1))
    told = {name: share.to_json() for name, share in zip(figures.methods, shares, strict=True)}
    return {"words": words, "area": area.to_json(), "methods": told}


def measure_blanking(records: Sequence[Record], classes: Sequence[str]) -> Answer:
    """{what is blanked: {"words", "auroc", "difference", "p", "n_images", ...}}, nothing first.

    AUROC is of the last class, by its probability, with the clustered interval. A difference is
    the blanked images' AUROC less that of the unaltered ones, over the same patients; p is
    DeLong's, clustered by patient. `n_images` have the part, `n_changed` of them get another
    answer without it, and `reason` says why a number or its interval is missing.

    Args:
        records: One an image, as `measure_case` gives them.
        classes: Of the model, mildest first.
    """
    records = [r for r in records if r["label"] in classes and _is_answered(r)]
    if not records:
        return {}
    plain = _to_predictions(records, classes, [r["probabilities"] for r in records])
    found = {name: _measure_blanked(records, classes, plain, name) for name in BLANKED}
    unaltered = {"words": "nothing", "auroc": _estimate_auroc(plain), "n_images": len(records)}
    return {"nothing": unaltered, **found}


def _estimate_auroc(table: "PredictionTable") -> Answer:
    from mammo_core.metrics.auroc import estimate_auroc

    positive = len(table.classes) - 1
    scores, is_positive = table.probabilities[:, positive], table.labels == positive
    return estimate_auroc(scores, is_positive, table.patients).to_json()


def _measure_blanked(
    records: Sequence[Record], classes: Sequence[str], plain: "PredictionTable", name: str
) -> Answer:
    altered = [record["blanked"][name] for record in records]
    n_images = sum(has_part(name, record["areas"]) for record in records)
    n_changed = sum(a != r["probabilities"] for a, r in zip(altered, records, strict=True))
    told = {"words": BLANKED[name][0], "n_images": n_images, "n_changed": n_changed}
    if not n_images:
        return told | NOT_THERE
    return told | _compare(_to_predictions(records, classes, altered), plain, n_changed)


def _compare(blanked: "PredictionTable", plain: "PredictionTable", n_changed: int) -> Answer:
    """AUROC with a part blanked and by how much it differs; of equal answers nothing is tested."""
    from mammo_core.metrics.paired_tests import compare_aurocs
    from mammo_core.metrics.pairing import Pair

    found = compare_aurocs(Pair(blanked, plain, len(plain.classes) - 1))
    difference, p = found["difference"], found["delong_p"]
    if not n_changed:
        difference = {**difference, "low": None, "high": None}
    return {
        "auroc": found["auroc_a"],
        "difference": difference,
        "p": p,
        "reason": _tell_missing(difference, n_changed),
    }


def _tell_missing(difference: Answer, n_changed: int) -> str:
    """Why a difference has no interval, or is undefined; empty where it has both."""
    if difference["value"] is None:
        return "AUROC takes images of both kinds: of the last class and of others"
    if difference["low"] is not None:
        return ""
    if not n_changed:
        return "the model answers the same without it, so that nothing can be tested"
    if difference["value"] == 0:
        return "no image changes its rank, so that nothing can be tested"
    return "the images are of too few patients to test it"


def _is_answered(record: Record) -> bool:
    """Whether the model was asked about the blanked image, and every answer is a number."""
    answers = [record["probabilities"], *record["blanked"].values()]
    return bool(record["blanked"]) and all(p is not None for answer in answers for p in answer)


def _to_predictions(
    records: Sequence[Record], classes: Sequence[str], probabilities: Any
) -> "PredictionTable":
    import pandas as pd

    from mammo_core.predictions import PredictionTable

    columns = {name: [r[name] for r in records] for name in ("image_id", "patient_id", "label")}
    frame = pd.DataFrame(columns)
    frame["patient_id"] = frame["patient_id"].fillna(frame["image_id"])
    for k, name in enumerate(classes):
        frame[f"p_{name}"] = np.array(probabilities, dtype=np.float64)[:, k]
    return PredictionTable(frame, tuple(classes))
