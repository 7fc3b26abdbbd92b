"""What an evaluation's answer holds, so that a kept one that lost a part is known for damaged."""

from typing import Any

NUMBER = (int, float)
PARTS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("n", "patients"), (int,)),
    **dict.fromkeys(("split", "level", "aggregation", "positive"), (str,)),
    **dict.fromkeys(("classes", "confusion", "warnings"), (list,)),
    **dict.fromkeys(("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"), (dict,)),
    **dict.fromkeys(("mcc", "cohen_kappa", "linear_kappa", "quadratic_kappa"), (dict,)),
    **dict.fromkeys(
        ("macro_auroc", "per_class", "prevalence", "calibration", "bootstrap"), (dict,)
    ),
    **dict.fromkeys(("operating_points", "reliability", "decision_curve"), (list,)),
    **dict.fromkeys(("subgroups", "paradox"), (list,)),
    "target_prevalence": (*NUMBER, type(None)),
}
"""Each part by its name, and the kinds that it may have."""


def is_whole(answer: Any) -> bool:
    """Whether a kept answer has each part, of its kind, and the numbers of each class."""
    if not isinstance(answer, dict):
        return False
    if not all(isinstance(answer.get(name), kinds) for name, kinds in PARTS.items()):
        return False
    return set(answer["per_class"]) == set(answer["classes"])
