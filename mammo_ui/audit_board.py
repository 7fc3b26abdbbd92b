"""The leaderboard of an audit: a row a method, a column a measure, controls in gray."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.audit.rules import FEWEST_COMPARED, beats_all
from mammo_core.evidence import METHOD_METRICS, METRICS
from mammo_core.wording import count
from mammo_ui import charts, frame
from mammo_ui.audit_results import MARKS, Audit
from mammo_ui.theme import MUTED

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

MEASURES = {**METRICS, **METHOD_METRICS}
FAMILIES = {
    "faithfulness": "Faithful",
    "localization": "On the lesion",
    "randomization": "Knows the model",
    "robustness": "Stable",
    "complexity": "Simple",
}
HEADS = {
    "pointing_game": "Pointing",
    "energy_pointing": "Energy",
    "relevance_rank": "Rank",
    "iou": "IoU",
    "auprc": "AUPRC",
    "completeness": "Sum",
    "model_randomization": "Weights",
    "class_sensitivity": "Class",
    "max_sensitivity": "Noise",
}
"""Heads of measures whose titles are too long for a column; the column's help has these."""
HELD = ("faithfulness", "localization")
"""Families of which a measure is held against the controls."""
ONE_SIDED = 0.025
"""How often an interval of 95 % lies above 0 where there is no difference."""
ALL = "all images"
BEATS, FAILS = "✓", "✗"
READING = (
    f"Controls, which know nothing of the model, are gray. {BEATS} beats both edges and center on "
    "the same images, the 95 % interval of the difference over patients leaving 0 out; "
    f"{FAILS} does so by no measure at all. Random is no bar: hold deletion against its row. "
    f"Neither stands where fewer than {FEWEST_COMPARED} patients were compared. A number in "
    "parentheses is the images, where fewer than in the column's head. Click a head to sort, "
    "a row's box for the method's cases."
)
SHARES = "Share of the measures of each family by which a method beats both edges and center."
Row = dict[str, Any]


def show_board(audit: Audit) -> str | None:
    """The table by a family of measures and a stratum of lesions; the method of the picked row."""
    st.markdown("**Which explanation to believe**")
    boards = list_boards(audit)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        lesions = st.selectbox("Lesions", list(boards), key="audit_stratum", width=220)
        families = list_families(boards[lesions])
        family = st.segmented_control(
            "Measures", families, format_func=FAMILIES.get, default=families[0], required=True,
            key=f"audit_family_{len(families)}",
        )  # fmt: skip
    is_whole = lesions == ALL
    rows = describe_board(audit, boards[lesions], family, is_whole=is_whole)
    picked = _draw(rows, _name_columns(boards[lesions], family), f"{lesions}_{family}")
    st.caption(f"{READING} {tell_chance(audit) if is_whole else ''}")
    charts.offer_data(list_figures(audit, boards[lesions], is_whole=is_whole), "audit_board")
    return picked


def tell_chance(audit: Audit) -> str:
    """How many marks chance alone may set: each comparison errs so in 2.5 % of audits at most."""
    against = audit.summary["against"].values()
    compared = [
        (name, measure)
        for name in audit.methods
        for measure in audit.summary["methods"][name]
        if not METHODS[name].is_control
        and MEASURES[measure].family in HELD
        and all(board[name][measure]["n"] for board in against)
    ]
    n_by_chance = round(len(compared) * ONE_SIDED, 1)
    return f"Of {len(compared)} such comparisons chance alone lets up to {n_by_chance:g} succeed."


def list_boards(audit: Audit) -> dict[str, Mapping[str, Any]]:
    """{what images: {method: {measure: estimate}}}, all images first, then the strata."""
    strata = audit.summary["strata"]
    return {ALL: audit.summary["methods"]} | {
        f"{one['label']} ({count(one['n'], 'lesion')})": one["methods"]
        for kind in ("size", "kind")
        for one in strata[kind]
        if any(one["methods"].values())
    }


def list_families(board: Mapping[str, Any]) -> list[str]:
    """The families of which the board has a measure."""
    there = {MEASURES[name].family for row in board.values() for name in row if name in MEASURES}
    return [name for name in FAMILIES if name in there]


def describe_board(
    audit: Audit, board: Mapping[str, Any], family: str, *, is_whole: bool
) -> list[Row]:
    """A row a method: its key, verdict, and an (estimate, sign) of each measure of the family."""
    verdicts = audit.summary["verdicts"]
    against = audit.summary["against"] if is_whole else {}
    return [
        {
            "method": name,
            "verdict": verdicts[name],
            "cells": {
                measure: (estimate, _sign(against, name, measure))
                for measure, estimate in board[name].items()
                if measure in MEASURES and MEASURES[measure].family == family
            },
        }
        for name in audit.methods
        if name in board
    ]


def list_figures(audit: Audit, board: Mapping[str, Any], *, is_whole: bool) -> list[Row]:
    """A row a method and measure with its interval and n, for the file."""
    against = audit.summary["against"] if is_whole else {}
    return [
        {"method": name, "measure": measure, **estimate}
        | {"beats controls": _sign(against, name, measure)}
        for name, row in board.items()
        for measure, estimate in row.items()
        if measure in MEASURES
    ]


