"""What people say of images: tags, notes, the state of their review; kept in one database.

`database.py` opens it, `schema.py` holds its tables, `reviews.py` reads and writes them,
`review.py` is what is said of one image.
"""

OPEN = "open"
"""The status of an image of which nobody has said anything yet."""

REVIEW_STATUSES = {
    OPEN: "open",
    "reviewed": "reviewed",
    "label_doubtful": "label doubtful",
    "image_poor": "image poor",
    "exclude": "exclude",
}
"""How far the review of an image is, and what came of it: the stored name and the title."""
