"""How counts and reasons are put into words, on pages and on the command line alike."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable


def count(n: int, noun: str) -> str:
    """A number with its noun, such as "1 image" or "1,200 images"; "patch" becomes "patches"."""
    if n == 1:
        return f"1 {noun}"
    return f"{n:,} {noun}{'es' if noun.endswith(('ch', 'sh', 's', 'x')) else 's'}"


def count_rows(n: int, level: str, n_patients: int) -> str:
    """Rows with their patients: "96 images of 24 patients", or "24 patients" at that level."""
    patients = count(n_patients, "patient")
    return patients if level == "patient" else f"{count(n, level)} of {patients}"


def add_article(noun: str) -> str:
    """A noun with "a" or "an" before it, by its first letter."""
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def tell_nearest(name: str, known: Iterable[str]) -> str:
    """The end of an error, "; did you mean 'epochs'?", where a known name is like that one."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean '{near[0]}'?" if near else ""


def shorten_reason(reason: str) -> str:
    """The first clause of a reason, without its numbers: many files share it."""
    return re.sub(r" \([^()]*\)", "", reason.split("; ")[0])


def tally_reasons(reasons: Iterable[str]) -> dict[str, int]:
    """How many files each shortened reason stands for, the most frequent first."""
    return dict(Counter(map(shorten_reason, reasons)).most_common())
