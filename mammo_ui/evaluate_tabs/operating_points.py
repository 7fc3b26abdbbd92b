"""Operating points: named thresholds with their rates."""

import streamlit as st

from mammo_ui import frame, results, state


def show(choice: state.Choice, evaluation: results.Evaluation) -> None:
    """A row a named operating point."""
    rows = [
        {
            "operating point": results.title_point(point["name"]),
            "threshold": point["threshold"],
            **{
                title: frame.estimate_text(point[key])
                for key, (title, _) in results.RATE_TITLES.items()
            },
        }
        for point in evaluation["operating_points"]
    ]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"threshold": st.column_config.NumberColumn(format="%.3f")},
    )
