"""Whether a model looks at the breast, in words."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from mammo_core.attribution import METHODS
from mammo_core.audit.blanking import BLANKED
from mammo_core.audit.rules import CHANCE, ERROR_RATE, FALL, FEWEST_PATIENTS, FOREIGN
from mammo_core.audit.zones import BREAST, ZONES
from mammo_core.plain_text import format_estimate
from mammo_core.wording import count

Answer = dict[str, Any]
Level = Literal["believe", "caution", "doubt"]
Rule = Callable[[Answer, Answer], str]
"""From zones and blanking to the words of a verdict, empty where the rule does not apply."""

UNTOLD = "Too few images to tell whether it ranks them better than chance"
NO_DISEASE = ("markers", "outside", "pectoral")
"""Parts that a model needs for nothing that it should know."""
NO_BREAST = ("markers", "border", "air")
"""Zones on which no evidence should gather."""


def judge_shortcuts(zones: Answer, blanking: Answer, *, n_explained: int, n_blanked: int) -> Answer:
    """{"level", "words", "reasons"} by the first of `RULES` that applies.

    Below `FEWEST_PATIENTS` the words say how few there are, and none is believed.

    Args:
        zones: Of `measure_zones`.
        blanking: Of `measure_blanking`; empty where nothing was blanked.
        n_explained: Patients whose images were explained; the zones are of them.
        n_blanked: Patients whose images were blanked.
    """
    reasons = [tell_fall(blanking, name) for name in NO_DISEASE if _falls(blanking, name)]
    reasons += [_tell_foreign(zones, name) for name in NO_BREAST if _draws(zones, name)]
    for level, tell in RULES:
        words = tell(zones, blanking)
        if words:
            return {"level": level, "words": words + _tell_few(n_blanked), "reasons": reasons}
    few = _tell_few(n_explained)
    words = _tell_breast(zones, blanking) + few
    return {"level": "caution" if reasons or few else "believe", "words": words, "reasons": reasons}


def _tell_few(n_patients: int) -> str:
    """How many patients there are, where they are too few; empty where they are not."""
    return f"; only {count(n_patients, 'patient')}" if n_patients < FEWEST_PATIENTS else ""


def middle_share(zones: Answer, zone: str) -> float | None:
    """The median over the methods but the controls of a zone's share; None where none has one."""
    methods = zones[zone]["methods"]
    shares = [m["value"] for name, m in methods.items() if not METHODS[name].is_control]
    known = [share for share in shares if share is not None]
    return float(np.median(known)) if known else None


def tell_fall(blanking: Answer, name: str) -> str:
    """By how much AUROC falls when a part is blanked."""
    before, after = (blanking[key]["auroc"]["value"] for key in ("nothing", name))
    return f"AUROC falls from {before:.2f} to {after:.2f} when {_tell_part(name)} blanked"


def _looks_at_tag(zones: Answer, blanking: Answer) -> str:
    if not _falls(blanking, "markers"):
        return ""
    return f"Looks at the tag: {tell_fall(blanking, 'markers')}: do not trust"


def _looks_beside(zones: Answer, blanking: Answer) -> str:
    for name in NO_DISEASE:
        if _falls(blanking, name):
            return f"Looks at {BLANKED[name][0]}: {tell_fall(blanking, name)}: do not trust"
    return ""


def _ranks_by_chance(zones: Answer, blanking: Answer) -> str:
    auroc: Answer = blanking["nothing"]["auroc"] if blanking else {"low": None}
    if auroc["low"] is None or auroc["low"] > CHANCE:
        return ""
    is_near = auroc["value"] <= CHANCE + FALL
    ranks = "Ranks these images no better than chance" if is_near else UNTOLD
    return f"{ranks} (AUROC {format_estimate(auroc)}), so that blanking cannot tell what it uses"


def _knows_without_breast(zones: Answer, blanking: Answer) -> str:
    auroc: Answer = blanking["breast"]["auroc"] if blanking else {"low": None}
    if auroc["low"] is None or auroc["low"] <= CHANCE or auroc["value"] <= CHANCE + FALL:
        return ""
    return f"Tells classes apart without the breast: AUROC {format_estimate(auroc)} with it blanked"


def _is_untested(zones: Answer, blanking: Answer) -> str:
    """Where AUROC, or its interval, is undefined even with nothing blanked."""
    if not blanking or blanking["nothing"]["auroc"]["low"] is not None:
        return ""
    looks = _tell_share(zones)
    return f"{looks}; too few images of one kind or the other to test it by blanking"


def _is_silent(zones: Answer, blanking: Answer) -> str:
    if middle_share(zones, BREAST) is not None:
        return ""
    return "No map says anything, so that nobody knows what it looks at"


RULES: tuple[tuple[Level, Rule], ...] = (
    ("doubt", _looks_at_tag),
    ("doubt", _looks_beside),
    ("caution", _ranks_by_chance),
    ("caution", _knows_without_breast),
    ("caution", _is_silent),
    ("caution", _is_untested),
)
"""In this order; where none applies, the model looks at the breast."""


def _tell_breast(zones: Answer, blanking: Answer) -> str:
    words = _tell_share(zones)
    difference = blanking["outside"]["difference"]["value"] if blanking else None
    if difference is None:
        return words
    return f"{words}; AUROC changes by {difference:+.2f} when {_tell_part('outside')} blanked"


def _tell_share(zones: Answer) -> str:
    return f"Looks at the breast: {middle_share(zones, BREAST):.0%} of attribution"


def _falls(blanking: Answer, name: str) -> bool:
    """Whether AUROC falls, by more than `FALL` and than chance has it, when a part is blanked.

    The fall from a perfect rank to none at all has no variance, and so no p; it counts where both
    AUROCs' own intervals lie apart.
    """
    if name not in blanking:
        return False
    found, before = blanking[name], blanking["nothing"]["auroc"]
    if found["difference"]["value"] is None or found["difference"]["value"] >= -FALL:
        return False
    if found["p"] is None:
        return _lies_below(found["auroc"], before)
    return bool(found["p"] < ERROR_RATE)


def _lies_below(one: Answer, other: Answer) -> bool:
    known = one["high"] is not None and other["low"] is not None
    return bool(known and one["high"] < other["low"])


def _draws(zones: Answer, zone: str) -> bool:
    """Whether a zone that is no breast holds far more evidence than its area would."""
    share, area = middle_share(zones, zone), zones[zone]["area"]["value"]
    return share is not None and area is not None and share > FOREIGN * area


def _tell_foreign(zones: Answer, zone: str) -> str:
    share, area = middle_share(zones, zone), zones[zone]["area"]["value"]
    return f"{share:.1%} of attribution lies on {area:.1%} of the picture: {ZONES[zone]}"


def _tell_part(name: str) -> str:
    return f"{BLANKED[name][0]} {'are' if name == 'markers' else 'is'}"
