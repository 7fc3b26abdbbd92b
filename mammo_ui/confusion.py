"""Confusion matrices: how they are asked for, drawn, and opened cell by cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mammo_core.wording import count
from mammo_ui import charts, state
from mammo_ui.charts import Row, Spec
from mammo_ui.theme import MUTED

RULES = {"threshold": "At the threshold", "class": "Most probable class"}
NUMBERS = {"n": "Counts", "of_row": "% of row", "of_column": "% of column"}
FORMATS = {"n": ",d", "of_row": ".1%", "of_column": ".1%"}
WHOLES = {"n": "row", "of_row": "row", "of_column": "column"}
CELLS = (("TN", "FP"), ("FN", "TP"))
"""Outcomes by truth (negative, positive) and call (not called, called)."""
DARK_FROM = 0.45


@dataclass(frozen=True)
class Look:
    """How a matrix is shown.

    Attributes:
        rule: A key of `RULES`: by what a case counts as predicted.
        number: A key of `NUMBERS`: what its cells say.
        hides_diagonal: Whether the right answers are left out, so that the mistakes differ.
    """

    rule: str = "class"
    number: str = "n"
    hides_diagonal: bool = False


def choose_look() -> Look:
    """Draw the matrix's switches and return what they say."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Matrix:", width="content")
        rule = _choose("Predicted by", RULES, key="matrix")
        number = _choose("Cells show", NUMBERS, key="cells")
        hides = st.checkbox(
            "Hide the diagonal", key="mistakes", bind="query-params", persist_state="session",
            width="content", help="Leaves the right answers out and shades the mistakes anew.",
        )  # fmt: skip
    return Look(rule, number, hides)


def _choose(label: str, options: Mapping[str, str], *, key: str) -> str:
    return st.segmented_control(
        label, list(options), default=next(iter(options)), required=True, key=key,
        format_func=options.get, label_visibility="collapsed", bind="query-params",
        persist_state="session",
    )  # fmt: skip


def show_by_class(evaluation: Mapping[str, Any], *, key: str, look: Look = Look()) -> None:
    """The matrix of the most probable class; a click on a cell opens its cases."""
    classes = evaluation["classes"]
    rows = tabulate(evaluation["confusion"], classes)
    reading = (
        f"Rows are the truth, columns the most probable class; {_tell_shade(look)}. It does not "
        "move with the threshold. Click a cell to see its cases."
    )
    title = f"Confusion matrix, {count(evaluation['n'], evaluation['level'])}"
    cell = _show(title, rows, classes, "Predicted", reading, key, look)
    if cell:
        _open(rows, cell, true=cell["true"], predicted=cell["predicted"])


def show_at_threshold(
    outcomes: Mapping[str, int], evaluation: Mapping[str, Any], threshold: float, *, key: str,
    look: Look,
) -> None:  # fmt: skip
    """The matrix of the positive class against the rest; a click on a cell opens its cases.

    Args:
        outcomes: How many cases are TP, FP, FN and TN.
        evaluation: As the verb `evaluate` answers.
        threshold: From which a case is called.
        key: The chart's name on this page.
        look: How it is shown.
    """
    positive = evaluation["positive"]
    classes = list(evaluation["classes"])
    names = classes if len(classes) == 2 else [f"not {positive}", positive]
    rows = tabulate([[outcomes[name] for name in line] for line in CELLS], names)
    reading = (
        f"Rows are the truth; a case is called {positive} from a probability of {threshold:.2f} "
        f"on; {_tell_shade(look)}. Click a cell to see its cases."
    )
    title = f"Confusion matrix, {count(evaluation['n'], evaluation['level'])}"
    cell = _show(title, rows, names, f"Called at {threshold:.2f}", reading, key, look)
    if cell:
        line, column = names.index(cell["true"]), names.index(cell["predicted"])
        _open(rows, cell, outcome=CELLS[line][column])


def _tell_shade(look: Look) -> str:
    whole = WHOLES[look.number]
    return f"the darker, the larger the share of its {whole}"


