"""Whether a model looks at the breast: where its evidence lies, and what it misses if blanked."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mammo_core.attribution import METHODS
from mammo_core.audit.blanking import BLANKED
from mammo_core.audit.figures import Figures
from mammo_core.audit.patient_means import estimate_means
from mammo_core.audit.rules import CHANCE, FALL, FOREIGN
from mammo_core.audit.zones import BREAST, ZONES
from mammo_core.plain_text import format_estimate

Answer = dict[str, Any]
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


def measure_blanking(figures: Figures, classes: Sequence[str]) -> Answer:
    """{what is blanked: {"words", "auroc", "difference", "p", "n_images"}}, the image itself first.

    AUROC is of the last class, by its probability, with the clustered interval; a difference is
    that of the blanked images' AUROC from that of the unaltered ones, over the same patients.
    """
    records = [r for r in figures.records if r["label"] in classes and _is_answered(r)]
    if not records:
        return {}
    plain = _to_predictions(records, classes, [r["probabilities"] for r in records])
    found = {}
    for name, (words, _) in BLANKED.items():
        altered = [record["blanked"][name] for record in records]
        found[name] = {
            "words": words,
            **_compare(plain, _to_predictions(records, classes, altered)),
            "n_images": sum(a != r["probabilities"] for a, r in zip(altered, records, strict=True)),
        }
    unaltered = {"words": "nothing", "auroc": next(iter(found.values())).pop("unaltered")}
    for one in found.values():
        one.pop("unaltered", None)
    return {"nothing": unaltered, **found}


def _is_answered(record: Mapping[str, Any]) -> bool:
    """Whether the model was asked about the blanked image, and every answer is a number."""
    answers = [record["probabilities"], *record["blanked"].values()]
    return bool(record["blanked"]) and all(p is not None for answer in answers for p in answer)


def _to_predictions(
    records: Sequence[Mapping[str, Any]], classes: Sequence[str], probabilities: Any
) -> Any:
    import pandas as pd

    from mammo_core.predictions import PredictionTable

    columns = {name: [r[name] for r in records] for name in ("image_id", "patient_id", "label")}
    frame = pd.DataFrame(columns)
    frame["patient_id"] = frame["patient_id"].fillna(frame["image_id"])
    for k, name in enumerate(classes):
        frame[f"p_{name}"] = np.array(probabilities, dtype=np.float64)[:, k]
    return PredictionTable(frame, tuple(classes))


def _compare(plain: Any, altered: Any) -> Answer:
    from mammo_core.metrics.paired_tests import compare_aurocs
    from mammo_core.metrics.pairing import Pair

    found = compare_aurocs(Pair(altered, plain, len(plain.classes) - 1))
    return {
        "auroc": found["auroc_a"],
        "unaltered": found["auroc_b"],
        "difference": found["difference"],
        "p": found["delong_p"],
    }


def judge_shortcuts(zones: Answer, blanking: Answer) -> Answer:
    """{"level", "words", "reasons"}: whether the model looks at the breast, by the rules."""
    falls = [name for name in ("markers", "outside", "pectoral") if _falls(blanking, name)]
    on_breast = middle_share(zones, BREAST)
    reasons = [_tell_fall(blanking, name) for name in falls]
    reasons += [
        _tell_foreign(zones, name) for name in ("markers", "border", "air") if _draws(zones, name)
    ]
    if "markers" in falls:
        return _answer("doubt", f"Looks at the tag: {reasons[0]}: do not trust", reasons)
    if falls:
        return _answer(
            "doubt", f"Looks at {BLANKED[falls[0]][0]}: {reasons[0]}: do not trust", reasons
        )
    if _is_chance(blanking):
        words = (
            "Ranks these images no better than chance, so that blanking cannot tell what it uses"
        )
        return _answer("caution", words, [*reasons, _tell_plain(blanking)])
    if _knows_without_breast(blanking):
        without = format_estimate(blanking["breast"]["auroc"])
        words = f"Tells classes apart without the breast: AUROC {without} with it blanked"
        return _answer("caution", words, reasons)
    if on_breast is None:
        return _answer(
            "caution", "No map says anything, so that nobody knows what it looks at", reasons
        )
    words = f"Looks at the breast: {on_breast:.0%} of attribution"
    if blanking:
        words += f"; {_tell_change(blanking, 'outside')}"
    return _answer("caution" if reasons else "believe", words, reasons)


def middle_share(zones: Answer, zone: str) -> float | None:
    """The median over the methods but the controls of a zone's share; None where none has one."""
    methods = zones[zone]["methods"]
    shares = [m["value"] for name, m in methods.items() if not METHODS[name].is_control]
    known = [share for share in shares if share is not None]
    return float(np.median(known)) if known else None


def _answer(level: str, words: str, reasons: list[str]) -> Answer:
    return {"level": level, "words": words, "reasons": reasons}


def _falls(blanking: Answer, name: str) -> bool:
    """Whether AUROC falls, by more than `FALL` and than chance has it, when a part is blanked.

    The fall from a perfect rank to none at all has no interval, as neither AUROC varies; it counts
    where both AUROCs' own intervals lie apart.
    """
    if name not in blanking:
        return False
    difference, after = blanking[name]["difference"], blanking[name]["auroc"]
    before = blanking["nothing"]["auroc"]
    if difference["value"] is None or difference["value"] >= -FALL:
        return False
    if difference["high"] is None:
        return bool(_lies_below(after, before))
    return bool(difference["high"] < 0)


def _lies_below(one: Answer, other: Answer) -> bool:
    return one["high"] is not None and other["low"] is not None and one["high"] < other["low"]


def _is_chance(blanking: Answer) -> bool:
    low = blanking["nothing"]["auroc"]["low"] if blanking else None
    return low is not None and low <= CHANCE


def _knows_without_breast(blanking: Answer) -> bool:
    if not blanking:
        return False
    auroc = blanking["breast"]["auroc"]
    return auroc["low"] is not None and auroc["low"] > CHANCE and auroc["value"] > CHANCE + FALL


def _draws(zones: Answer, zone: str) -> bool:
    """Whether a zone that is no breast holds far more evidence than its area would."""
    share, area = middle_share(zones, zone), zones[zone]["area"]["value"]
    return share is not None and area is not None and share > FOREIGN * area


def _tell_foreign(zones: Answer, zone: str) -> str:
    share, area = middle_share(zones, zone), zones[zone]["area"]["value"]
    return f"{share:.0%} of attribution lies on {area:.0%} of the picture: {ZONES[zone]}"


def _tell_fall(blanking: Answer, name: str) -> str:
    before, after = (blanking[key]["auroc"]["value"] for key in ("nothing", name))
    part = f"{BLANKED[name][0]} {_is_are(name)}"
    return f"AUROC falls from {before:.2f} to {after:.2f} when {part} blanked"


def _tell_change(blanking: Answer, name: str) -> str:
    difference = blanking[name]["difference"]["value"]
    if difference is None:
        return "AUROC is undefined on these images"
    return f"AUROC changes by {difference:+.2f} when {BLANKED[name][0]} {_is_are(name)} blanked"


def _tell_plain(blanking: Answer) -> str:
    return f"AUROC {format_estimate(blanking['nothing']['auroc'])}"


def _is_are(name: str) -> str:
    return "are" if name == "markers" else "is"
