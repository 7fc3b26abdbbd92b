"""The four steps of the Train page's form: settings, why they are suggested, what is wrong."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.architectures import ARCHITECTURES
from mammo_core.config import to_text
from mammo_core.errors import BadConfiguration
from mammo_core.training.configuration import TrainingConfiguration
from mammo_ui import frame, training_data
from mammo_ui.augmentation_steps import offer_steps
from mammo_ui.training_fields import (
    KEYS,
    STEPS,
    Step,
    ask,
    field_of,
    keys_of,
    name_fields,
    title_of,
)
from mammo_ui.training_start import read_values

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from mammo_core.training.advice import Suggestion

USUAL = TrainingConfiguration()


@dataclass
class Answers:
    """What was chosen so far in the form.

    Attributes:
        dataset: The dataset's name.
        suggestion: What its data suggest.
        varied: Settings that a sweep chooses itself.
        values: By key of `TrainingConfiguration`; what means nothing with the others is left out.
        feet: Where a step is explained, and what is wrong in it told.
    """

    dataset: str
    suggestion: "Suggestion"
    varied: frozenset[str] = frozenset()
    values: dict[str, Any] = field(default_factory=dict)
    feet: dict[Step, "DeltaGenerator"] = field(default_factory=dict)

    def ask(self, key: str) -> None:
        """Draw the setting's widget, if it means anything with what was chosen before."""
        if self.holds(field_of(key).only_if):
            default = self.suggestion.values.get(key, getattr(USUAL, key))
            self.values[key] = ask(key, self.dataset, default, is_varied=key in self.varied)

    def holds(self, condition: tuple[str, str] | None) -> bool:
        """Whether a setting was given that value; True for no condition."""
        return condition is None or self.values.get(condition[0]) == condition[1]

    def read(self) -> TrainingConfiguration | None:
        """The configuration; None where a value is wrong, which is told beside its step."""
        try:
            return read_values(self.dataset, self.values)
        except BadConfiguration as error:
            self.feet[step_of(str(error))].error(frame.plain(name_fields(str(error))))
            return None


def chosen_dataset(names: Sequence[str], first: str) -> str:
    """The dataset that the form speaks of, also before its widget is drawn."""
    chosen = st.session_state.get(f"train_on_{first}")
    return chosen if chosen in names else first


def ask_settings(
    names: Sequence[str], first: str, varied: frozenset[str]
) -> tuple[str, TrainingConfiguration | None]:
    """Draw the four steps.

    Args:
        names: The datasets to choose from.
        first: The one to begin with.
        varied: Settings that a sweep chooses itself.

    Returns:
        The dataset's name and the configuration, None where it cannot be trained so.

    Raises:
        MammoError: Where the dataset is gone or damaged.
    """
    answers = _ask_data(names, first, varied)
    _ask_step(answers, "model")
    _ask_step(answers, "balance", offer_steps)
    _ask_step(answers, "schedule")
    config = answers.read()
    return answers.dataset, None if answers.suggestion.obstacles else config


def step_of(message: str) -> Step:
    """The step that holds the setting of which an error speaks, the last for none."""
    keys = [key for key in re.findall(r"'(\w+)'", message) if key in KEYS]
    return field_of(keys[0]).step if keys else "schedule"


def _ask_data(names: Sequence[str], first: str, varied: frozenset[str]) -> Answers:
    head = _show_heading("data")
    left, right = st.columns([1.8, 1])
    dataset = left.selectbox(
        "Dataset", names, names.index(first), key=f"train_on_{first}", persist_state="session",
        help="Those that hold training images.",
    )  # fmt: skip
    answers = Answers(dataset, training_data.suggestion_for(dataset), varied)
    with right:
        answers.ask("image_size")
    _ask_rare(answers, "data", head)
    _explain(answers, "data", training_data.describe_splits(dataset))
    if unlisted := training_data.describe_unlisted(names):
        answers.feet["data"].caption(frame.plain(unlisted))
    for warning in answers.suggestion.warnings:
        answers.feet["data"].caption(f":orange[⚠] {frame.plain(warning)}")
    for obstacle in answers.suggestion.obstacles:
        answers.feet["data"].error(frame.plain(obstacle))
    return answers


def _ask_step(
    answers: Answers, step: Step, offer_more: Callable[[str, dict[str, Any]], None] | None = None
) -> None:
    head = _show_heading(step)
    _ask_common(answers, step)
    if offer_more:
        with head:
            offer_more(answers.dataset, answers.values)
    _ask_rare(answers, step, head)
    _explain(answers, step, *_describe_network(answers) if step == "model" else ())


def _describe_network(answers: Answers) -> tuple[str, ...]:
    if "architecture" in answers.varied:
        return ()
    network = ARCHITECTURES[answers.values["architecture"]]
    return (f"{network.parameters:,} weights; for {network.suits}",)


def _show_heading(step: Step) -> "DeltaGenerator":
    """The step's name; what is returned takes more at the same height."""
    head = st.container(horizontal=True, vertical_alignment="center", gap="small")
    head.markdown(f"**{STEPS[step]}**")
    return head


def _ask_common(answers: Answers, step: Step) -> None:
    """What stands in sight, in a row; what a choice brings into sight follows."""
    keys = [key for key in keys_of(step, is_rare=False) if answers.holds(field_of(key).only_if)]
    for key, column in zip(keys, st.columns(len(keys)), strict=True):
        with column:
            answers.ask(key)
    for key in _brought_into_sight(answers, step):
        answers.ask(key)


def _brought_into_sight(answers: Answers, step: Step) -> list[str]:
    conditions = {key: field_of(key).in_sight_if for key in keys_of(step, is_rare=True)}
    return [key for key, one in conditions.items() if one and answers.holds(one)]


def _ask_rare(answers: Answers, step: Step, head: "DeltaGenerator") -> None:
    seen = _brought_into_sight(answers, step)
    with head.popover("More", type="tertiary", key=f"more_{step}"):
        for key in keys_of(step, is_rare=True):
            if key not in seen:
                answers.ask(key)


def _explain(answers: Answers, step: Step, *facts: str) -> None:
    """Why this is suggested; what was suggested, where something else was chosen."""
    reasons = answers.suggestion.reasons
    keys = [key for key in reasons if field_of(key).step == step and key in answers.values]
    told = [_tell_reason(answers, key) for key in keys if key not in answers.varied]
    answers.feet[step] = st.container(gap=4)
    if sentences := [*facts, *filter(None, told)]:
        answers.feet[step].caption(frame.plain(". ".join(sentences) + "."))


def _tell_reason(answers: Answers, key: str) -> str:
    """Empty where it no longer holds: how long to train hangs on the recipe."""
    if key == "epochs" and not _is_kept(answers, "recipe"):
        return ""
    reason = answers.suggestion.reasons[key]
    if _is_kept(answers, key):
        return reason
    return f"{reason} (suggested: {title_of(key, answers.suggestion.values[key])})"


def _is_kept(answers: Answers, key: str) -> bool:
    """Whether the setting is as suggested."""
    return to_text(answers.values[key]) == to_text(answers.suggestion.values[key])