def _show(
    title: str,
    rows: Sequence[Row],
    classes: Sequence[str],
    columns_title: str,
    reading: str,
    key: str,
    look: Look,
) -> Row | None:
    """The cell that is clicked, None before."""
    spec = draw_matrix(rows, classes, columns_title, look)
    cells = charts.show_chart(title, spec, reading, rows, key=key, selects="cell")
    return cells[0] if cells else None


def _open(rows: Sequence[Row], cell: Row, **facets: str) -> None:
    """The cases of a cell, or a word that there are none."""
    same = (row for row in rows if all(row[side] == cell[side] for side in ("true", "predicted")))
    if next(same)["n"]:
        state.open_page("cases", **facets)
    st.info(f"No case in this cell: none that is {cell['true']} was called {cell['predicted']}.")


def tabulate(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> list[Row]:
    """A row a cell: true class, predicted class, count, its shares of its row and its column.

    Args:
        counts: Rows true, columns predicted.
        classes: Of both.
    """
    columns = [sum(column) for column in zip(*counts, strict=True)]
    return [
        {
            "true": true,
            "predicted": predicted,
            "n": n,
            "of_row": n / max(1, sum(line)),
            "of_column": n / max(1, whole),
        }
        for true, line in zip(classes, counts, strict=True)
        for predicted, n, whole in zip(classes, line, columns, strict=True)
    ]


def draw_matrix(
    rows: Sequence[Row], classes: Sequence[str], columns_title: str, look: Look, *,
    height: int = 280,
) -> Spec:  # fmt: skip
    """A matrix whose cells can be clicked (selection "cell"); shade is the share of the whole.

    Args:
        rows: As `tabulate` returns them.
        classes: In the order of the matrix.
        columns_title: Of the horizontal axis.
        look: How it is shown.
        height: In pixels.
    """
    share = f"of_{WHOLES[look.number]}"
    shown = [row for row in rows if not (look.hides_diagonal and row["true"] == row["predicted"])]
    most = max((row[share] for row in shown), default=0) if look.hides_diagonal else 1
    axis = {"labelFontSize": 13, "titleFontSize": 13, "domain": False, "ticks": False}
    sides = {"type": "nominal", "sort": list(classes), "scale": {"domain": list(classes)}}
    left_out = "datum.true !== datum.predicted" if look.hides_diagonal else "true"
    return {
        "height": height,
        "encoding": {
            "x": {"field": "predicted", **sides, "title": columns_title,
                  "axis": {**axis, "labelAngle": 0, "labelFlush": False}},
            "y": {"field": "true", **sides, "title": "Truth", "axis": axis},
        },
        "layer": [
            {"transform": [{"filter": left_out}], **layer}
            for layer in (_draw_cells(share, most or 1), _draw_numbers(share, most or 1, look))
        ],
    }  # fmt: skip


def _draw_cells(share: str, most: float) -> Spec:
    return {
        "mark": {"type": "rect", "cursor": "pointer", "stroke": MUTED, "strokeWidth": 0.5},
        "params": [{"name": "cell", "select": {"type": "point", "fields": ["true", "predicted"]}}],
        "encoding": {
            "color": {
                "field": share,
                "type": "quantitative",
                "scale": {"domain": [0, most], "range": ["#dcebf5", "#00446b"]},
                "legend": None,
            },
            "tooltip": [
                {"field": "true", "title": "Truth"},
                {"field": "predicted", "title": "Predicted"},
                {"field": "n", "title": "Count"},
                {"field": "of_row", "title": "Share of its row", "format": ".1%"},
                {"field": "of_column", "title": "Share of its column", "format": ".1%"},
            ],
        },
    }


def _draw_numbers(share: str, most: float, look: Look) -> Spec:
    return {
        "mark": {"type": "text", "fontSize": 20, "fontWeight": 600},
        "encoding": {
            "text": {"field": look.number, "type": "quantitative", "format": FORMATS[look.number]},
            "color": {
                "condition": {"test": f"datum.{share} > {DARK_FROM * most}", "value": "white"},
                "value": "#1c232b",
            },
        },
    }
