"""The cases behind an audit: those of one method, and those on which methods are most apart."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.evidence import METRICS
from mammo_ui import audit_results, frame, library, routes, state
from mammo_ui.audit_results import Audit
from mammo_ui.case_view import METHOD
from mammo_ui.explanation_choice import is_quick
from mammo_ui.gallery import Line, Tile, show_gallery
from mammo_ui.model_tasks import USUAL_METHODS
from mammo_ui.theme import class_colors

if TYPE_CHECKING:
    import pandas as pd

    from mammo_ui.state import Choice

MOST = 8
SIDE_BY_SIDE = 4
"""Maps that a case opens with, at most."""
USUAL = ("energy_pointing", "relevance_rank", "iou", "insertion", "deletion")
"""By which measure a method's cases are ordered: the first that the audit has."""
Row = dict[str, Any]


def show_method(audit: Audit, choice: "Choice", method: str) -> None:
    """The cases on which a method does worst, and what the audit says of it."""
    measure = find_measure(audit, method)
    if measure is None:
        st.caption(f"No case of {METHODS[method].title} was measured.")
        return
    title = METHODS[method].title
    st.markdown(f"**Cases on which {title} does worst**")
    verdict = audit.summary["verdicts"][method]
    reasons = "; ".join((verdict["words"], *verdict["reasons"]))
    st.caption(f"By {METRICS[measure].title}, worst first. {frame.plain(reasons)}.")
    rows = list_worst(audit, method, measure)
    shown = list(dict.fromkeys((method, *USUAL_METHODS)))
    _show(rows, choice, f"audit_worst_{method}", "measured", shown)


def show_disagreement(audit: Audit, choice: "Choice") -> None:
    """The cases whose maps are least alike; a click opens the case."""
    rows = list_apart(audit)
    st.markdown("**Cases on which methods are most apart**")
    if not rows:
        st.caption("It takes two methods that explain every image: audit with more.")
        return
    st.caption(
        "1 less the mean rank correlation of the case's maps, of the methods that all cases have: "
        "0 where they tell the same, 1 where they have nothing in common, 2 where they say the "
        "opposite. Click a case to open it with the methods that are to be believed."
    )
    _show(rows, choice, "audit_apart", "apart", list_believed(audit))


def list_believed(audit: Audit) -> list[str]:
    """The quick methods to believe, as many as stand side by side; the usual ones without any."""
    verdicts = audit.summary["verdicts"]
    quick = [
        name for name in audit.methods if verdicts[name]["level"] == "believe" and is_quick(name)
    ]
    return quick[:SIDE_BY_SIDE] or list(USUAL_METHODS)


def find_measure(audit: Audit, method: str) -> str | None:
    """The measure by which a method's cases are ordered, None where none has a number."""
    there = audit.summary["methods"][method]
    known = (name for name in (*USUAL, *METRICS) if name in there and there[name]["n"])
    return next(known, None)


def list_worst(audit: Audit, method: str, measure: str) -> list[Row]:
    """The cases on which a method's measure is worst, with it under "value"."""
    table = audit_results.read_table(audit)
    own = table[(table["method"] == method) & table[measure].notna()]
    if METRICS[measure].family == "localization":
        own = own[own["predicted"] == own["label"]]
    return _tell(own.sort_values(measure, ascending=METRICS[measure].higher_is_better), measure)


def list_apart(audit: Audit) -> list[Row]:
    """The cases whose maps are least alike, with the number under "value"."""
    table = audit_results.read_table(audit).drop_duplicates("image_id")
    known = table[table["disagreement"].notna()]
    return _tell(known.sort_values("disagreement", ascending=False), "disagreement")


def _tell(cases: "pd.DataFrame", column: str) -> list[Row]:
    names = ["image_id", "label", "predicted", column]
    found: list[Row] = cases[names].head(MOST).rename(columns={column: "value"}).to_dict("records")
    return found


def _show(rows: list[Row], choice: "Choice", key: str, what: str, methods: list[str]) -> None:
    """The cases as tiles, without pictures as a table; a click opens one with these methods."""
    dataset = library.read_card(choice.dataset)
    if not dataset.has_pictures:
        st.dataframe(rows, hide_index=True)
        return
    colors = class_colors(dataset.classes)
    tiles = [_build_tile(row, dataset, colors, what, methods) for row in rows]
    picked = show_gallery(tiles, key=key, width=110)
    if picked:
        state.open_page("case", case=picked, **{METHOD: methods})


def _build_tile(
    row: Row,
    dataset: "library.DatasetCard",
    colors: dict[str, str],
    what: str,
    methods: list[str],
) -> Tile:
    name, true, predicted = row["image_id"], row["label"], row["predicted"]
    is_right = true == predicted
    return Tile(
        id=name,
        source=routes.thumbnail_address(dataset, name),
        href=state.address("case", case=name, **{METHOD: methods}),
        alt=f"{name}, truth {true}, predicted {predicted}, {what} {row['value']:.2f}",
        lines=(
            Line(name, strong=True),
            Line(f"truth {true or 'unknown'}", colors.get(true)),
            Line(f"{'✓' if is_right else '✗'} said {predicted}", colors.get(predicted)),
            Line(f"{what} {row['value']:.2f}"),
        ),
        mark="correct" if is_right else "wrong",
    )
