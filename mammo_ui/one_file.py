"""One file that a user brings: the gate's verdict, the model's answer, its explanation."""

import json
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.csv_text import to_csv
from mammo_core.file_prediction import FileAnswer, tabulate
from mammo_ui import casework, frame, traces, uploads
from mammo_ui.model_tasks import DEFAULT_METHODS

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel
    from mammo_core.types import Verdict
    from mammo_ui.uploads import Look, Upload

VERDICTS = {
    "accept": (st.success, "The gate accepts it as a mammogram."),
    "ask": (st.warning, "The gate is not sure that it is a mammogram; a person must decide."),
    "refuse": (st.error, "The gate refuses it as no mammogram."),
}
NOT_ASKED = "The model was not asked."
FIRST_REASONS = 3
AGAINST_THE_GATE = (
    "The gate did not accept this file; the model was asked because you wanted it. Its answer on "
    "anything but a mammogram means nothing. The override is written beside the answer."
)
UNSURE = (
    "Uncertainty is the entropy of the probabilities: 0 where one class has all, 1 where all "
    "classes are alike. The lead is how far the first class is ahead of the second. Neither knows "
    "whether the image is of a kind that the model has learned from."
)


def show_file(
    name: str, upload: "Upload", model: "StoredModel", threshold: float, *, is_overridden: bool
) -> FileAnswer:
    """Verdict first, then prediction, then explanation; what was said in the end.

    Args:
        name: What the user calls the file.
        upload: The file.
        model: Who is asked, if the gate accepts or the user overrides it.
        threshold: Of calling the last class.
        is_overridden: Whether the user has overridden the gate for this file before.
    """
    look = uploads.look_at(upload)
    is_accepted = look.verdict.verdict == "accept"
    _show_verdict(look.verdict)
    if not is_accepted:
        if not _wants_it_anyway(upload, look, is_overridden=is_overridden):
            st.caption(NOT_ASKED)
            return FileAnswer(name, look.verdict)
        st.warning(AGAINST_THE_GATE)
    frame.warn_if_synthetic_model(model, not look.is_ours)
    facts, images = st.columns([1, 4], gap="medium")
    with images:
        prediction = uploads.predict(upload, model.id, model.sha256, DEFAULT_METHODS)
        _show_pictures(upload, look, prediction, model)
    answer = FileAnswer(name, look.verdict, prediction.probabilities, is_override=not is_accepted)
    with facts:
        casework.show_answer(prediction, look.verdict, threshold)
        st.caption(f"uncertainty {answer.uncertainty:.2f}, lead {answer.margin:.2f}", help=UNSURE)
        _offer_answer(answer, model, threshold)
    return answer


def _show_verdict(verdict: "Verdict") -> None:
    """The gate's answer with its reasons, the first ones in sight."""
    show, sentence = VERDICTS[verdict.verdict]
    first, others = verdict.reasons[:FIRST_REASONS], verdict.reasons[FIRST_REASONS:]
    show("\n".join([f"**{sentence}**", *(f"- {frame.plain(reason)}" for reason in first)]))
    if others:
        with st.expander(f"{len(others)} more reasons"):
            st.markdown("\n".join(f"- {frame.plain(reason)}" for reason in others))


def _wants_it_anyway(upload: "Upload", look: "Look", *, is_overridden: bool) -> bool:
    if look.picture is None:
        return False
    st.image(look.picture, width=260, alt="The file as it was read")
    return st.toggle(
        "Ask the model all the same",
        is_overridden,
        key=f"override_{upload.digest[:12]}",
        help="Its answer on anything but a mammogram means nothing.",
    )


def _show_pictures(
    upload: "Upload", look: "Look", prediction: uploads.FilePrediction, model: "StoredModel"
) -> None:
    maps, preprocessing = st.tabs(
        ["Explanations", "Preprocessing"], key="predict_tab", on_change="rerun"
    )
    if maps.open:
        with maps:
            casework.show_upload(look, prediction)
            st.caption(casework.HOW_TO_READ)
    if preprocessing.open:
        with preprocessing, uploads.as_file(upload) as path:
            traces.show_trace(path, model.preprocess, key=upload.digest)


def _offer_answer(answer: FileAnswer, model: "StoredModel", threshold: float) -> None:
    """The answer as CSV and JSON, the override in it."""
    with st.container(horizontal=True):
        rows = to_csv(tabulate([answer], model.classes, threshold))
        st.download_button("CSV", rows, "answer.csv", "text/csv", key="answer_csv")
        text = json.dumps({"model": model.id, **answer.to_json()}, indent=2)
        st.download_button("JSON", text, "answer.json", "application/json", key="answer_json")
