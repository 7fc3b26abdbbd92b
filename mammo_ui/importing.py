"""The Models page's tab Import: a model from elsewhere is asked for, taken in as a job, shown."""

import json
import os
import re
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mammo_core import jobs, model_store
from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.plausibility import read_plausibility
from mammo_core.wording import count
from mammo_ui import (
    frame,
    import_form,
    job_view,
    job_watch,
    library,
    model_files,
    run_actions,
    state,
)
from mammo_ui.import_form import Asked
from mammo_ui.status import UNREAD

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

STARTED = "started_import"
LONGEST_ANSWER = 1_000_000
FEW_LAYERS = 6
WORDS = {
    "No --preprocess was given": "Its images are prepared as usual",
    "(with )?--input-range": "for values",
    "--classes ": "the classes ",
}
"""Words of the command line and what stands for them here."""
HOW_IT_IS_SAFE = (
    "The file is read, never run: only Keras's own layers are rebuilt, declared sizes are checked "
    "before anything is allocated, and an upload is deleted once it is taken in or refused."
)


def show_importing() -> None:
    """What runs, what became of it, and the form for another model."""
    model_files.drop_ended()
    running = next((job for job in job_watch.running_jobs() if _is_import(job)), None)
    if running is not None:
        job_view.show_job(running)
        return
    _tell_last()
    asked = import_form.ask(_forget_last)
    if asked is not None:
        frame.show_errors_of(_start, asked)
    st.caption(HOW_IT_IS_SAFE)


def _is_import(job: jobs.Job) -> bool:
    return job.description["arguments"][:1] == ["import"]


def _forget_last() -> None:
    """What became of the last attempt is not told beside the next one."""
    st.session_state.pop(STARTED, None)


def _tell_last() -> None:
    """What became of the import that was started here; the status corner need not say it too."""
    started = st.session_state.get(STARTED)
    job = next((job for job in jobs.list_jobs() if job.id == started), None)
    if job is None:
        return
    if st.session_state.get(UNREAD, {}).pop(job.id, None):
        st.rerun()
    if job.state != "done":
        job_view.tell_end(job)
        return
    answer = json.loads(job.log(LONGEST_ANSWER).strip().splitlines()[-1])
    if Path(answer["model"]).is_dir():
        show_answer(answer)


def show_answer(answer: dict[str, Any]) -> None:
    """The model that came in: its input, head and layers, and what to be wary of.

    Args:
        answer: Of the verb `import`.
    """
    model = model_store.read_model(Path(answer["model"]))
    kept, name = read_plausibility(model), model.path.name
    judged = "" if kept else " It has not been judged on any image here yet."
    st.success(f"**{frame.plain(name)}** is in.{judged}")
    told, layers = st.columns([1.2, 1], gap="large")
    with told:
        facts = {
            "Input": " x ".join(map(str, answer["input_shape"])),
            "Head": answer["head"],
            "Classes": ", ".join(answer["classes"]),
            "Parameters": f"{answer['parameters']:,}",
        }
        lines = [f"{title}: **{frame.plain(value)}**" for title, value in facts.items()]
        st.markdown("  \n".join(lines))
        for warning in answer["warnings"]:
            st.warning(frame.plain(f"{word_for_page(warning)}."))
        for sentence in kept["sentences"] if kept else ():
            st.info(frame.plain(f"{word_for_page(sentence)}."))
        if not kept:
            _offer_check(model)
        _offer_judging(name)
    with layers:
        rows = [{"no.": i + 1, "layer": path} for i, path in enumerate(answer["layers"])]
        st.markdown(f"**{count(len(rows), 'convolutional layer')}**")
        height = 240 if len(rows) > FEW_LAYERS else "content"
        st.dataframe(rows, hide_index=True, height=height, alt="The layers from input to output")


def word_for_page(text: str) -> str:
    """A sentence for the command line as one for this page, where values are chosen by a box."""
    for words, ours in WORDS.items():
        text = re.sub(words, ours, text)
    return text


def _offer_check(model: "StoredModel") -> None:
    """The check of the order of the classes; nothing where no dataset has labels of its classes."""
    fitting = [
        name
        for name in library.dataset_names()
        if model.classes[-1] in (classes := library.read_card(name).classes)
        and set(classes) <= set(model.classes)
    ]
    if fitting:
        chosen = st.session_state["choice"].dataset
        on = chosen if chosen in fitting else fitting[0]
        label = f"Check the order of its classes on {frame.plain(on)}"
        run_actions.offer_check_on(model.path, on, label)


def _offer_judging(name: str) -> None:
    dataset = st.session_state["choice"].dataset
    if dataset is None:
        return
    st.markdown(
        "How good it is shows on images with labels. Its card stands on the tab Runs; or judge it "
        f"on **{frame.plain(dataset)}**."
    )
    if st.button("Judge it", type="primary", on_click=state.choose_model, args=(name,)):
        state.open_page("overview")


def _start(asked: Asked) -> None:
    """Start the import as a job.

    Raises:
        BadConfiguration: Where the name cannot be taken or the classes are missing.
        BadModel: Where no file was named.
    """
    from mammo_core.model_folders import check_new_name

    if not asked.source:
        raise BadModel("Expected a model's file: name its path, or upload it")
    check_new_name(asked.name)
    if "," not in asked.classes:
        raise BadConfiguration(
            "Expected the names of two classes or more with commas between them, such as "
            f"normal, benign, malignant; got '{asked.classes}'"
        )
    place = model_files.make_place()
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, place, ignore_errors=True)
        job = jobs.start_job(f"Import {asked.name}", _write_arguments(asked, place))
        model_files.note_job(place, job)
        undo.pop_all()
    st.session_state[STARTED] = job.id
    st.rerun()


def _write_arguments(asked: Asked, place: Path) -> list[str]:
    """The words of the verb `import`; what it reads is put into `place`."""
    words = ["import", "--name", asked.name, "--classes", asked.classes]
    words += ["--input-range", asked.input_range]
    words += ["--size", asked.size] if asked.size else []
    if asked.reference:
        words += ["--reference-data", str(library.dataset_path(asked.reference))]
    if asked.preprocess:
        words += ["--preprocess", str(model_files.keep_settings(place, asked.preprocess))]
    return [*words, "--json", "--", str(_find_file(asked.source, place))]


def _find_file(source: "str | UploadedFile", place: Path) -> Path:
    if isinstance(source, str):
        return Path(os.path.expanduser(source)).absolute()  # the job runs in a folder of its own
    return model_files.keep_upload(place, source.name, source.getvalue())
