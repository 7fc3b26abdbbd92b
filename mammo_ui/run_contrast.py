"""In what the ticked runs of the Models page differ."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mammo_core.run import Run
from mammo_core.run_differences import Difference, diff_runs
from mammo_ui import frame
from mammo_ui.run_names import write_head


def show_differences(runs: Sequence[Run]) -> None:
    """The settings and facts that differ, a column a run; what is not as in A is bold."""
    differences = diff_runs(runs)
    st.subheader("What differs", anchor=False)
    if not differences:
        st.info("Nothing that is known of them differs: same settings, same data, same network.")
        return
    st.table([_write_row(row, runs) for row in differences], hide_index=True)
    st.caption(
        "Only what differs; bold is what is not as in A. A dash: not known, or without a part in "
        "that run."
    )


def _write_row(difference: Difference, runs: Sequence[Run]) -> dict[str, str]:
    row = {"": frame.plain(f"{difference.group}: {difference.key.replace('_', ' ')}")}
    first = difference.values[0]
    for place, (run, value) in enumerate(zip(runs, difference.values, strict=True)):
        text = write_value(value)
        is_other = place > 0 and value is not None and value != first
        row[write_head(place, run)] = f"**{text}**" if is_other else text
    return row


def write_value(value: Any) -> str:
    """A setting's value as Markdown."""
    if value is None:
        return frame.DASH
    if isinstance(value, list):
        return frame.plain((" x " if _are_numbers(value) else ", ").join(map(str, value)))
    return frame.as_text(value)


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) for value in values)
