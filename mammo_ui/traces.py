"""From the file to the model's input: a strip of pictures, one a step, made once an image."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from mammo_ui import frame, pictures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mammo_core.preprocess import Preprocess


@dataclass(frozen=True)
class TraceStep:
    """One step as the strip shows it.

    Attributes:
        name: What was done.
        detail: With which settings.
        rows, columns: Of the image after it.
        picture: A JPEG of it.
    """

    name: str
    detail: str
    rows: int
    columns: int
    picture: bytes


def show_trace(path: Path, preprocess: "Preprocess", *, key: str) -> None:
    """What was done to an image, a picture a step, each with its name and settings.

    Args:
        path: The image's file.
        preprocess: Of the model.
        key: What changes with the file's content.

    Raises:
        UnreadableFile: Where the file cannot be read.
    """
    steps = _trace(key, preprocess.fingerprint, path, preprocess)
    for column, step in zip(st.columns(len(steps)), steps, strict=True):
        with column:
            st.image(step.picture, alt=f"After {step.name}", width="stretch")
            st.markdown(f"**{frame.plain(step.name)}**")
            st.caption(f"{step.rows} x {step.columns}. {frame.plain(step.detail)}")


@st.cache_data(max_entries=24, show_spinner="Reading the file step by step")
def _trace(
    key: str, fingerprint: str, _path: Path, _preprocess: "Preprocess"
) -> tuple[TraceStep, ...]:
    from mammo_core.dicom import read_mammogram
    from mammo_core.preprocess import trace
    from mammo_core.reading.original import read_original

    original = read_original(_path)
    stored = "As stored", f"values {original.lowest} to {original.highest} as black to white"
    steps = trace(read_mammogram(_path), _preprocess)
    return (
        _draw(*stored, original.to_range()),
        *(_draw(step.name, step.detail, image) for step, image in steps),
    )


def _draw(name: str, detail: str, image: "NDArray[np.float32]") -> TraceStep:
    picture = pictures.encode_jpeg(image, pictures.PREVIEW)
    return TraceStep(name, detail, *image.shape, picture)
