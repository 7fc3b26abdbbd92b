"""The first lines of an answer in plain text: what it comes to, before its tables."""

import textwrap
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

from mammo_core.metrics.verdict import judge_difference, tell_p
from mammo_core.plain_text import WIDTH, format_estimate
from mammo_core.reviews import REVIEW_STATUSES
from mammo_core.wording import count, count_rows

Answer = Mapping[str, Any]


def tell_headline(verb: str, answer: Answer) -> list[str]:
    """The lines of a verb's answer that come first, with a blank one after; none for most verbs.

    Args:
        verb: As the command line names it.
        answer: What the verb returned.
    """
    tell = HEADLINES.get(verb)
    if tell is None:
        return []
    return [*chain.from_iterable(textwrap.wrap(line, WIDTH) for line in tell(answer)), ""]


def _tell_evaluation(answer: Answer) -> list[str]:
    """How well the model ranks and names, and on how much."""
    auroc = format_estimate(answer["per_class"][answer["positive"]]["auroc"])
    accuracy = format_estimate(answer["balanced_accuracy"])
    ranking = f"AUROC for {answer['positive']} {auroc}"
    return [f"{ranking}, balanced accuracy {accuracy}", _tell_rows(answer)]


def _tell_fit(answer: Answer) -> list[str]:
    """What was fitted on how much, and whether that helped."""
    on = f"{count(answer['n'], 'image')} of {count(answer['patients'], 'patient')}"
    before, after = (format_estimate(answer[when]["ece"]) for when in ("before", "after"))
    return [
        f"Fitted ({answer['method']}) on {on}, split {answer['split']}",
        f"ECE {before}, cross-fitted {after}; {_tell_change(answer['change']['brier'])}",
    ]


def _tell_change(brier: Mapping[str, float | None]) -> str:
    """By how much the Brier score fell or rose, in thousandths: it seldom moves more."""
    if brier["value"] is None:
        return "whether the Brier score fell is not known"
    low, high = brier["low"], brier["high"]
    interval = "" if low is None or high is None else f" [{low:.3f} to {high:.3f}]"
    return f"the Brier score changes by {brier['value']:.3f}{interval}"


def _tell_comparison(answer: Answer) -> list[str]:
    """Which of two models is better, if that can be told, and on how much."""
    if "against" in answer:
        return _tell_comparisons(answer)
    both = (f"{name.upper()} {format_estimate(answer[f'auroc_{name}'])}" for name in "ab")
    return [
        f"{_tell_verdict(answer, answer['delong_p'])} (clustered DeLong test)",
        f"AUROC for {answer['positive']}: {', '.join(both)}; {_tell_rows(answer)}",
    ]


def _tell_comparisons(answer: Answer) -> list[str]:
    """Which models are better than the first one, with p adjusted for their number."""
    told = [
        f"B = {one['name']}: {_tell_verdict(one, one['delong_p_holm'])}"
        for one in answer["against"]
    ]
    adjusted = f"p adjusted for {len(told)} tests (Holm; DeLong, clustered by patient)"
    return [f"A = {answer['reference']}, {adjusted}", *told, _tell_rows(answer)]


def _tell_verdict(answer: Answer, p: float | None) -> str:
    """Which model is better by how much, or why neither is called so."""
    difference = answer["difference"]
    verdict = judge_difference(difference, p)
    if verdict.better is None or p is None:
        return f"{verdict.sentence}: A minus B {format_estimate(difference)}"
    by = difference if verdict.better == "a" else _turn(difference)
    return f"{verdict.name_better()} is better by {format_estimate(by)}, {tell_p(p)}"


def _turn(difference: Mapping[str, float]) -> dict[str, float | None]:
    """B minus A from A minus B, which is known with its interval wherever it has a p."""
    return {"value": -difference["value"], "low": -difference["high"], "high": -difference["low"]}


def _tell_rows(answer: Answer) -> str:
    """What was counted: "96 images of 24 patients, split test"."""
    told = count_rows(answer["n"], answer["level"], answer["patients"])
    return f"{told}, {answer['level']} level, split {answer['split']}"


def _tell_audit(answer: Answer) -> list[str]:
    """Whether the model looks at the breast, on how much, and whether the answer was kept."""
    on = f"{count(answer['n'], 'image')} of {count(answer['patients'], 'patient')}"
    lesions = f"{count(answer['lesions_right'], 'lesion')} called rightly"
    return [answer["headline"], f"On {on}; {lesions}", answer["larger_kept"]]


def shorten(verb: str, answer: Answer) -> Answer:
    """What of an answer is printed as text after its headline; of most verbs all."""
    return SHORTENED[verb](answer) if verb in SHORTENED else answer


def _shorten_audit(answer: Answer) -> Answer:
    """A line a method, and where the rest is."""
    verdicts = answer["verdicts"].items()
    rows = [{"method": name, **{k: one[k] for k in ("level", "words")}} for name, one in verdicts]
    warnings = {name: answer[name] for name in ("warnings",) if answer[name]}
    return {**warnings, "verdicts": rows, "folder": answer["folder"]}


def _tell_reviews(answer: Answer) -> list[str]:
    """What came of the reviews, in the words of the pages."""
    states = [f"{n:,} {REVIEW_STATUSES[name]}" for name, n in answer["status"].items()]
    return [f"Images of {answer['dataset']}: {', '.join(states) or 'all open'}"]


HEADLINES: dict[str, Callable[[Answer], list[str]]] = {
    "evaluate": _tell_evaluation,
    "calibrate": _tell_fit,
    "compare": _tell_comparison,
    "audit": _tell_audit,
    "reviews": _tell_reviews,
    "erase": lambda answer: [answer["meaning"]],
}
SHORTENED: dict[str, Callable[[Answer], Answer]] = {"audit": _shorten_audit}
"""Verbs whose whole answer is hundreds of lines: what is printed of it; `--json` has the rest."""
