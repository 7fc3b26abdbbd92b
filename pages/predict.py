"""Predict: what does it say about this image?"""

import streamlit as st

from mammo_ui import casework, frame, uploads
from mammo_ui.model_tasks import DEFAULT_METHODS

VERDICTS = {
    "accept": (st.info, "The gate accepts it as a mammogram."),
    "ask": (st.warning, "The gate is not sure that it is a mammogram; a person must decide."),
    "refuse": (st.error, "The gate refuses it as no mammogram; the model was not asked."),
}

choice = st.session_state["choice"]
frame.show_title_of_upload("Predict", "What does it say about this image?")
frame.stop_without_model(choice)

file = st.file_uploader(
    "One mammogram: DICOM, PNG, JPEG, PGM or TIFF",
    type=["dcm", "dicom", "png", "jpg", "jpeg", "pgm", "tif", "tiff"],
    help="It is looked at on this machine and not kept.",
)
if file is None:
    st.info("Bring an image. It is checked first: what is no mammogram never reaches the model.")
    st.stop()

upload = uploads.receive(file.name, file.getvalue())
look = uploads.look_at(upload)

show, answer = VERDICTS[look.verdict.verdict]
show(f"**{answer}** {frame.plain('; '.join(look.verdict.reasons))}")
goes_on = look.verdict.verdict == "accept"
if look.picture and not goes_on:
    st.image(look.picture, width=260, alt="The file as it was read")
    goes_on = st.toggle(
        "Ask the model all the same",
        key=f"override_{upload.digest[:12]}",
        help="Its answer on anything but a mammogram means nothing.",
    )
if not goes_on:
    st.stop()

model = choice.model
frame.warn_if_synthetic_model(model, not look.is_ours)
facts, images = st.columns([1, 4], gap="medium")
with images:
    prediction = uploads.predict(upload, model.id, model.sha256, DEFAULT_METHODS)
    maps, preprocessing = st.tabs(
        ["Explanations", "Preprocessing"], key="predict_tab", on_change="rerun"
    )
    if maps.open:
        with maps:
            casework.show_upload(look, prediction)
            st.caption(casework.HOW_TO_READ)
    if preprocessing.open:
        with preprocessing, uploads.as_file(upload) as path:
            casework.show_trace(model, path)
with facts:
    casework.show_answer(prediction, look.verdict, choice.threshold)
