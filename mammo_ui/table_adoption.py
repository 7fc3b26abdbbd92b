"""The Models page's way to take in a prediction table of any framework, as a job."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mammo_core.errors import BadTable, UnreadableFile
from mammo_core.model_folders import check_new_name
from mammo_core.wording import count
from mammo_ui import frame, library, model_files, state
from mammo_ui.intake import Intake

ENDINGS = ("csv", "tsv", "txt", "parquet")
OWN_IDS = "none: its own ids, without pictures"
FORMAT = (
    "A row an image: image_id, patient_id, label, and p_ and the class's name for each class, "
    "mildest first; what else it tells (exam_id, laterality, view, split, density, age, ...) "
    "becomes subgroups. With a dataset, image_id and the probabilities are enough."
)


@dataclass(frozen=True)
class Asked:
    """What the form holds; texts as the verb `adopt-table` takes them."""

    source: "str | UploadedFile"
    name: str
    dataset: str | None
    classes: str
    rename: str
    threshold: float


def show_table_adoption() -> None:
    """What runs, what became of it, and the form for another table."""
    st.caption(FORMAT)
    if INTAKE.show_job():
        return
    INTAKE.tell_last()
    asked = _ask()
    if asked is not None:
        frame.show_errors_of(_start, asked)


def _ask() -> Asked | None:
    """The form; None until it is sent."""
    with st.form("table", enter_to_submit=False):
        source = _ask_source()
        left, middle, right = st.columns(3)
        name = left.text_input("Name", max_chars=64, placeholder="their-table", **_kept("name"))
        dataset = middle.selectbox(
            "Whose images they are", [OWN_IDS, *library.dataset_names()], **_kept("dataset")
        )
        threshold = right.number_input(
            "Threshold", 0.0, 1.0, 0.5, 0.01, help="Of the last class.", **_kept("threshold")
        )
        named, renamed = st.columns(2)
        classes = named.text_input(
            "Classes, mildest first, if they are counted",
            placeholder="benign, malignant",
            help="Where the table says 0, 1, ... for the classes, or has one column score with the "
            "probability of the second of two.",
            **_kept("classes"),
        )
        rename = renamed.text_input(
            "Columns that have other names",
            placeholder="image=image_id, pid=patient_id",
            help="Theirs = ours, with commas between them.",
            **_kept("rename"),
        )
        if not st.form_submit_button("Take it in", on_click=INTAKE.forget_last):
            return None
    chosen = None if dataset == OWN_IDS else dataset
    return Asked(source, name.strip(), chosen, classes, rename, float(threshold))


def _ask_source() -> "str | UploadedFile":
    typed, uploaded = st.columns([1.4, 1], gap="medium")
    path = typed.text_input(
        "Path of a CSV or Parquet file on this machine", placeholder="/tables/…", **_kept("path")
    )
    file = uploaded.file_uploader(
        "… or upload it",
        type=list(ENDINGS),
        max_upload_size=model_files.MOST_MEGABYTES,
        key="table_file",
    )
    return file if file is not None else path.replace("\0", "").strip().strip("\"'")


def _kept(name: str) -> dict[str, Any]:
    """What keeps a field as it is while the form is not drawn."""
    return {"key": f"table_{name}", "persist_state": "session"}


def _start(asked: Asked) -> None:
    """Start the verb as a job.

    Raises:
        BadConfiguration: Where the name cannot be taken, or classes or columns are misspelled.
        BadTable: Where no file was named, or it lacks a column.
        UnreadableFile: Where it is no table.
    """
    if not asked.source:
        raise BadTable("Expected a table's file: name its path, or upload it")
    check_new_name(asked.name)
    _check_header(asked)
    INTAKE.start(asked.name, partial(_write_arguments, asked))


def _check_header(asked: Asked) -> None:
    """See at once what the job would find at its end: columns and classes that are misspelled."""
    from mammo_core.table_models.header import check_header
    from mammo_core.table_models.spelling import read_spelling

    spelling = read_spelling(_list_pairs(asked), asked.classes)
    content, name = _read_start(asked.source)
    check_header(content, name, spelling, has_dataset=asked.dataset is not None)


def _read_start(source: "str | UploadedFile") -> tuple[bytes, str]:
    """As much of the file as its header needs, and its name.

    Raises:
        UnreadableFile: Where it cannot be read.
    """
    from mammo_core.table_models.header import BEGINNING

    if not isinstance(source, str):
        return source.getvalue(), source.name
    path = Path(source).expanduser()
    try:
        with path.open("rb") as file:
            start = file.read(BEGINNING)
            return (start + file.read() if start.startswith(b"PAR1") else start), path.name
    except OSError as error:
        raise UnreadableFile(f"Cannot read {path}: {error.strerror or error}") from error


def _list_pairs(asked: Asked) -> list[str]:
    return [pair.strip() for pair in asked.rename.split(",") if pair.strip()]


def _write_arguments(asked: Asked, place: Path) -> list[str]:
    """What follows the verb's name and the model's."""
    words = ["--threshold", f"{asked.threshold:g}"]
    words += ["--dataset", str(library.dataset_path(asked.dataset))] if asked.dataset else []
    words += ["--classes", asked.classes] if asked.classes.strip() else []
    for pair in _list_pairs(asked):
        words += ["--rename", pair]
    return [*words, "--json", "--", str(INTAKE.find_file(asked.source, place))]


def show_answer(answer: dict[str, Any]) -> None:
    """What came in, what to be wary of, and the way to its numbers.

    Args:
        answer: Of the verb `adopt-table`.
    """
    name = Path(answer["model"]).name
    labels = ", ".join(f"{label} {n}" for label, n in answer["labels"].items())
    images = f"{count(answer['rows'], 'image')} of {count(answer['patients'], 'patient')}"
    st.success(f"**{frame.plain(name)}** is in: {frame.plain(f'{images}; {labels}')}.")
    for warning in answer["warnings"]:
        st.warning(frame.plain(f"{warning}."))
    if st.button("Judge it", type="primary", on_click=_choose, args=(name, answer["dataset"])):
        state.open_page("overview")


def _choose(model: str, dataset: str) -> None:
    state.choose_model(model)
    state.choose_dataset_next(dataset)


INTAKE = Intake(
    verb="adopt-table", title="Take in the table", endings=ENDINGS, show_answer=show_answer
)


def stop_without_network(choice: state.Choice) -> None:
    """End the page where it needs a network and the model is only a table."""
    if choice.model is not None and choice.model.is_table:
        st.info(
            f"{frame.plain(choice.model.id)} is only a table of predictions: there is no network "
            "that could be asked about an image. Choose another model in the sidebar."
        )
        st.stop()
