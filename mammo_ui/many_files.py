"""Many files that a user brings, as a table: verdicts, predictions, what was overridden."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.file_prediction import FileAnswer
from mammo_core.progress import time_left
from mammo_core.wording import count
from mammo_ui import frame, model_tasks, one_file, referral_limit, uploads
from mammo_ui.answers import offer_answers
from mammo_ui.batches import Batch, BroughtFile
from mammo_ui.worker import WORKER

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel
    from mammo_ui.uploads import Upload

BATCH = "batch"
MARKS = {"accept": "✓ accepted", "ask": "? to decide", "refuse": "✗ refused"}
SHORTEST_S = 1.0


def show_files(
    brought: Sequence[BroughtFile], key: object, model: "StoredModel", threshold: float
) -> None:
    """Judge the files and show what comes out.

    Args:
        brought: The files and archives.
        key: What changes with them.
        model: Who is asked about what the gate accepts.
        threshold: Of calling the last class.
    """
    _show_batch(_find_batch(brought, (key, model.sha256), model), model, threshold)


def show_kept(model: "StoredModel", threshold: float) -> bool:
    """The files that were brought before the page was left; whether there are any.

    Another model has not seen them, so that nothing is shown then.
    """
    key, batch = st.session_state.get(BATCH, (None, None))
    if batch is None or key[1] != model.sha256:
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The files that you brought before.", width="content")
        st.button("Forget them", on_click=_forget, args=(batch,))
    _show_batch(batch, model, threshold)
    return True


def _forget(batch: Batch) -> None:
    batch.stop()
    st.session_state.pop(BATCH, None)


def _show_batch(batch: Batch, model: "StoredModel", threshold: float) -> None:
    if batch.is_running:
        st.fragment(_show_progress, run_every=SHORTEST_S)(batch, model, threshold)
    else:
        _show_outcome(batch, model, threshold)


def _find_batch(brought: Sequence[BroughtFile], key: object, model: "StoredModel") -> Batch:
    """The batch of these files; another one is ended and forgotten."""
    kept_key, batch = st.session_state.get(BATCH, (None, None))
    if kept_key != key:
        if batch is not None:
            batch.stop()
        batch = Batch(brought, lambda upload, anyway: _ask(upload, model.id, anyway=anyway))
        st.session_state[BATCH] = (key, batch)
    return batch


def _ask(upload: "Upload", model_id: str, *, anyway: bool) -> FileAnswer:
    with uploads.as_file(upload) as path:
        return WORKER.run("judging uploads", model_tasks.answer_file, model_id, path, anyway)


def _show_progress(batch: Batch, model: "StoredModel", threshold: float) -> None:
    if not batch.is_running:
        st.rerun()
    done, total = len(batch.answers), max(1, len(batch.files))
    left = time_left(done, total, batch.seconds)
    st.progress(min(1.0, done / total), text=f"Checking and predicting: {done} of {total}{left}")
    if st.button("Stop"):
        batch.stop()
    _draw_table(batch.answers, model, threshold)


def _show_outcome(batch: Batch, model: "StoredModel", threshold: float) -> None:
    for fault in batch.faults:
        st.error(frame.plain(fault))
    rule = referral_limit.chosen_rule(model)
    answers = [answer.judged_by(rule) for answer in (*batch.answers, *batch.left_out)]
    if not answers:
        st.info("There is nothing to show: no file could be read.")
        return
    if len(batch.answers) < len(batch.files):
        left = len(batch.files) - len(batch.answers)
        st.info(f"It was stopped: {left} of {count(len(batch.files), 'file')} not looked at.")
    _show_counts(answers)
    warning = max((answer.warning for answer in answers), key=len)
    if warning:
        st.warning(frame.plain(f"{warning}."))
    picked = _draw_table(answers, model, threshold, key="answers")
    chosen = [place for place in picked if place < len(batch.answers)]
    content = {"files": [answer.to_json() for answer in answers]}
    offer_answers(answers, content, model, threshold, key="answers_of_all")
    _offer_override(batch, chosen)
    if len(picked) == 1:
        _show_picked(batch, picked[0], model, threshold)
    else:
        st.caption("Pick a row to see the file, its prediction and the explanation of it.")


def _show_counts(answers: Sequence[FileAnswer]) -> None:
    parts = [
        f"**{sum(answer.verdict.verdict == verdict for answer in answers)}** {mark}"
        for verdict, mark in MARKS.items()
    ]
    overrides = sum(answer.is_override for answer in answers)
    parts += [f"**{overrides}** asked all the same"] if overrides else []
    referred = sum(bool(answer.doubt and answer.doubt.refer) for answer in answers)
    parts += [f"**{referred}** to refer"] if any(answer.doubt for answer in answers) else []
    st.markdown(f"**{count(len(answers), 'file')}**: {', '.join(parts)}")


def _draw_table(
    answers: Sequence[FileAnswer], model: "StoredModel", threshold: float, *, key: str = ""
) -> list[int]:
    """The table; the places of the rows that are picked, where it has a key."""
    rows = describe_answers(answers, model.classes, threshold)
    event: Any = st.dataframe(
        rows,
        hide_index=True,
        height=min(38 + 35 * max(1, len(rows)), 390),
        column_config=_configure(model.classes),
        placeholder=frame.DASH,
        key=key or None,
        on_select="rerun" if key else "ignore",
    )
    return [place for place in event["selection"]["rows"] if place < len(rows)] if key else []


def _configure(classes: Sequence[str]) -> dict[str, Any]:
    numbers = [*(f"P({name})" for name in classes), "uncertainty"]
    texts = {name: st.column_config.TextColumn(width="medium") for name in ("reasons", "notes")}
    return {name: st.column_config.NumberColumn(format="%.2f") for name in numbers} | texts


def describe_answers(
    answers: Sequence[FileAnswer], classes: Sequence[str], threshold: float
) -> list[dict[str, Any]]:
    """What the table says of each file: verdict, prediction, then why and what else was seen."""
    return [_describe(number, one, classes, threshold) for number, one in enumerate(answers, 1)]


def _describe(
    number: int, one: FileAnswer, classes: Sequence[str], threshold: float
) -> dict[str, Any]:
    p, told = one.probabilities, "; ".join(one.verdict.reasons)
    is_accepted = one.verdict.verdict == "accept"
    return {
        "no.": number,
        "file": one.file,
        "verdict": MARKS[one.verdict.verdict],
        "prediction": one.prediction,
        **{f"P({name})": p[name] if p else None for name in classes},
        "called": ("yes" if p[classes[-1]] >= threshold else "no") if p else None,
        "uncertainty": one.uncertainty,
        "refer": ("yes" if one.doubt.refer else "no") if one.doubt else None,
        "override": "yes" if one.is_override else "",
        "reasons": "" if is_accepted else told,
        "notes": told if is_accepted else "",
    }


def _offer_override(batch: Batch, chosen: Sequence[int]) -> None:
    """Asking about several chosen files that the gate did not accept; a single one opens below."""
    unasked = [place for place in chosen if batch.answers[place].probabilities is None]
    if len(chosen) < 2 or not unasked:
        return
    label = f"Ask the model about {count(len(unasked), 'chosen file')} not accepted"
    if st.button(label, help="Its answer on anything but a mammogram means nothing."):
        with st.spinner("Asking the model"):
            batch.override(unasked)
        st.rerun()


def _show_picked(batch: Batch, place: int, model: "StoredModel", threshold: float) -> None:
    if place >= len(batch.answers):
        st.info("This file was left in the archive; there is nothing more to show of it.")
        return
    known = batch.answers[place]
    st.subheader(frame.plain(known.file), anchor=False)
    upload = batch.files[place].receive()
    answer = one_file.show_file(
        known.file, upload, model, threshold, is_overridden=known.is_override
    )
    if answer.is_override != known.is_override:
        batch.note(place, answer)
        st.rerun()
