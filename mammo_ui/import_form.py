"""The form that asks for a model from elsewhere and what its user knows of it."""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mammo_ui import library, model_files

BACKGROUNDS = {"blank": "Black", "keep": "As it is"}
NOWHERE = "nowhere"
"""Stands for no dataset to check the classes on."""


@dataclass(frozen=True)
class Asked:
    """What the form holds.

    Attributes:
        source: A path as it was typed, or an upload.
        name, classes, input_range, size: As the verb `import` takes them.
        preprocess: What differs from the usual preparation.
        reference: The dataset on whose labels the order of the classes is checked; None for none.
    """

    source: "str | UploadedFile"
    name: str
    classes: str
    input_range: str
    size: str
    preprocess: dict[str, Any]
    reference: str | None = None


def ask(on_send: Callable[[], None]) -> Asked | None:
    """The form; None until it is sent.

    Args:
        on_send: Called before the page is drawn with what was sent.
    """
    with st.form("import"):
        source = _ask_source()
        left, middle, right = st.columns(3)
        name = left.text_input("Name", max_chars=64, placeholder="their-model", **_kept("name"))
        classes = middle.text_input(
            "Classes, mildest first",
            placeholder="normal, benign, malignant",
            help="In the order of the model's outputs; two names for a single output unit.",
            **_kept("classes"),
        )
        input_range = right.selectbox(
            "Values that it was trained on",
            list(_input_ranges()),
            format_func=lambda key: f"{key}: {_input_ranges()[key].title}",
            **_kept("range"),
        )
        size, preprocess = _ask_preparation()
        reference = _ask_reference()
        if not st.form_submit_button("Import it", type="primary", on_click=on_send):
            return None
    return Asked(source, name.strip(), classes, input_range, size.strip(), preprocess, reference)


def _ask_source() -> "str | UploadedFile":
    typed, uploaded = st.columns([1.4, 1], gap="medium")
    path = typed.text_input(
        "Path of a .keras or .h5 file or a SavedModel folder on this machine",
        placeholder="/models/…",
        **_kept("path"),
    )
    file = uploaded.file_uploader(
        "… or upload it, a folder as a .zip",
        type=list(model_files.ENDINGS),
        max_upload_size=model_files.MOST_MEGABYTES,
        key="import_file",
    )
    return file if file is not None else path.replace("\0", "").strip().strip("\"'")


def _ask_reference() -> str | None:
    chosen = st.selectbox(
        "Check the order of its classes on",
        [NOWHERE, *library.dataset_names()],
        help="Images with labels that have the model's own class names. An AUROC whose interval "
        "lies below 0.5 means that classes are swapped. No test image is looked at without need.",
        **_kept("reference"),
    )
    return None if chosen == NOWHERE else chosen


def _kept(name: str) -> dict[str, Any]:
    """What keeps a field as it is while the form is not drawn."""
    return {"key": f"import_{name}", "persist_state": "session"}


def _input_ranges() -> dict[str, Any]:
    from mammo_core.importing.input_ranges import INPUT_RANGES

    return INPUT_RANGES


def _ask_preparation() -> tuple[str, dict[str, Any]]:
    """(size, settings that differ from the usual ones)."""
    from mammo_core.preprocess import Preprocess

    usual = {one.name: one.default for one in fields(Preprocess) if one.default is not MISSING}
    st.markdown("**How its images were prepared**")
    columns = st.columns(5)
    given = {
        "crop": columns[0].checkbox("Cut to the breast", usual["crop"], **_kept("crop")),
        "background": columns[1].selectbox(
            "Outside the breast",
            list(BACKGROUNDS),
            format_func=BACKGROUNDS.get,
            **_kept("background"),
        ),
        "low_percentile": columns[2].number_input(
            "Black from percentile", 0.0, 100.0, usual["low_percentile"], 0.5, **_kept("low")
        ),
        "high_percentile": columns[3].number_input(
            "White to percentile", 0.0, 100.0, usual["high_percentile"], 0.1, **_kept("high")
        ),
    }
    size = columns[4].text_input(
        "Input size",
        placeholder="as in the file",
        help="Rows x columns, if the model takes any.",
        **_kept("size"),
    )
    return size, {key: value for key, value in given.items() if value != usual[key]}
