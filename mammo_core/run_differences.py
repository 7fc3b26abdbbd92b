"""What distinguishes runs: the settings and facts whose values differ."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any

from mammo_core.run import GROUPS, Run

IMPLIED = {
    "training": ("architecture", "image_size", "channels", "crop", "background"),
    "preprocessing": ("size",),
}
"""Keys of a group that say again what another group says."""
ONLY_WITH = {
    "patch": ("recipe", "patch_to_image"),
    "head_": ("recipe", "transfer"),
    "upper_": ("recipe", "transfer"),
    "focal_": ("loss", "focal"),
}
"""Settings that play no part unless another one has that value, by how their keys begin."""


@dataclass(frozen=True)
class Difference:
    """A fact in which runs differ.

    Attributes:
        group: "model", "data", "training", "preprocessing" or "made with".
        key: Its name there.
        values: One a run; None where it is not known or plays no part.
    """

    group: str
    key: str
    values: tuple[Any, ...]


def diff_runs(runs: Sequence[Run]) -> list[Difference]:
    """The facts that have two values or more among the runs, in the order of their groups.

    A setting that a training of ours does not name is one that came later: it had its default.
    """
    facts = [_complete(run.facts) for run in runs]
    keys = dict.fromkeys(
        (group, key) for each in facts for group, values in each.items() for key in values
    )
    rows = [
        Difference(group, key, tuple(each[group].get(key) for each in facts)) for group, key in keys
    ]
    differing = [row for row in rows if _differs(row.values)]
    return sorted(differing, key=lambda row: GROUPS.index(row.group))


def _differs(values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None]
    return any(value != known[0] for value in known)


def _complete(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The facts with defaults for what came later, without what is implied or plays no part."""
    from mammo_core.preprocess import Preprocess
    from mammo_core.training.configuration import TrainingConfiguration

    whole = {group: dict(values) for group, values in facts.items()}
    for group, kind in (("training", TrainingConfiguration), ("preprocessing", Preprocess)):
        if whole[group]:
            whole[group] = _defaults(kind) | whole[group]
    settings = whole["training"]
    whole["training"] = {key: value for key, value in settings.items() if plays_part(key, settings)}
    return {
        group: {key: v for key, v in values.items() if key not in IMPLIED.get(group, ())}
        for group, values in whole.items()
    }


def _defaults(kind: Any) -> dict[str, Any]:
    """The settings' defaults as JSON would hold them."""
    return {
        field.name: list(field.default) if isinstance(field.default, tuple) else field.default
        for field in fields(kind)
        if field.default is not MISSING
    }


def plays_part(key: str, settings: Mapping[str, Any]) -> bool:
    """Whether a setting plays a part in a training with these settings."""
    needed = [need for start, need in ONLY_WITH.items() if key.startswith(start)]
    return all(settings.get(other) == value for other, value in needed)
