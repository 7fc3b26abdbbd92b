"""Two runs of the Models page side by side, and on the same images."""

import shlex
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import streamlit as st

from mammo_core.metrics.verdict import judge_difference, tell_p
from mammo_core.run import Run
from mammo_core.run_comparison import PairedRuns, compare_runs
from mammo_core.wording import count
from mammo_ui import frame
from mammo_ui.run_names import Lettered

SPLIT_TITLES = {"val": "validation", "test": "test", "all": "all"}


def show_pair(runs: Sequence[Run]) -> None:
    """Two of the ticked runs side by side, and on the same images where both were judged on them.

    Args:
        runs: Two or more, in the order of their letters.
    """
    title = st.empty()
    a, b = _choose_pair([Lettered(place, run) for place, run in enumerate(runs)])
    title.subheader(f"{a.letter} against {b.letter}", anchor=False)
    values, paired = st.columns([1, 1.3], gap="large")
    with values:
        _show_validation(a, b)
    with paired, st.container(key="paired"):
        pairs = compare_runs(a.run, b.run)
        for pair in pairs:
            _show_paired(pair, a, b)
        if not pairs:
            _tell_how_to_pair(a.run, b.run)


def _choose_pair(runs: Sequence[Lettered]) -> tuple[Lettered, Lettered]:
    """The two that are compared: the first ones unless others of more than two are chosen."""
    pairs = list(combinations(runs, 2))
    if len(pairs) == 1:
        return pairs[0]
    chosen = st.selectbox(
        "Compared on the same images",
        range(len(pairs)),
        format_func=lambda i: " against ".join(f"{x.letter} {x.run.name}" for x in pairs[i]),
        key=f"pair_of_{'/'.join(one.run.name for one in runs)}",
        width=420,
    )
    return pairs[chosen]


def _show_validation(a: Lettered, b: Lettered) -> None:
    """All that was measured on validation images."""
    keys = list(dict.fromkeys((*a.run.val, *b.run.val)))
    if not keys:
        st.info("Neither of them has been measured on validation images here.")
        return
    rows = [
        {"On validation images": frame.plain(key.replace("_", " "))}
        | {one.head: _write_number(one.run.val.get(key)) for one in (a, b)}
        for key in keys
    ]
    st.table(rows, hide_index=True)
    if a.run.dataset != b.run.dataset:
        st.caption("Of different datasets: these columns cannot be held against each other.")


def _write_number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else frame.DASH


def _show_paired(pair: PairedRuns, a: Lettered, b: Lettered) -> None:
    """The paired difference of AUROCs on one table."""
    images = f"{frame.plain(pair.dataset)}, {SPLIT_TITLES.get(pair.split, pair.split)} images"
    answer = pair.answer
    if answer is None:
        st.warning(f"{images}: {frame.plain(pair.fault)}.")
        return
    st.markdown(f"**On {images}**")
    n = count(answer["patients"], "patient")
    cards = st.columns(3)
    with cards[0]:
        frame.show_card(f"AUROC of {a.letter}", answer["auroc_a"], n)
    with cards[1]:
        frame.show_card(f"AUROC of {b.letter}", answer["auroc_b"], n)
    with cards[2]:
        meaning = "Paired on the same images; the patient is the unit (clustered DeLong)."
        frame.show_card(
            f"Difference {a.letter} - {b.letter}", answer["difference"], n, help_text=meaning
        )
    st.markdown(f"**{judge(answer, a.letter, b.letter)}**")
    for warning in answer["warnings"]:
        st.caption(frame.plain(warning))
    if pair.split != "val":
        _show_command(a.run, b.run, pair.dataset)


def judge(answer: Mapping[str, Any], a: str = "A", b: str = "B") -> str:
    """What a paired comparison shows, in a sentence.

    Args:
        answer: Of the verb `compare`.
        a: The letter of its first model.
        b: That of its second one.
    """
    p = answer["delong_p"]
    verdict = judge_difference(answer["difference"], p)
    if verdict.better is None or p is None:
        return f"{verdict.sentence}."
    return f"{verdict.name_better(a, b)} is better on these images ({tell_p(p)})."


def _tell_how_to_pair(a: Run, b: Run) -> None:
    if not (a.is_whole and b.is_whole):
        st.info("An unfinished training has no predictions; a paired difference needs two.")
        return
    st.info(
        "No images are known on which both were judged. A paired difference needs the same "
        "dataset: evaluate both on one, then look here again, or ask the command line, which "
        "looks at its test images:"
    )
    _show_command(a, b, st.session_state["choice"].dataset or "DATASET")


def _show_command(a: Run, b: Run, dataset: str) -> None:
    words = shlex.join(["compare", a.name, b.name, "--dataset", dataset])
    st.code(f"python -m mammo_core {words}", language="bash")
