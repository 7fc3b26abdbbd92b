"""The gallery of cases: each with its truth, what was said, its score and what it is sorted by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.reviews import OPEN, REVIEW_STATUSES
from mammo_ui import chosen_cases, library, routes, state
from mammo_ui.gallery import Line, Picked, Tile, show_gallery, show_markable_gallery
from mammo_ui.model_tasks import USUAL_METHODS
from mammo_ui.overlay_store import Subject, read_drawn
from mammo_ui.theme import class_colors

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel
    from mammo_ui.chosen_cases import Places
    from mammo_ui.library import DatasetCard

PER_PAGE = (48, 96, 192)
WIDTHS = {"Small": 105, "Medium": 150, "Large": 240}
SORTED_BY = {"lesion_size": "lesion in mm²", "explanations": "explanations apart"}
"""What a tile calls the number that it is sorted by, where that is not its key."""
OF_CLASS = "Judges the most probable class, as the tile's edge does: dashed where it is wrong"
CALLS = {"TP": (True, True), "FP": (True, False), "FN": (False, True), "TN": (False, False)}
"""For each outcome whether the case was called, and whether it is of the class called for."""
HOVERED = USUAL_METHODS[0]
"""The method whose map shows under the pointer, where there is one."""
ROUND = "gallery_round"
"""Grows when marks are taken off: a gallery under another key begins without any."""
MARKS = "gallery_marks"
"""The marks by the gallery's key; they outlive a gallery that is not drawn for a while."""


@dataclass(frozen=True)
class Teller:
    """What the tiles of a gallery have in common.

    Attributes:
        choice: Of model and data.
        selection: What a tile's link carries on.
        dataset: Of the images.
        colors: For each class.
    """

    choice: state.Choice
    selection: state.Selection
    dataset: "DatasetCard"
    colors: Mapping[str, str]

    def build(self, case: dict[str, Any]) -> Tile:
        """The tile of a case."""
        true, predicted, name = case["true"], case["predicted"], case["image_id"]
        return Tile(
            id=name,
            source=routes.thumbnail_address(self.dataset, name),
            href=state.address("case", case=name, **self.selection.to_query()),
            alt=f"{name}, truth {true}, predicted {predicted}",
            lines=tuple(write_lines(case, self.choice, self.colors, self.selection.sort)),
            mark="correct" if case["correct"] else "wrong",
        )


def _teller(choice: state.Choice, selection: state.Selection) -> Teller:
    dataset = library.read_card(choice.dataset)
    return Teller(choice, selection, dataset, class_colors(dataset.classes))


def show_cases(
    cases: Sequence[dict[str, Any]],
    choice: state.Choice,
    selection: state.Selection,
    *,
    key: str,
    columns: int | None = None,
) -> None:
    """A gallery of cases; a click opens the case with the selection it came from."""
    teller = _teller(choice, selection)
    picked = show_gallery([teller.build(case) for case in cases], key=key, columns=columns)
    if picked:
        state.open_page("case", case=picked, **selection.to_query())


