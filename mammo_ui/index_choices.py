"""What a user chooses about an index, and the dry run that tells what comes of it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from mammo_core.datasets.labeling import Labeling
    from mammo_core.datasets.splits import Dealing

ALWAYS_HIDDEN = ("dicom_folder",)
"""Layouts whose ids are hidden whatever is chosen."""
UNLABELED = "none"


@dataclass(frozen=True)
class Choices:
    """What the user chose about an index, as the command line takes it.

    Attributes:
        layout: The layout's name.
        labels: The label scheme.
        birads: The class of each BI-RADS, empty for the usual one.
        shares: Of train, val and test.
        seed: Of the splits.
        hide_ids: Whether patients, exams and images get ids that tell nothing.
    """

    layout: str
    labels: str
    birads: str
    shares: str
    seed: int
    hide_ids: bool

    def to_arguments(self) -> list[str]:
        """The options of the verb `index`."""
        options = ["--format", self.layout, "--labels", self.labels]
        options += ["--shares", self.shares, "--seed", str(self.seed)]
        options += ["--birads", self.birads] if self.birads else []
        return options + (["--hide-ids"] if self.hide_ids else [])


def ask_choices(folder: Path, detected: str | None) -> Choices | None:
    """The widgets for all choices; each source and layout begins with its own defaults.

    Args:
        folder: What is to be indexed.
        detected: Its layout, None where the user must name it; without one there are no choices.
    """
    layout = _ask_layout(folder, detected)
    if layout is None:
        return None
    key = hashlib.sha256(f"{folder}\0{layout}".encode(errors="replace")).hexdigest()[:16]
    labels = _ask_labels(layout, key)
    birads = _ask_birads(key) if labels == "birads" else ""
    shares, seed = _ask_dealing(key, is_dealt=labels != UNLABELED)
    return Choices(layout, labels, birads, shares, seed, _ask_hiding(layout, key))


def _ask_labels(layout: str, key: str) -> str:
    from mammo_core.datasets.labeling import SCHEMES
    from mammo_core.datasets.layouts import LAYOUTS

    schemes = list(dict.fromkeys((*LAYOUTS[layout].schemes, UNLABELED)))
    return st.selectbox(
        "Labels", schemes, format_func=lambda name: SCHEMES[name].meaning, key=f"add_labels_{key}"
    )


def _ask_dealing(key: str, *, is_dealt: bool) -> tuple[str, int]:
    """Shares and seed of the splits, which mean nothing where all images go to test."""
    left, right = st.columns([2, 1])
    shares = left.text_input(
        "Shares of train, val, test in %", "60,20,20", key=f"add_shares_{key}",
        disabled=not is_dealt,
        help="Patients are dealt, never single images; a source's own splits are kept.",
    )  # fmt: skip
    seed = right.number_input("Seed", 0, 2**31, 0, key=f"add_seed_{key}", disabled=not is_dealt)
    if not is_dealt:
        st.caption("Without labels all images go to test: there is nothing to deal.")
    return shares, int(seed)


def _ask_hiding(layout: str, key: str) -> bool:
    """Whether ids are to be hidden; shown as settled where the layout does so by itself."""
    is_settled = layout in ALWAYS_HIDDEN
    return st.checkbox(
        "Hide ids", is_settled, key=f"add_hide_ids_{key}", disabled=is_settled,
        help="Patients, exams and images get names that tell nothing outside of this computer. For "
        "files of your own hospital it is always so.",
    )  # fmt: skip


def _ask_layout(folder: Path, detected: str | None) -> str | None:
    from mammo_core.datasets.layouts import LAYOUTS

    names = list(LAYOUTS)
    return st.selectbox(
        "Layout", names, None if detected is None else names.index(detected),
        placeholder="Name it yourself",
        format_func=lambda name: LAYOUTS[name].title, key=f"add_layout_{folder}",
        help="Found out by looking; change it where that went wrong.",
    )  # fmt: skip


def _ask_birads(key: str) -> str:
    from mammo_core.datasets.labeling import BIRADS_CLASSES

    usual = ",".join(f"{grade}:{label}" for grade, label in BIRADS_CLASSES.items())
    return st.text_input(
        "Class of each BI-RADS assessment", usual, key=f"add_birads_{key}",
        help="An assessment is a suspicion, not pathology: 3 turns out malignant in up to 2 %.",
    )  # fmt: skip


@st.cache_data(
    ttl=300, max_entries=16, show_spinner="Looking into it; no image is opened", show_time=True
)
def survey(folder: Path, choices: Choices | None = None) -> Any:
    """The dry run, with what the layout itself suggests where nothing was chosen yet.

    Raises:
        MammoError: Where there is nothing to index, or a choice is wrong.
    """
    from mammo_core.datasets.survey import survey_dataset

    if choices is None:
        return survey_dataset(folder)
    labeling, dealing = read_settings(choices)
    return survey_dataset(folder, choices.layout, labeling=labeling, dealing=dealing)


def read_settings(choices: Choices) -> tuple["Labeling", "Dealing"]:
    """Labels and splits as the core takes them.

    Raises:
        BadConfiguration: Where the classes of BI-RADS or the shares cannot be read.
    """
    from mammo_core.datasets.labeling import BIRADS_CLASSES, Labeling, parse_birads_classes
    from mammo_core.datasets.splits import Dealing, parse_shares

    classes = parse_birads_classes(choices.birads) if choices.birads else BIRADS_CLASSES
    return Labeling(choices.labels, classes), Dealing(choices.seed, parse_shares(choices.shares))
