"""What is said of one image, and what may be said."""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mammo_core.errors import BadConfiguration
from mammo_core.reviews import OPEN, REVIEW_STATUSES

LONGEST_TAG = 40
LONGEST_NOTE = 10_000
NOT_IN_TEXT = ("Cc", "Cs")
"""Unicode's control characters and halves of characters, which not every database can hold."""


@dataclass(frozen=True)
class Review:
    """What has been said of one image.

    Attributes:
        tags: In alphabetical order.
        note: Empty where there is none.
        status: A key of `REVIEW_STATUSES`.
        updated: When note or status were last written, ISO 8601 in UTC; empty for never.
    """

    tags: tuple[str, ...] = ()
    note: str = ""
    status: str = OPEN
    updated: str = ""


def count_reviews(reviews: Mapping[str, Review]) -> dict[str, Any]:
    """How many images have each tag, each status but open, and a note."""
    tags = Counter(tag for review in reviews.values() for tag in review.tags)
    states = Counter(review.status for review in reviews.values() if review.status != OPEN)
    return {
        "tags": dict(sorted(tags.items())),
        "status": {name: states[name] for name in REVIEW_STATUSES if states[name]},
        "notes": sum(bool(review.note) for review in reviews.values()),
    }


def check_tag(text: str) -> str:
    """The tag in a text, blanks at its ends and double ones left out.

    Raises:
        BadConfiguration: Where it is empty, too long, or holds a semicolon, which parts tags in
            files, or a control character.
    """
    tag = " ".join(text.split())
    if not 0 < len(tag) <= LONGEST_TAG or ";" in tag or not _is_plain(tag):
        raise BadConfiguration(
            f"Expected a tag of 1 to {LONGEST_TAG} characters without ';', got '{tag[:60]}'"
        )
    return tag


def check_note(text: str) -> str:
    """The note in a text, blanks at its ends left out.

    Raises:
        BadConfiguration: Where it is too long or holds control characters other than new lines.
    """
    note = "\n".join(text.splitlines()).strip()
    if len(note) > LONGEST_NOTE or not _is_plain(note.replace("\n", "").replace("\t", "")):
        raise BadConfiguration(
            f"Expected a note of at most {LONGEST_NOTE} characters without control characters, "
            f"got {len(note)} characters; shorten it"
        )
    return note


def check_status(status: str) -> str:
    """The status itself.

    Raises:
        BadConfiguration: For a status that there is not.
    """
    if status not in REVIEW_STATUSES:
        known = ", ".join(REVIEW_STATUSES)
        raise BadConfiguration(f"Expected a review status among {known}, got '{status}'")
    return status


def _is_plain(text: str) -> bool:
    return not any(unicodedata.category(character) in NOT_IN_TEXT for character in text)
