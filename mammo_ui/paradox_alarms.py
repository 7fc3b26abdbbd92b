"""What keeps an AUROC over all cases from being taken as it stands, above subgroups and slices."""

import streamlit as st

from mammo_ui import frame, results

SHOWN = 3


def show_alarms(evaluation: results.Evaluation) -> None:
    """A sentence for each column whose values the model may rank instead of the cases."""
    found = [one["alarm"] for one in evaluation.get("paradox", []) if one["alarm"]]
    for text in found[:SHOWN]:
        st.warning(frame.plain(f"{text[:1].upper()}{text[1:]}."))
    if len(found) > SHOWN:
        rest = ", ".join(one["by"] for one in evaluation["paradox"] if one["alarm"])
        st.caption(frame.plain(f"The same holds for other columns: {rest}."))
