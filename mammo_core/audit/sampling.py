"""Which images an audit looks at, the telling ones first."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mammo_core.attribution import Attribution
from mammo_core.audit.options import DEAR, SAMPLINGS, AuditOptions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Work:
    """What is to be done on one image.

    Attributes:
        image_id: Which one.
        explaining: The methods whose maps are measured; none where it is only blanked.
        explaining_again: The methods that are explained again and again; some of the former.
    """

    image_id: str
    explaining: tuple[str, ...]
    explaining_again: tuple[str, ...]


def order_images(index: "pd.DataFrame", seed: int) -> list[str]:
    """All image ids, those of each label in turn, images with a marked lesion before others.

    The first few thus hold lesions of each kind, and a longer sample holds every shorter one.
    Within a label the order is that of a digest of seed and id, so that other images change
    nothing.
    """
    groups: dict[str, list[tuple[bool, str, str]]] = {}
    marked = index["mask_path"].notna()
    labels = index["label"].fillna("")
    for image_id, label, has_mask in zip(index["image_id"], labels, marked, strict=True):
        digest = hashlib.sha256(f"{seed}:{image_id}".encode()).hexdigest()
        groups.setdefault(str(label), []).append((not has_mask, digest, str(image_id)))
    queues = [[one for *_, one in sorted(groups[label])] for label in sorted(groups)]
    rounds = range(max(map(len, queues), default=0))
    return [queue[k] for k in rounds for queue in queues if k < len(queue)]


def plan_work(
    image_ids: Sequence[str], methods: Mapping[str, Attribution], options: AuditOptions
) -> list[Work]:
    """What is done on each image: dear methods see the first ones only, blanking goes on longest.

    Args:
        image_ids: As `order_images` gives them.
        methods: By name.
        options: Its `sampling` says how many.
    """
    sampling = SAMPLINGS[options.sampling]
    explained = image_ids[: options.n_images]
    seen = image_ids[: max(len(explained), _count(image_ids, sampling.blanked_images))]
    dear = _count(explained, sampling.dear_images)
    again = _count(explained, sampling.method_images)
    dear_again = _count(explained, sampling.dear_method_images)
    return [
        Work(
            image_id,
            _choose(methods, k, len(explained), dear),
            _choose(methods, k, again, dear_again),
        )
        for k, image_id in enumerate(seen if options.blanking else explained)
    ]


def _count(image_ids: Sequence[str], limit: int | None) -> int:
    return len(image_ids[:limit])


def _choose(methods: Mapping[str, Attribution], k: int, cheap: int, dear: int) -> tuple[str, ...]:
    """The methods that see the image at place k."""
    limits = {name: dear if method.cost > DEAR else cheap for name, method in methods.items()}
    return tuple(name for name, limit in limits.items() if k < limit)
