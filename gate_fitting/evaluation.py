"""The gate's errors as a user would see them, each source left out of the fit in turn."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gate_fitting.fitting import fit
from gate_fitting.measuring import Row
from gate_fitting.variants import CROPS, VARIANTS
from mammo_core.gate import is_askew, is_brightened, is_turned
from mammo_core.gate_points import Answer, GateNumbers

LOOKS = {
    "films (mini-MIAS, WG04)": ("mini_mias", "dicom_mg"),
    "digital (Mayo)": ("mayo_density",),
}
"""Sources left out together, because they look alike."""

PLAIN = ("", "whole", "inverted", "window", "vignette", "turned", "on black")
"""Ways of showing a stranger that anyone may meet; the others imitate a breast's shape."""

ANSWERS: tuple[Answer, ...] = ("accept", "ask", "refuse")


def answer_row(numbers: GateNumbers, row: Row) -> Answer:
    """The gate's answer by the picture alone."""
    answer = numbers.judge(row.features)[0]
    if answer == "refuse" and _is_doubtful(numbers, row):
        return "ask"
    return "ask" if answer == "accept" and row.inverted else answer


def _is_doubtful(numbers: GateNumbers, row: Row) -> bool:
    """Whether a second look lifts the refusal."""
    return (
        is_turned(row.turned, numbers)
        or numbers.is_filled_with_tissue(row.frame)
        or is_askew(row.features, row.straightened, numbers)
        or is_brightened(row.brightened, numbers)
    )


def write_tables(rows: Sequence[Row], numbers: GateNumbers) -> str:
    """Every table of errors, in Markdown."""
    ours, odd, theirs = ([r for r in rows if r.sort == s] for s in ("mammogram", "odd", "stranger"))
    as_is, changed = ([r for r in ours if bool(r.change) == c] for c in (False, True))
    plain, made = ([r for r in theirs if (r.change in PLAIN) == p] for p in (True, False))
    return "\n".join(
        (
            *_section("Mammograms, their look left out", _leave_looks_out(rows)),
            *_section("Mammograms as they are, shipped numbers", _count(numbers, as_is, "source")),
            *_section(
                "Changed mammograms, the change's family left out", _leave_families_out(rows)
            ),
            *_section("Changed mammograms, shipped numbers", _count(numbers, changed, "change")),
            *_section(
                "Mammograms in an odd state, shipped numbers", _count(numbers, odd, "change")
            ),
            *_section("Strangers, their kind left out", _leave_kinds_out(rows, plain)),
            *_section("Strangers, shipped numbers", _count(numbers, plain, "source")),
            *_section(
                "Strangers cut to resemble, their kind left out", _leave_kinds_out(rows, made)
            ),
            *_section(
                "Strangers cut to resemble, shipped numbers", _count(numbers, made, "change")
            ),
        )
    )


Table = Iterable[tuple[str, "Counter[Answer]"]]


def _section(title: str, table: Table) -> list[str]:
    lines = [
        f"## {title}",
        "",
        "| | n | accept | ask | refuse |",
        "| --- | --- | --- | --- | --- |",
    ]
    total: Counter[Answer] = Counter()
    for name, counts in table:
        lines.append(_line(name, counts))
        total += counts
    return [*lines, _line("**all**", total), ""]


def _line(name: str, counts: "Counter[Answer]") -> str:
    cells = " | ".join(str(counts[answer]) for answer in ANSWERS)
    return f"| {name} | {counts.total()} | {cells} |"


def _count(numbers: GateNumbers, rows: Sequence[Row], by: str) -> Table:
    groups: dict[str, Counter[Answer]] = {}
    for row in rows:
        groups.setdefault(getattr(row, by), Counter())[answer_row(numbers, row)] += 1
    return groups.items()


def _leave_looks_out(rows: Sequence[Row]) -> Iterator[tuple[str, "Counter[Answer]"]]:
    for title, sources in LOOKS.items():
        numbers = fit([row for row in rows if row.made_of not in sources])
        held = [r for r in rows if r.sort != "stranger" and r.source in sources]
        parts = {
            "as they are": [row for row in held if not row.change],
            "changed": [row for row in held if row.change in VARIANTS],
            "crops within": [row for row in held if row.change in CROPS],
        }
        for name, part in parts.items():
            yield f"{title}, {name}", Counter(answer_row(numbers, row) for row in part)


def _leave_families_out(rows: Sequence[Row]) -> Iterator[tuple[str, "Counter[Answer]"]]:
    for family in sorted({r.family for r in rows if r.sort == "mammogram" and r.family}):
        held = [r for r in rows if r.sort == "mammogram" and r.family == family]
        numbers = fit([row for row in rows if row not in held])
        yield family, Counter(answer_row(numbers, row) for row in held)


def _leave_kinds_out(
    rows: Sequence[Row], strangers: Sequence[Row]
) -> Iterator[tuple[str, "Counter[Answer]"]]:
    for kind in sorted({row.source for row in strangers}):
        numbers = fit([r for r in rows if r.sort != "stranger" or r.source != kind])
        yield kind, Counter(answer_row(numbers, r) for r in strangers if r.source == kind)
