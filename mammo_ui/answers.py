"""Answers about files that a user brings, to be taken along as tables."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.csv_text import to_csv
from mammo_core.file_prediction import FileAnswer, tabulate

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel


def offer_answers(
    answers: Sequence[FileAnswer],
    content: dict[str, Any],
    model: "StoredModel",
    threshold: float,
    *,
    key: str,
) -> None:
    """CSV and JSON of what was said, with the model and the threshold that it was said by.

    Args:
        answers: A row of the CSV each.
        content: What the JSON says of them.
        model: Who was asked.
        threshold: From which the last class is called.
        key: What tells these buttons from others on the page.
    """
    by = {"model": model.id, "threshold": threshold}
    rows = [by | row for row in tabulate(answers, model.classes, threshold)]
    with st.container(horizontal=True):
        st.download_button("CSV", to_csv(rows), "answers.csv", "text/csv", key=f"{key}_csv")
        text = json.dumps(by | content, indent=2)
        st.download_button("JSON", text, "answers.json", "application/json", key=f"{key}_json")
