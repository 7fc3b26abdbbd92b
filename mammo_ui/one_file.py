"""One file that a user brings: the gate's verdict, the model's answer, its explanation."""

from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.file_prediction import FileAnswer, warn_of_file
from mammo_core.wording import count
from mammo_ui import audit_badges, casework, frame, referral_limit, traces, uploads
from mammo_ui.answers import offer_answers
from mammo_ui.model_tasks import UPLOAD_METHODS

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
    "classes are alike. The margin is how far the first class is ahead of the second. Neither "
    "knows whether the image is of a kind that the model has learned from."
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
    warning = warn_of_file(model, look.verdict, is_real=not look.is_ours)
    if warning:
        st.warning(frame.plain(f"{warning}."))
    facts, images = st.columns([1, 4], gap="medium")
    with images:
        prediction = uploads.predict(upload, model.id, model.sha256, UPLOAD_METHODS)
        _show_pictures(upload, look, prediction, model)
    answer = FileAnswer(
        name, look.verdict, prediction.probabilities, is_override=not is_accepted, warning=warning
    ).judged_by(referral_limit.chosen_rule(model))
    with facts:
        casework.show_answer(prediction, look.verdict, threshold)
        st.caption(f"uncertainty {answer.uncertainty:.2f}, margin {answer.margin:.2f}", help=UNSURE)
        referral_limit.show_doubt(answer, model)
        offer_answers([answer], answer.to_json(), model, threshold, key="answer")
    return answer


def _show_verdict(verdict: "Verdict") -> None:
    """The gate's answer with its reasons, the first ones in sight."""
    show, sentence = VERDICTS[verdict.verdict]
    first, others = verdict.reasons[:FIRST_REASONS], verdict.reasons[FIRST_REASONS:]
    show("\n".join([f"**{sentence}**", *(f"- {frame.plain(reason)}" for reason in first)]))
    if others:
        with st.expander(count(len(others), "more reason")):
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
            audit_badges.show_badges(model, prediction.maps)
            st.caption(casework.HOW_TO_READ)
    if preprocessing.open:
        with preprocessing, uploads.as_file(upload) as path:
            traces.show_trace(path, model.preprocess, key=upload.digest)
