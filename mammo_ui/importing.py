"""The Models page's tab Import: a model from elsewhere is asked for, taken in as a job, shown."""

import json
import os
import re
import shutil
from contextlib import ExitStack
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mammo_core import jobs
from mammo_core.errors import BadConfiguration, BadModel
from mammo_ui import frame, job_view, job_watch, model_files, state

STARTED = "started_import"
BACKGROUNDS = {"blank": "Black", "keep": "As it is"}
LONGEST_ANSWER = 1_000_000
FEW_LAYERS = 6
HOW_IT_IS_SAFE = (
    "The file is read, never run: only Keras's own layers are rebuilt, declared sizes are checked "
    "before anything is allocated, and an upload is deleted once it is taken in or refused."
)


@dataclass(frozen=True)
class Asked:
    """What the form holds.

    Attributes:
        source: A path as it was typed, or an upload.
        name, classes, input_range, size: As the verb `import` takes them.
        preprocess: What differs from the usual preparation.
    """

    source: "str | UploadedFile"
    name: str
    classes: str
    input_range: str
    size: str
    preprocess: dict[str, Any]


def show_importing() -> None:
    """What runs, what became of it, and the form for another model."""
    model_files.drop_ended()
    running = next((job for job in job_watch.running_jobs() if _is_import(job)), None)
    if running is not None:
        job_view.show_job(running)
        return
    _tell_last()
    asked = _ask()
    if asked is not None:
        frame.show_errors_of(_start, asked)
    st.caption(HOW_IT_IS_SAFE)


def _is_import(job: jobs.Job) -> bool:
    return job.description["arguments"][:1] == ["import"]


def _tell_last() -> None:
    """What became of the import that was started here."""
    started = st.session_state.get(STARTED)
    job = next((job for job in jobs.list_jobs() if job.id == started), None)
    if job is None:
        return
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
    name = Path(answer["model"]).name
    st.success(f"**{frame.plain(name)}** is in. It has not been judged on any image here yet.")
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
        _offer_judging(name)
    with layers:
        rows = [{"no.": i + 1, "layer": path} for i, path in enumerate(answer["layers"])]
        st.markdown(f"**{len(rows)} convolutional layers**")
        height = 240 if len(rows) > FEW_LAYERS else "content"
        st.dataframe(rows, hide_index=True, height=height, alt="The layers from input to output")


def word_for_page(text: str) -> str:
    """A sentence for the command line as one for this page, where values are chosen by a box."""
    text = text.replace("No --preprocess was given", "Its images are prepared as usual")
    return re.sub(r"(with )?--input-range", "for values", text)


def _offer_judging(name: str) -> None:
    dataset = st.session_state["choice"].dataset
    if dataset is None:
        return
    st.markdown(
        f"Whether classes and preparation are right shows on images with labels: judge it on "
        f"**{frame.plain(dataset)}**. An AUROC well below 0.5 means that classes are swapped."
    )
    if st.button("Judge it", type="primary", on_click=state.choose_model, args=(name,)):
        state.open_page("overview")


def _ask() -> Asked | None:
    """The form; None until it is sent."""
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
        if not st.form_submit_button("Import it", type="primary"):
            return None
    return Asked(source, name.strip(), classes, input_range, size.strip(), preprocess)


def _ask_source() -> "str | UploadedFile":
    typed, uploaded = st.columns([1.4, 1], gap="medium")
    path = typed.text_input(
        "Path of a .keras or .h5 file on this machine", placeholder="/models/…", **_kept("path")
    )
    file = uploaded.file_uploader(
        "… or upload it",
        type=list(model_files.ENDINGS),
        max_upload_size=model_files.MOST_MEGABYTES,
        key="import_file",
    )
    return file if file is not None else path.replace("\0", "").strip().strip("\"'")


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
    if asked.preprocess:
        words += ["--preprocess", str(model_files.keep_settings(place, asked.preprocess))]
    return [*words, "--json", "--", str(_find_file(asked.source, place))]


def _find_file(source: "str | UploadedFile", place: Path) -> Path:
    if isinstance(source, str):
        return Path(os.path.expanduser(source)).absolute()  # the job runs in a folder of its own
    return model_files.keep_upload(place, source.name, source.getvalue())
