"""The gallery of cases: each with its truth, what was said, its score and what it is sorted by."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_ui import library, routes, state
from mammo_ui.gallery import Line, Tile, show_gallery
from mammo_ui.theme import class_colors

if TYPE_CHECKING:
    import pandas as pd


PER_PAGE = 48


def show_pages(chosen: "pd.DataFrame", choice: state.Choice, selection: state.Selection) -> None:
    """The chosen cases page by page, with how to read their tiles."""
    pages = -(-len(chosen) // PER_PAGE)
    page = st.pagination(pages, key="page_number") if pages > 1 else 1
    shown = chosen.iloc[(page - 1) * PER_PAGE : page * PER_PAGE]
    show_cases(shown.to_dict("records"), choice, selection, key="gallery")
    st.caption(
        f"All is said of the {state.LEVELS[choice.level]}. ✓ and ✗ judge the most probable class, "
        "a dashed edge marks the wrong ones; TP, FP, FN and TN judge the score at the threshold. "
        "Loss is minus the logarithm of the true class's probability. Click an image to open its "
        "case; ctrl-click opens a new tab."
    )


def show_cases(
    cases: Sequence[dict[str, Any]],
    choice: state.Choice,
    selection: state.Selection,
    *,
    key: str,
    columns: int | None = None,
) -> None:
    """A gallery of cases; a click opens the case with the selection it came from."""
    dataset = library.read_card(choice.dataset)
    tiles = [_build_tile(case, choice, dataset, selection) for case in cases]
    picked = show_gallery(tiles, key=key, columns=columns)
    if picked:
        state.open_page("case", case=picked, **selection.to_query())


def _build_tile(
    case: dict[str, Any],
    choice: state.Choice,
    dataset: library.DatasetCard,
    selection: state.Selection,
) -> Tile:
    true, predicted = case["true"], case["predicted"]
    return Tile(
        id=case["image_id"],
        source=routes.thumbnail_address(dataset, case["image_id"]),
        href=state.address("case", case=case["image_id"], **selection.to_query()),
        alt=f"{case['image_id']}, truth {true}, predicted {predicted}",
        lines=tuple(write_lines(case, choice, class_colors(dataset.classes), selection.sort)),
        mark="correct" if case["correct"] else "wrong",
    )


def write_lines(
    case: dict[str, Any], choice: state.Choice, colors: dict[str, str], sort: str
) -> list[Line]:
    """The tile's text: the most probable class, apart from it the call at the threshold."""
    true, predicted = case["true"], case["predicted"]
    lines = [
        Line(case["image_id"], strong=True),
        Line(f"truth {true or 'unknown'}", colors.get(true)),
        Line(f"{'✓' if case['correct'] else '✗'} said {predicted}", colors.get(predicted)),
        Line(f"P({choice.model.classes[-1]}) {case['score']:.2f}"),
    ]
    if case["outcome"]:
        lines.append(Line(f"{case['outcome']} at {choice.threshold:.2f}"))
    if sort != "score" and case.get(sort) is not None:
        lines.append(Line(f"{sort} {case[sort]:.2f}"))
    return lines
