"""What was said of the images of a choice; read once, kept until somebody says more."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from mammo_core.errors import BadDatabase
from mammo_core.reviews import OPEN

if TYPE_CHECKING:
    import pandas as pd

    from mammo_core.cases import Facet
    from mammo_core.reviews.review import Review
    from mammo_ui.state import Choice

LOG = logging.getLogger(__name__)
HAS_NOTE, NO_NOTE = "has a note", "no note"
UNREADABLE = -1
"""The revision of reviews that cannot be read: as if nothing had been said."""


class ReviewsKey(NamedTuple):
    """Which reviews, and how often they were changed."""

    dataset: str
    place: str
    revision: int


def key_of(choice: "Choice") -> ReviewsKey:
    """The present reviews of the choice's dataset."""
    from mammo_core.reviews.reviews import open_reviews

    dataset = str(choice.dataset)
    try:
        reviews = open_reviews()
        url = reviews.database.engine.url.render_as_string()
        return ReviewsKey(dataset, url, reviews.revision(dataset))
    except BadDatabase as error:
        LOG.warning("%s", error)
        return ReviewsKey(dataset, "", UNREADABLE)


def tell_fault() -> str | None:
    """Why nothing can be said of images now, None where it can."""
    from mammo_core.reviews.reviews import open_reviews

    try:
        open_reviews()
    except BadDatabase as error:
        return str(error)
    return None


@lru_cache(maxsize=4)
def read(key: ReviewsKey) -> "dict[str, Review]":
    """The reviews of those images of which anything was said."""
    if key.revision == UNREADABLE:
        return {}
    from mammo_core.reviews.reviews import open_reviews

    return open_reviews().read_all(key.dataset)


def known_tags(choice: "Choice") -> list[str]:
    """The tags that images of the dataset have."""
    return sorted({tag for review in read(key_of(choice)).values() for tag in review.tags})


def describe(reviews: "dict[str, Review]", image_id: str) -> dict[str, Any]:
    """Tags, status and note of one image."""
    found = reviews.get(image_id)
    if found is None:
        return {"tags": (), "status": OPEN, "note": ""}
    return {"tags": found.tags, "status": found.status, "note": found.note}


def build_facets(key: ReviewsKey, image_ids: "pd.Series") -> "dict[str, Facet]":
    """The facets "tag", "status" and "note" of the images with these ids."""
    from mammo_core.cases import classify, mark

    reviews = read(key)
    by_tag = _group((tag, name) for name, review in reviews.items() for tag in review.tags)
    noted = [name for name, review in reviews.items() if review.note]
    by_status = _group((review.status, name) for name, review in reviews.items())
    return {
        "tag": mark(image_ids, dict(sorted(by_tag.items()))),
        "status": classify(image_ids, by_status, OPEN),
        "note": classify(image_ids, {HAS_NOTE: noted} if noted else {}, NO_NOTE),
    }


def _group(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for value, image_id in pairs:
        groups[value].append(image_id)
    return groups
