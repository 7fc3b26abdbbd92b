"""The settings of a training as a form shows them: label, step, widget; one table for all keys."""

import re
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

import streamlit as st

from mammo_core.architectures import ARCHITECTURES
from mammo_core.augmentation import AUGMENTATIONS
from mammo_core.config import to_text
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.imbalance import STRATEGIES
from mammo_ui import library

Step = Literal["data", "model", "balance", "schedule"]
STEPS: dict[Step, str] = {
    "data": "1 · Data",
    "model": "2 · Model",
    "balance": "3 · Imbalance and augmentation",
    "schedule": "4 · Schedule",
}


@dataclass(frozen=True)
class Field:
    """How a setting is asked for.

    Attributes:
        label: Its name for a person.
        step: The part of the form that it belongs to.
        help: One sentence, empty where the label says it.
        is_rare: Whether it waits behind "More".
        only_if: (key, value) of the setting without which it means nothing; None for always.
        in_sight_if: (key, value) with which it does not wait behind "More" all the same.
    """

    label: str
    step: Step
    help: str = ""
    is_rare: bool = False
    only_if: tuple[str, str] | None = None
    in_sight_if: tuple[str, str] | None = None


PATCHES, TRANSFER = ("recipe", "patch_to_image"), ("recipe", "transfer")
FIELDS: dict[str, Field] = {
    "image_size": Field("Image size", "data", "Rows x columns of the model's input."),
    "crop": Field("Cut to the breast", "data", is_rare=True),
    "background": Field("Outside the breast", "data", is_rare=True),
    "channels": Field("Channels", "data", "3 repeats the gray image for color networks.", True),
    "architecture": Field("Architecture", "model"),
    "recipe": Field("Recipe", "model", "In which order it learns from what."),
    "weights": Field(
        "First weights",
        "model",
        "What the network begins with; a file's path works too.",
        True,
        in_sight_if=TRANSFER,
    ),
    "pooling": Field("Pooling", "model", "How all positions become one answer.", True),
    "dropout": Field("Dropout", "model", "Share of features left out in each step.", True),
    "weight_decay": Field("Weight decay", "model", "Pulls weights towards 0.", True),
    "upper_share": Field(
        "Upper part", "model", "Share of the trunk's layers that thaws first.", True, TRANSFER
    ),
    "imbalance": Field(
        "Rare classes",
        "balance",
        " ".join(f"{one.title}: {one.does}" for one in STRATEGIES.values()),
    ),
    "augmentation": Field(
        "Augmentation", "balance", "How the images vary; its steps are set one by one below."
    ),
    "loss": Field("Loss", "balance", is_rare=True),
    "focal_gamma": Field(
        "Focal gamma", "balance", "How much less easy images count.", True, ("loss", "focal")
    ),
    "label_smoothing": Field(
        "Label smoothing", "balance", "Share of each label spread over all classes.", True
    ),
    "epochs": Field("Epochs", "schedule", "Passes over the whole images."),
    "patch_epochs": Field(
        "Of patches", "schedule", "Passes over patches, before the whole images.", False, PATCHES
    ),
    "head_epochs": Field(
        "Of the head", "schedule", "Passes with a frozen trunk, before all.", False, TRANSFER
    ),
    "learning_rate": Field("Learning rate", "schedule", "Its highest; it decays to 0."),
    "batch_size": Field("Batch size", "schedule", is_rare=True),
    "patience": Field(
        "Patience", "schedule", "Epochs without a better validation before it ends.", True
    ),
    "upper_epochs": Field("Epochs of the upper part", "schedule", "", True, TRANSFER),
    "head_learning_rate": Field("Learning rate of the head", "schedule", "", True, TRANSFER),
    "patch_learning_rate": Field("Learning rate of patches", "schedule", "", True, PATCHES),
    "patch_size": Field("Side of a patch", "schedule", "In pixels of the model.", True, PATCHES),
    "patch_batch_size": Field("Batch size of patches", "schedule", "", True, PATCHES),
    "patches_a_lesion": Field(
        "Patches a lesion", "schedule", "With x without it, an epoch.", True, PATCHES
    ),
    "seed": Field("Seed", "schedule", "The same seed, the same model.", True),
    "note": Field("Note", "schedule", "Your own words for the model's card.", True),
}
TITLES: dict[str, dict[str, str]] = {
    "recipe": {
        "whole_image": "Whole images",
        "patch_to_image": "Patches, then images",
        "transfer": "Transfer, in stages",
    },
    "background": {"blank": "Hidden from the model", "keep": "Shown to the model"},
    "pooling": {
        "own": "As the architecture is known",
        "logsumexp": "Between mean and maximum",
        "mean": "Mean",
        "attention": "Attention",
    },
    "imbalance": {name: strategy.title for name, strategy in STRATEGIES.items()},
    "loss": {"cross_entropy": "Cross-entropy", "focal": "Focal loss"},
    "architecture": {name: entry.title for name, entry in ARCHITECTURES.items()},
    "augmentation": {name: name.capitalize() for name in AUGMENTATIONS},
    "weights": {"none": "Random", "imagenet": "ImageNet"},
}
HINTS = get_type_hints(TrainingConfiguration)
KEYS = tuple(field.name for field in fields(TrainingConfiguration))
TEXTS = (str, tuple[int, int])
OPEN_LISTS = ("weights",)
"""Choices that take the user's own words too."""