def show_page(
    choice: state.Choice, selection: state.Selection, places: "Places", per_page: int, width: int
) -> None:
    """A page of the chosen cases; what is marked there is kept for `list_marked`."""
    pages = -(-len(places) // per_page)
    page = st.pagination(pages, key=f"page_{hash(selection.key)}_{per_page}") if pages > 1 else 1
    shown = places[(page - 1) * per_page : page * per_page]
    teller = _teller(choice, selection)
    tiles = [
        replace(teller.build(case), overlay=_overlay(choice.model, teller.dataset, case))
        for case in chosen_cases.list_rows(choice, selection, shown)
    ]
    key = _key(choice)
    marks = st.session_state.setdefault(MARKS, {})
    picked: Picked = show_markable_gallery(tiles, key=key, width=width, marked=marks.get(key, ()))
    marks[key] = picked.marked
    if picked.opened:
        state.open_page("case", case=picked.opened, **selection.to_query())
    _tell_how_to_read(choice)


def list_marked(choice: state.Choice, places: "Places") -> tuple[str, ...]:
    """The marked images among the chosen cases, on whatever page and tab they were marked."""
    marks = frozenset(st.session_state.get(MARKS, {}).get(_key(choice), ()))
    if not marks:
        return ()
    return tuple(name for name in chosen_cases.image_ids(choice, places) if name in marks)


def _key(choice: state.Choice) -> str:
    return f"gallery_{st.session_state.get(ROUND, 0)}_{choice.dataset}"


def choose_width() -> int:
    """The least width of a tile in pixels."""
    return WIDTHS[
        st.selectbox(
            "Tiles", list(WIDTHS), index=1, width=110, key="tiles", persist_state="session"
        )
    ]


def choose_number() -> int:
    """How many tiles a page holds."""
    return st.selectbox("On a page", PER_PAGE, width=110, key="per_page", persist_state="session")


def take_marks_off() -> None:
    """Begin the gallery without marks; only from a widget's callback."""
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def _tell_how_to_read(choice: state.Choice) -> None:
    st.caption(
        f"All is said of the {state.LEVELS[choice.level]}. *Class* judges the most probable class, "
        "a dashed edge marks the wrong ones; *call* judges the score at the threshold alone (TP, "
        "FP, FN, TN), so that one can be right and the other wrong. "
        "Loss is minus the logarithm of the true class's probability. Click an image to open its "
        "case, shift-click to mark it; ctrl-click opens a new tab. Where a case was explained, its "
        "map shows under the pointer."
    )


def _overlay(model: "StoredModel", dataset: "DatasetCard", case: dict[str, Any]) -> str:
    """The address of the first usual explanation of the prediction where it was drawn before."""
    if not dataset.has_pictures:
        return ""
    subject = Subject(model, dataset, case["image_id"], case["predicted"])
    drawn = read_drawn(subject, HOVERED)
    return "" if drawn is None or drawn.is_blank else routes.overlay_address(subject, HOVERED)


def write_lines(
    case: dict[str, Any], choice: state.Choice, colors: Mapping[str, str], sort: str
) -> list[Line]:
    """The tile's text: the most probable class, apart from it the call at the threshold."""
    true, predicted = case["true"], case["predicted"]
    lines = [
        Line(case["image_id"], strong=True),
        Line(f"truth {true or 'unknown'}", colors.get(true)),
        Line(f"class {_tick(case['correct'])} said {predicted}", colors.get(predicted),
             title=OF_CLASS),
        Line(f"P({choice.model.classes[-1]}) {case['score']:.2f}"),
    ]  # fmt: skip
    if case["outcome"]:
        lines.append(_write_call(case["outcome"], choice))
    if sort != "score" and case.get(sort) is not None:
        lines.append(Line(f"{SORTED_BY.get(sort, sort)} {case[sort]:.2f}"))
    return [*lines, *_write_review(case)]


def _write_call(outcome: str, choice: state.Choice) -> Line:
    """What the threshold makes of the score, which can be right where the class is wrong."""
    severe = choice.model.classes[-1]
    called, is_severe = CALLS[outcome]
    title = (
        f"Judges the score alone: P({severe}) is {'at or above' if called else 'below'} the "
        f"threshold {choice.threshold:.2f}, and the truth is {'' if is_severe else 'not '}{severe}"
    )
    return Line(
        f"call {_tick(called == is_severe)} {outcome} at {choice.threshold:.2f}", title=title
    )


def _tick(is_right: bool) -> str:
    return "✓" if is_right else "✗"


def _write_review(case: dict[str, Any]) -> list[Line]:
    """What was said of the case, where anything was."""
    said = list(case.get("tags", ()))
    if case.get("status", OPEN) != OPEN:
        said.insert(0, REVIEW_STATUSES[case["status"]])
    lines = [Line(", ".join(said))] if said else []
    note = case.get("note", "")
    return [*lines, Line(f"✎ {note}", title=note)] if note else lines
