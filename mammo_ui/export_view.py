"""The Export tab: the chosen maps as files for other programs, in one archive."""

from collections.abc import Sequence

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.explanation_exports import FORMATS, FormatName
from mammo_core.explanation_folders import safe_name
from mammo_ui import dear_work, frame
from mammo_ui.explanation_choice import is_quick
from mammo_ui.export_tasks import zip_exports
from mammo_ui.overlay_store import Names, Subject, read_drawn
from mammo_ui.worker import WORKER

Asked = tuple[Names, str, tuple[str, ...], tuple[FormatName, ...]]
ASKED = "export_asked"
"""The files that were asked for, while the page shows the same choice."""
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
    asked = (subject.names(), subject.model.sha256, tuple(ready), tuple(formats))
    what = f"Make {len(ready)} x {len(formats)} files as one zip"
    if st.button(what, type="primary", disabled=not (ready and formats), key="export"):
        st.session_state[ASKED] = asked
    if st.session_state.get(ASKED) == asked:
        frame.show_errors_of(_offer, subject, asked)
    waiting = [METHODS[name].title for name in methods if name not in ready]
    if waiting:
        st.info(f"Not computed yet, see Explanations: {frame.plain(', '.join(waiting))}.")
    st.caption(PRIVACY)


def _offer(subject: Subject, asked: Asked) -> None:
    """Make the files and offer them; what failed is asked for no more."""
    del st.session_state[ASKED]
    content = _make(*asked)
    st.session_state[ASKED] = asked
    st.download_button(
        "Download the zip",
        content,
        f"{safe_name(subject.image_id)}.maps.zip",
        "application/zip",
        on_click="ignore",
        icon=":material/download:",
        key="export_zip",
    )


@st.cache_data(max_entries=4, show_spinner="Making the files", show_time=True)
def _make(
    names: Names, sha256: str, methods: Sequence[str], formats: Sequence[FormatName]
) -> bytes:
    """The zip; one model's, by the digest of its file, is never another's."""
    with dear_work.put_aside():
        return WORKER.run(f"exporting maps of {names[2]}", zip_exports, names, methods, formats)
