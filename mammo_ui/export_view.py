"""The Export tab: the chosen maps as files for other programs, in one archive."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.explanation_exports import FORMATS, FormatName
from mammo_core.explanation_folders import safe_name
from mammo_ui import dear_work, frame
from mammo_ui.explanation_choice import is_quick
from mammo_ui.export_tasks import zip_exports
from mammo_ui.overlay_store import Names, Subject, read_drawn
from mammo_ui.worker import WORKER

PRIVACY = (
    "Pictures show the breast alone: what is burned in beside it is left out. DICOM objects are "
    "made from the header as `deidentify` cleans it, with hidden ids and no dates of the patient; "
    "they refer to the image by the UID of its clean copy. Research only, not for diagnosis."
)


def show_export(subject: Subject, methods: Sequence[str]) -> None:
    """Choose formats; the files are made when the button is pressed."""
    ready = [name for name in methods if is_quick(name) or read_drawn(subject, name)]
    formats = st.pills(
        "Formats",
        list(FORMATS),
        default=list(FORMATS),
        selection_mode="multi",
        format_func=lambda name: FORMATS[name].title,
        key="export_formats",
    )
    for name in formats:
        st.caption(f"**{FORMATS[name].title}** ({FORMATS[name].ending}): {FORMATS[name].about}.")
    st.download_button(
        f"Download {len(ready)} x {len(formats)} files as one zip",
        partial(_make, subject.names(), ready, list(formats)),
        f"{safe_name(subject.image_id)}.maps.zip",
        "application/zip",
        on_click="ignore",
        type="primary",
        disabled=not (ready and formats),
        key="export",
    )
    waiting = [METHODS[name].title for name in methods if name not in ready]
    if waiting:
        st.info(f"Not computed yet, see Explanations: {frame.plain(', '.join(waiting))}.")
    st.caption(PRIVACY)


def _make(names: Names, methods: Sequence[str], formats: Sequence[FormatName]) -> bytes:
    with dear_work.put_aside():
        return WORKER.run(f"exporting maps of {names[2]}", zip_exports, names, methods, formats)
