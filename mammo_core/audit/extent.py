"""How much an audit looked at, so that a smaller one does not take a larger one's place."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from mammo_core.attribution import METHODS, choose_methods
from mammo_core.audit.leaderboard import BARS
from mammo_core.audit.options import AuditOptions
from mammo_core.audit.sampling import order_images, plan_work
from mammo_core.evidence import METHOD_METRICS, METRICS
from mammo_core.wording import count

if TYPE_CHECKING:
    import pandas as pd

SAME = ("model_sha256", "dataset_version", "split")
"""What two audits must share to be held against each other; their seed besides."""
Record = dict[str, Any]


@dataclass(frozen=True)
class Extent:
    """How much an audit looked at.

    Attributes:
        metrics: The measures' names.
        images: {method: images that it was asked about, refused ones among them}; under "" those
            that were blanked, under "again" those explained again.
    """

    metrics: frozenset[str]
    images: Mapping[str, int]

    @classmethod
    def of(cls, summary: Record) -> Self:
        """That of a finished audit."""
        images = Counter({name: one["n"] for name, one in summary["verdicts"].items()})
        images.update({name: one["n"] for name, one in summary["refused"].items()})
        images["again"] = summary["explained_again"]
        images[""] = summary["shortcuts"]["blanking"].get("nothing", {}).get("n_images", 0)
        return cls(frozenset(name for row in summary["methods"].values() for name in row), images)

    @classmethod
    def foresee(cls, index: "pd.DataFrame", options: AuditOptions) -> Self:
        """That of an audit before it starts, where no image is kept out of it.

        Args:
            index: Rows of the images of the split, as `order_images` takes them.
            options: Of the audit.
        """
        methods = choose_methods(list_asked(options))
        works = plan_work(order_images(index, options.seed), methods, options)
        metrics = frozenset(options.metrics or (*METRICS, *METHOD_METRICS))
        images = Counter(name for work in works for name in work.explaining)
        explains_again = bool(metrics & METHOD_METRICS.keys())
        images["again"] = sum(explains_again and bool(work.explaining_again) for work in works)
        images[""] = len(works) if options.blanking else 0
        return cls(metrics, images)

    def is_within(self, other: Self) -> bool:
        """Whether it holds nothing that the other has not, and something less."""
        names = self.images.keys() | other.images.keys()
        pairs = [(self.images.get(name, 0), other.images.get(name, 0)) for name in names]
        is_no_more = self.metrics <= other.metrics and all(own <= its for own, its in pairs)
        return is_no_more and (self.metrics < other.metrics or any(own < its for own, its in pairs))


def list_asked(options: AuditOptions) -> dict[str, None]:
    """The names of the methods that an audit asks, the controls that are bars among them."""
    return dict.fromkeys([*(options.methods or METHODS), *BARS])


def is_smaller(summary: Record, kept: Record | None) -> bool:
    """Whether an audit is a part of a kept one of the same network, images and seed."""
    if kept is None or any(summary[name] != kept[name] for name in SAME):
        return False
    if summary["options"]["seed"] != kept["options"]["seed"]:
        return False
    return Extent.of(summary).is_within(Extent.of(kept))


def tell_larger(summary: Record, kept: Record | None) -> str:
    """What is said of a kept audit that a smaller one left in its place; empty where it did not."""
    if kept is None or not is_smaller(summary, kept):
        return ""
    larger = f"the larger audit of {count(kept['n'], 'image')} stays"
    return f"This answer is not kept: {larger}; --replace puts this one in its place."