def tell_verdict(verdict: Mapping[str, Any]) -> str:
    """A method's verdict in a cell; one that was compared and beats no control is marked."""
    shares = _known_shares(verdict)
    mark = FAILS if verdict["level"] != "control" and shares and not any(shares) else ""
    return f"{MARKS[verdict['level']]} {verdict['level']} {mark}".strip()


def tell_beaten(verdict: Mapping[str, Any]) -> str:
    """On which share of each family's measures both controls are beaten."""
    shares = (verdict["beats"] or {}).items()
    told = (f"{FAMILIES[name].lower()} {share:.0%}" for name, share in shares if share is not None)
    return ", ".join(told)


def _known_shares(verdict: Mapping[str, Any]) -> list[float]:
    return [share for share in (verdict["beats"] or {}).values() if share is not None]


def _sign(against: Mapping[str, Any], method: str, measure: str) -> str:
    """Whether the method beats each control by this measure; empty where it is not compared."""
    if METHODS[method].is_control or MEASURES[measure].family not in HELD or not against:
        return ""
    lows = [board.get(method, {}).get(measure, {}).get("low") for board in against.values()]
    return BEATS if beats_all(lows) else ""


def _name_columns(board: Mapping[str, Any], family: str) -> dict[str, tuple[str, int]]:
    """{measure: (head, largest n)} of the family, an arrow pointing to the better side."""
    names = [n for n, one in MEASURES.items() if one.family == family and n in _measured(board)]
    return {name: (_head(name, n), n) for name in names for n in [_most(board, name)]}


def _measured(board: Mapping[str, Any]) -> set[str]:
    return {measure for row in board.values() for measure in row}


def _most(board: Mapping[str, Any], measure: str) -> int:
    return max((row[measure]["n"] for row in board.values() if measure in row), default=0)


def _head(measure: str, n: int) -> str:
    arrow = "↑" if MEASURES[measure].higher_is_better else "↓"
    return f"{HEADS.get(measure, MEASURES[measure].title)} {arrow} (n {n})"


def _draw(rows: Sequence[Row], columns: Mapping[str, tuple[str, int]], name: str) -> str | None:
    event = st.dataframe(
        _style(rows, columns),
        key=f"audit_board_{name}",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=35 * (len(rows) + 1) + 3 if len(rows) < 14 else 500,
        column_config=_configure(columns),
        placeholder=frame.DASH,
        alt="A row a method: verdict and measures with intervals",
    )
    picked = event["selection"]["rows"]
    return rows[picked[0]]["method"] if picked and picked[0] < len(rows) else None


def _style(rows: Sequence[Row], columns: Mapping[str, tuple[str, int]]) -> "Styler":
    """Cells are numbers, so that they sort; what they show has the interval."""
    import pandas as pd

    table = pd.DataFrame(
        [
            {"Method": METHODS[row["method"]].title, "Verdict": tell_verdict(row["verdict"])}
            | {head: row["cells"][m][0]["value"] for m, (head, _) in columns.items()}
            | {"Beats controls": tell_beaten(row["verdict"]), "In words": row["verdict"]["words"]}
            for row in rows
        ]
    )
    style = table.style
    for measure, (head, most) in columns.items():
        texts = [_write(*row["cells"][measure], most) for row in rows]
        for place, text in enumerate(texts):
            style = style.format(_constant(text), subset=pd.IndexSlice[place, [head]])
    grays = [METHODS[row["method"]].is_control for row in rows]
    return style.apply(
        lambda cells: (
            [f"color: {MUTED}; font-style: italic" if grays[cells.name] else ""] * len(cells)
        ),
        axis=1,
    )


def _constant(text: str) -> Any:
    return lambda value: text


def _write(estimate: Mapping[str, Any], sign: str, most: int) -> str:
    fewer = f"({estimate['n']})" if estimate["n"] < most else ""
    return " ".join(filter(None, (_shorten(estimate), sign, fewer)))


def _shorten(estimate: Mapping[str, Any]) -> str:
    """The text .91 [.86, .95], so that four columns fit beside each other."""
    if estimate["value"] is None:
        return frame.DASH
    value, low, high = (_drop_zero(estimate[name]) for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]" if low and high else value


def _drop_zero(number: float | None) -> str:
    return "" if number is None else f"{number:z.2f}".replace("0.", ".", 1)


def _configure(columns: Mapping[str, tuple[str, int]]) -> dict[str, Any]:
    own = {
        "Method": st.column_config.TextColumn(width=130, pinned=True),
        "Verdict": st.column_config.TextColumn(width=88),
        "Beats controls": st.column_config.TextColumn(width=220, help=SHARES),
        "In words": st.column_config.TextColumn(width=420),
    }
    return own | {
        head: st.column_config.NumberColumn(width=121, help=_explain(measure))
        for measure, (head, _) in columns.items()
    }


def _explain(measure: str) -> str:
    """What a column holds: direction, range, what noise scores, and who says so."""
    one = MEASURES[measure]
    better = "Higher" if one.higher_is_better else "Lower"
    least, most = ("no end" if end is None else f"{end:g}" for end in one.range)
    return frame.plain(
        f"{one.title}. {better} is better, from {least} to {most}. "
        f"A random map scores: {one.of_random}. {one.reference}. "
        f"{frame.DASH}: undefined, or not asked of this method."
    )
