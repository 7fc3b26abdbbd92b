"""Predict: what does it say about this image?"""

import streamlit as st

from mammo_core.file_sources import ARCHIVE
from mammo_ui import frame, many_files, one_file, referral_limit, table_adoption, uploads
from mammo_ui.batches import BroughtFile

choice = st.session_state["choice"]
frame.show_title_of_upload("Predict", "What does it say about this image?")
frame.stop_without_model(choice)
table_adoption.stop_without_network(choice)

files = st.file_uploader(
    "Mammograms as DICOM, PNG, JPEG, PGM or TIFF; one, many, or a zip archive of them",
    accept_multiple_files=True,
    help="They are looked at on this machine and not kept; their names are shown to you alone.",
)
referral_limit.choose_limit(choice.model)
if not files:
    if not many_files.show_kept(choice.model, choice.threshold):
        st.info(
            "Bring an image. It is checked first: what is no mammogram does not reach the model "
            "unless you insist, which is then written beside the answer."
        )
    st.stop()

first = files[0]
if len(files) == 1 and not first.name.lower().endswith(ARCHIVE):
    upload = uploads.receive(first.name, first.getvalue())
    one_file.show_file(first.name, upload, choice.model, choice.threshold, is_overridden=False)
else:
    many_files.show_files(
        [BroughtFile(file.name, file.getvalue) for file in files],
        tuple(file.file_id for file in files),
        choice.model,
        choice.threshold,
    )
