"""A list of cases as CSV that a spreadsheet opens without running anything in it."""

from collections.abc import Mapping

import pandas as pd

from mammo_core.csv_text import quote_texts
from mammo_core.reviews import OPEN
from mammo_core.reviews.review import Review


def write_cases(table: pd.DataFrame, reviews: Mapping[str, Review]) -> str:
    """The cases as CSV, with what was said of each.

    Args:
        table: As `Cases.table` returns it.
        reviews: By image id; an image that is not there has none.
    """
    found = [reviews.get(name) for name in table["image_id"]]
    said = table.assign(
        tags=["; ".join(review.tags) if review else "" for review in found],
        status=[review.status if review else OPEN for review in found],
        note=[review.note if review else "" for review in found],
    )
    return quote_texts(said).to_csv(index=False, lineterminator="\n")