def field_of(key: str) -> Field:
    """How the setting is asked for; one without a line in the table waits behind "More"."""
    return FIELDS.get(key) or Field(key.replace("_", " ").capitalize(), "schedule", is_rare=True)


def keys_of(step: Step, *, is_rare: bool) -> list[str]:
    """The settings of a part of the form, those of the table first and in its order."""
    ordered = [*FIELDS, *(key for key in KEYS if key not in FIELDS)]
    return [
        key
        for key in ordered
        if key in KEYS and field_of(key).step == step and field_of(key).is_rare == is_rare
    ]


def ask(key: str, dataset: str, default: Any, *, is_varied: bool = False) -> Any:
    """Draw the widget of a setting and give its value; what it begins with is the default.

    Args:
        key: A field of `TrainingConfiguration`.
        dataset: The dataset that it is chosen for.
        default: Of the field's type.
        is_varied: Whether a sweep chooses it, so that nothing can be chosen here.
    """
    field, name, options = field_of(key), widget_name(dataset, key), list_options(key)
    st.session_state.setdefault(name, to_text(default) if HINTS[key] in TEXTS else default)
    label = f"{field.label} (varies)" if is_varied else field.label
    about = "The sweep varies it." if is_varied else field.help
    common = {"key": name, "help": about or None, "disabled": is_varied, "persist_state": "session"}
    if options:
        return _choose(key, label, options, common)
    if HINTS[key] is bool:
        return st.checkbox(label, **common)
    if HINTS[key] in (int, float):
        return _ask_number(key, label, common)
    return st.text_input(label, max_chars=200, **common)


def list_options(key: str) -> list[Any]:
    """What can be chosen for a setting, in the core's order; empty where anything can be typed."""
    if get_origin(HINTS[key]) is Literal:
        return list(get_args(HINTS[key]))
    if key == "architecture":
        return list(ARCHITECTURES)
    if key == "augmentation":
        return list(AUGMENTATIONS)
    if key == "weights":
        return ["none", "imagenet", *(one.id for one in library.list_models() if not one.is_table)]
    return [1, 3] if key == "channels" else []


def widget_name(dataset: str, key: str) -> str:
    """The name of a setting's widget: each dataset has its own."""
    return f"{dataset}/{key}"


def title_of(key: str, value: Any) -> str:
    """A setting's value for a person."""
    return TITLES.get(key, {}).get(value, to_text(value))


def name_fields(message: str) -> str:
    """An error of the core in the words of the form: its fields' names, not the keys."""
    text = re.sub(r"Range '(\w+)=", r"Range of '\1' '", message)
    text = re.sub(r"(?:Setting )?'(\w+)'", lambda found: _name(found[1], found[0]), text)
    text = re.sub(r"\b(\w+)=(\w+)", _name_value, text)
    return re.sub(r"\b[a-z]+_\w+", lambda found: _name(found[0], found[0]).lower(), text)


def _name(key: str, otherwise: str) -> str:
    return field_of(key).label if key in KEYS else otherwise


def _name_value(found: re.Match[str]) -> str:
    key, value = found[1], found[2]
    return f"{field_of(key).label}: {title_of(key, value)}" if key in KEYS else found[0]


def _choose(key: str, label: str, options: list[Any], common: dict[str, Any]) -> Any:
    value = st.session_state[common["key"]]
    if value not in options:
        options = [*options, value]
    return st.selectbox(
        label,
        options,
        format_func=lambda option: title_of(key, option),
        accept_new_options=key in OPEN_LISTS,
        **common,
    )


def _ask_number(key: str, label: str, common: dict[str, Any]) -> int | float:
    if HINTS[key] is int:
        return st.number_input(label, 0 if key == "seed" else 1, 2**31 - 1, step=1, **common)
    usual = getattr(TrainingConfiguration, key)
    step = 10.0 ** (_magnitude(usual) - 1)
    return st.number_input(label, 0.0, 1e3, step=step, format="%.5g", **common)


def _magnitude(value: float) -> int:
    """The power of ten of a value's first digit; -1 for 0."""
    return int(f"{value:e}".split("e")[1]) if value else -1
