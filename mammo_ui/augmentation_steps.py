"""The steps of augmentation as sliders, and what they do to images of the dataset."""

from typing import Any

import streamlit as st

from mammo_core.augmentation import AUGMENTATIONS, STEPS, read_augmentation, tell_augmentation


def offer_steps(dataset: str, values: dict[str, Any]) -> None:
    """What hides behind "Preview"; replaces the preset in `values` by what it says."""
    with st.popover("Preview", type="tertiary", key="steps"):
        values["augmentation"] = ask_steps(f"{dataset}/steps", values["augmentation"])


def ask_steps(name: str, preset: str) -> str:
    """Sliders that begin at a preset's strengths; the text that stands for what they say.

    Args:
        name: The widgets' own name, different for each dataset.
        preset: A key of `AUGMENTATIONS`; another one begins anew.
    """
    begun = read_augmentation(AUGMENTATIONS[preset])
    strengths = {}
    columns = st.columns(2)
    for number, (key, step) in enumerate(STEPS.items()):
        strengths[key] = columns[number % 2].slider(
            f"{step.title} ({step.unit})", 0.0, step.highest, begun.get(key, 0.0),
            step=step.highest / 100, format="%.3g", key=f"{name}/{preset}/{key}", help=step.does,
            persist_state="session",
        )  # fmt: skip
    chosen = {key: round(strength, 6) for key, strength in strengths.items() if strength}
    return preset if chosen == dict(begun) else tell_augmentation(chosen)
