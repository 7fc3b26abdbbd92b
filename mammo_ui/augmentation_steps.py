"""The steps of augmentation as sliders, beside what they make of images of the dataset."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.augmentation import AUGMENTATIONS, STEPS, read_augmentation, tell_augmentation
from mammo_core.config import parse_size
from mammo_core.errors import MammoError
from mammo_core.preprocess import Preprocess
from mammo_ui import frame, library

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IMAGES, DRAWS, GAP = 3, 3, 6
SEED = "preview_seed"


def offer_steps(dataset: str, values: dict[str, Any]) -> None:
    """What hides behind "Preview"; replaces the preset in `values` by what the sliders say."""
    body = st.popover("Preview", type="tertiary", key="steps", on_change="rerun")
    with body, st.container(key="augmentation"):
        sliders, pictures = st.columns([1.1, 1], gap="medium")
        with sliders:
            values["augmentation"] = ask_steps(f"{dataset}/steps", values["augmentation"])
        if body.open:
            with pictures:
                _show_preview(dataset, values)


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
            step.title, 0.0, step.highest, begun.get(key, 0.0),
            step=step.highest / 100, format="%.3g", key=f"{name}/{preset}/{key}",
            help=f"{step.does} Here s is in {step.unit}.", persist_state="session",
        )  # fmt: skip
    chosen = {key: round(strength, 6) for key, strength in strengths.items() if strength}
    return preset if chosen == dict(begun) else tell_augmentation(chosen)


def _show_preview(dataset: str, values: dict[str, Any]) -> None:
    """Some images as they are and as they may look to the network, drawn anew on demand."""
    if st.button("Another draw", key="another_draw"):
        st.session_state[SEED] = st.session_state.get(SEED, 0) + 1
    try:
        mosaic = _draw_mosaic(
            dataset,
            library.version_of_dataset(library.dataset_path(dataset)),
            Preprocess(
                size=parse_size(values["image_size"]),
                crop=values["crop"],
                background=values["background"],
            ),
            values["augmentation"],
            st.session_state.get(SEED, 0),
        )
    except MammoError as error:
        st.caption(frame.plain(error))
        return
    st.image(
        mosaic,
        width="stretch",
        output_format="JPEG",
        alt=f"{IMAGES} images of {dataset}, each as it is and in {DRAWS} random draws",
    )
    st.caption("Left: the image as it is. Then three draws of what the network may see.")


@lru_cache(maxsize=16)
def _draw_mosaic(
    dataset: str, version: int, preprocess: Preprocess, augmentation: str, seed: int
) -> "NDArray[np.uint8]":
    """(rows, columns) gray picture: a row an image, the image as it is at the left."""
    import numpy as np

    from mammo_core.augmentation_preview import preview_augmentation

    preview = preview_augmentation(
        library.require_dataset(dataset), preprocess, augmentation, count=IMAGES, draws=DRAWS,
        seed=seed,
    )  # fmt: skip
    edges = ((0, 0), (0, 0), (0, GAP), (0, GAP))
    framed = np.pad(preview.pictures, edges, constant_values=128)
    return np.vstack([np.hstack(list(pictures)) for pictures in framed])
