"""An answer of the command line as lines for a person: nothing is wider than `WIDTH`.

Estimates read "0.91 [0.86 to 0.95]", flat mappings with the same keys are a table, long lists of
numbers are shortened with their count, sentences stand in a line each and in cells of their own
in as many as they need.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

WIDTH = 120
FIRST_CELL, WIDEST_CELL = 36, 80
"""Longer words are cut and longer sentences wrapped, so that any two columns fit."""
MOST_NUMBERS = 8
NESTED = (dict, list, tuple)
GAP = "  "

Row = Mapping[str, Any]
Cell = list[str]
"""Its lines, all of the column's width."""


def to_lines(answer: Any) -> str:
    """The text of a whole answer, without a last newline."""
    if isinstance(answer, dict) and not is_estimate(answer):
        return "\n".join(chain.from_iterable(_entry(str(k), v, "") for k, v in answer.items()))
    return "\n".join(_wrap(format_value(answer), ""))


def is_estimate(value: Any) -> bool:
    """Whether it is a value with its interval."""
    return isinstance(value, dict) and set(value) == {"value", "low", "high"}


def format_estimate(estimate: Mapping[str, float | None]) -> str:
    """The text of an estimate: "0.91 [0.86 to 0.95]", or "undefined"."""
    value, low, high = (estimate[key] for key in ("value", "low", "high"))
    if value is None:
        return "undefined"
    if low is None or high is None:
        return f"{value:z.2f}"
    return f"{value:z.2f} [{low:z.2f} to {high:z.2f}]"


def format_value(value: Any) -> str:
    """A value in a line: numbers with four digits, what is unknown as a dash."""
    if value is None:
        return "-"
    if is_estimate(value):
        return format_estimate(value)
    if isinstance(value, dict):
        return _format_mapping(value)
    if isinstance(value, list | tuple):
        return _format_list(value)
    return f"{value:z.4g}" if isinstance(value, float) else " ".join(str(value).split())


def tabulate(rows: Sequence[Row], indent: str = "") -> list[str]:
    """Aligned columns with a heading; columns that do not fit go below, beside the first again."""
    first, *others = dict.fromkeys(chain.from_iterable(rows))
    columns = [_column(first, rows, FIRST_CELL), *(_column(k, rows, WIDEST_CELL) for k in others)]
    lines: list[str] = []
    while columns:
        part = _take_fitting(columns, WIDTH - len(indent))
        lines += _join(part, indent)
        rest = columns[len(part) :]
        columns = [columns[0], *rest] if rest else []
    return lines


def _entry(key: str, value: Any, indent: str) -> Iterator[str]:
    """A key with its value, in one line if that is how it reads best."""
    inner = indent + GAP
    if not isinstance(value, NESTED) or not value or is_estimate(value):
        yield from _wrap(
            f"{key}: {'none' if value in ([], {}, ()) else format_value(value)}", indent
        )
    elif (rows := _rows(value)) is not None:
        yield from (f"{indent}{key}:", *tabulate(rows, inner))
    elif _fits_a_line(key, value, indent):
        yield f"{indent}{key}: {format_value(value)}"
    elif isinstance(value, dict):
        yield f"{indent}{key}:"
        yield from chain.from_iterable(_entry(str(k), item, inner) for k, item in value.items())
    else:
        yield f"{indent}{key}:"
        yield from chain.from_iterable(_item(item, inner) for item in value)


def _item(item: Any, indent: str) -> Iterator[str]:
    """An item of a list that is no table."""
    if isinstance(item, dict) and any(isinstance(value, NESTED) for value in item.values()):
        entries = (_entry(str(k), v, indent + GAP) for k, v in item.items())
        first, *others = chain.from_iterable(entries)
        yield from (f"{indent}- {first.lstrip()}", *others)
    else:
        yield from _wrap(f"- {format_value(item)}", indent)


