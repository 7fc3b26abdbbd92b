"""What a sweep varies, as the Train page asks for it."""

from collections.abc import Sequence
from itertools import pairwise

import streamlit as st

from mammo_core.config import to_text
from mammo_core.errors import BadConfiguration
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.tuning.ranges import RANGES, choose_ranges
from mammo_ui.training_fields import field_of

FLAG = "--range"


def ask_sweep(dataset: str) -> list[str]:
    """How many trials of what, as words of the verb `tune`.

    Raises:
        BadConfiguration: Where nothing is to vary.
    """
    left, middle, right = st.columns([1, 1, 1.2], vertical_alignment="bottom")
    trials = left.number_input("Trials", 1, 10_000, 20, key="sweep_trials")
    minutes = middle.number_input(
        "Minutes", 1, None, None, key="sweep_minutes", placeholder="no limit",
        help="No trial begins after so many.",
    )  # fmt: skip
    with right.popover("Ranges", key="sweep_ranges", width="stretch"):
        ranges = _ask_ranges()
    if not ranges:
        raise BadConfiguration("A sweep needs at least one setting that varies; add one in Ranges")
    workers = st.session_state.get("sweep_workers", 1)
    words = ["--trials", str(trials), "--workers", str(workers)]
    words += ["--minutes", str(minutes)] if minutes else []
    return [*words, *(word for one in ranges for word in (FLAG, one))]


def _ask_ranges() -> list[str]:
    """KEY=VALUES of each setting that varies."""
    keys = st.multiselect(
        "What varies",
        list(RANGES),
        list(RANGES),
        format_func=lambda key: field_of(key).label,
        key="sweep_keys",
        help="The settings below hold for whatever does not vary.",
    )
    columns = st.columns(2)
    texts = [
        columns[number % 2].text_input(
            field_of(key).label, str(RANGES[key]), key=f"range_{key}", max_chars=200,
            help="LOW..HIGH, LOW..HIGH:log, or values with commas between.",
        )
        for number, key in enumerate(keys)
    ]  # fmt: skip
    st.number_input(
        "Trainings at a time", 1, 16, 1, key="sweep_workers", help="A process each; all share the "
        "machine's cores."
    )  # fmt: skip
    return [f"{key}={text}" for key, text in zip(keys, texts, strict=True)]


def find_ranges(words: Sequence[str]) -> list[str]:
    """KEY=VALUES of each setting that a command's words vary."""
    return [word for flag, word in pairwise(words) if flag == FLAG]


def varied_keys(words: Sequence[str]) -> frozenset[str]:
    """The settings that a command's words vary."""
    return frozenset(text.partition("=")[0] for text in find_ranges(words))


def check_ranges(words: Sequence[str], config: TrainingConfiguration) -> None:
    """Refuse ranges that do not work with the settings that stay the same.

    Args:
        words: Of a command; words without any range pass.
        config: The settings, of which those that vary do not count.

    Raises:
        BadConfiguration: Naming the first such range.
    """
    varied = varied_keys(words)
    if varied:
        fixed = {key: to_text(value) for key, value in vars(config).items() if key not in varied}
        choose_ranges(find_ranges(words), fixed)
