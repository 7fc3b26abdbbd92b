"""Where a model's evidence lies, and what AUROC loses when a part of the images is blanked."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mammo_core.audit.blanking import BLANKED
from mammo_core.audit.figures import Figures
from mammo_core.audit.patient_means import estimate_means
from mammo_core.audit.zones import BREAST, ZONES

if TYPE_CHECKING:
    from mammo_core.predictions import PredictionTable

Answer = dict[str, Any]
Record = Mapping[str, Any]
ACROSS = "the whole breast, with its lesion and what of it lies in the border"


def measure_zones(figures: Figures, seed: int) -> Answer:
    """{zone: {"words", "area", "methods": {method: share of positive evidence}}}.

    An area's and a share's mean are over the images that have the zone.
    """
    names = {**ZONES, BREAST: ACROSS}
    return {name: _measure_zone(figures, name, words, seed) for name, words in names.items()}


def _measure_zone(figures: Figures, zone: str, words: str, seed: int) -> Answer:
    rows = np.vstack([figures.areas(zone)[None], figures.shares(zone)])
    area, *shares = estimate_means(rows, figures.patients, seed=seed)
    told = {name: share.to_json() for name, share in zip(figures.methods, shares, strict=True)}
    return {"words": words, "area": area.to_json(), "methods": told}


def measure_blanking(records: Sequence[Record], classes: Sequence[str]) -> Answer:
    """{what is blanked: {"words", "auroc", "difference", "p", "n_images"}}, the image itself first.

    AUROC is of the last class, by its probability, with the clustered interval. A difference is
    the blanked images' AUROC less that of the unaltered ones, over the same patients; p is
    DeLong's, clustered by patient.

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
    from mammo_core.metrics.paired_tests import compare_aurocs
    from mammo_core.metrics.pairing import Pair

    altered = [record["blanked"][name] for record in records]
    pair = Pair(_to_predictions(records, classes, altered), plain, len(classes) - 1)
    found = compare_aurocs(pair)
    return {
        "words": BLANKED[name][0],
        "auroc": found["auroc_a"],
        "difference": found["difference"],
        "p": found["delong_p"],
        "n_images": sum(a != r["probabilities"] for a, r in zip(altered, records, strict=True)),
    }


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