def _rows(value: Any) -> list[Row] | None:
    """What is a table: a list of mappings, or a mapping of mappings with the same keys."""
    if isinstance(value, dict):
        inner = list(value.values())
        same = len(inner) > 1 and all(isinstance(one, dict) and one for one in inner)
        if not same or len({tuple(one) for one in inner}) > 1 or any(map(is_estimate, inner)):
            return None
        return [{"": name, **one} for name, one in value.items()] if _is_flat(inner) else None
    is_table = all(isinstance(one, dict) and one for one in value) and _is_flat(value)
    return list(value) if is_table else None


def _is_flat(rows: Sequence[Row]) -> bool:
    """Whether every value of the rows can be read in a table's cell."""
    return all(_fits_a_cell(value) for row in rows for value in row.values())


def _fits_a_cell(value: Any) -> bool:
    if isinstance(value, dict):
        return is_estimate(value) or "estimate" in value
    if isinstance(value, list | tuple):
        return all(not isinstance(v, NESTED) or _fits_a_cell(v) for v in value)
    return True


def _fits_a_line(key: str, value: Any, indent: str) -> bool:
    """Whether it is short: single words and numbers; sentences get a line each."""
    items = list(value.values()) if isinstance(value, dict) else list(value)
    if any(isinstance(one, NESTED) for one in items):
        return False
    words = [*value, *items] if isinstance(value, dict) else items
    if any(isinstance(word, str) and " " in word for word in words):
        return False
    return len(indent) + len(key) + 2 + len(format_value(value)) <= WIDTH


def _format_mapping(value: Row) -> str:
    if "estimate" not in value:
        return ", ".join(f"{key} {format_value(item)}" for key, item in value.items())
    of = [item for item in value.values() if isinstance(item, str) and item and " " not in item]
    return format_estimate(value["estimate"]) + (f" ({', '.join(of)})" if of else "")


def _format_list(values: Sequence[Any]) -> str:
    is_numeric = all(isinstance(v, int | float) for v in values)
    if not is_numeric or len(values) <= MOST_NUMBERS:
        return ", ".join(map(format_value, values)) or "none"
    first = ", ".join(map(format_value, values[: MOST_NUMBERS // 2]))
    return f"{first} ... {format_value(values[-1])} ({len(values)} numbers)"


def _column(key: str, rows: Sequence[Row], widest: int) -> list[Cell]:
    """The heading and the cells, of one width; numbers end at the same place."""
    values = [row.get(key) for row in rows]
    cells = [_to_cell(value, widest) for value in (str(key), *values)]
    width = max(map(len, chain.from_iterable(cells)))
    is_numeric = all(isinstance(value, int | float) or value is None for value in values)
    pad = str.rjust if is_numeric else str.ljust
    return [[pad(line, width) for line in cell] for cell in cells]


def _to_cell(value: Any, widest: int) -> Cell:
    """A sentence in full, in as many lines as it takes; anything else in one."""
    text = format_value(value)
    is_sentence = isinstance(value, str) and len(text) > widest
    lines = textwrap.wrap(text, widest, break_on_hyphens=False, break_long_words=False)
    return [_cut(line, widest) for line in (lines if is_sentence else [text])]


def _cut(text: str, widest: int) -> str:
    return text if len(text) <= widest else text[: widest - 3] + "..."


def _take_fitting(columns: Sequence[list[Cell]], width: int) -> list[list[Cell]]:
    """The first columns that fit side by side, two at least where there are two."""
    taken, used = [columns[0]], len(columns[0][0][0])
    for column in columns[1:]:
        used += len(GAP) + len(column[0][0])
        if used > width and len(taken) > 1:
            break
        taken.append(column)
    return taken


def _join(columns: Sequence[list[Cell]], indent: str) -> list[str]:
    lines: list[str] = []
    for cells in zip(*columns, strict=True):
        blank = [" " * len(cell[0]) for cell in cells]
        for parts in zip_longest(*cells):
            filled = (part or empty for part, empty in zip(parts, blank, strict=True))
            lines.append((indent + GAP.join(filled)).rstrip())
    return lines


def _wrap(text: str, indent: str) -> list[str]:
    """The text in lines; a word that is too long, such as a path, stays whole."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + GAP,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
