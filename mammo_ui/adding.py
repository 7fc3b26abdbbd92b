"""The Data page's tab Add: a folder or an archive looked into first, then indexed as a job."""

import re
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from mammo_core import jobs
from mammo_core.errors import BadConfiguration, BadDataset, MammoError
from mammo_core.paths import state_folder
from mammo_core.wording import count
from mammo_ui import frame, incoming, intake, job_view, job_watch, state
from mammo_ui.incoming import Source
from mammo_ui.index_choices import Choices, ask_choices, read_settings, survey
from mammo_ui.names import checked_name

STARTED, UNPACKED = "started_index", "unpacked_archive"
HOW_TO_TRY = (
    "No images at hand? `python -m mammo_core sample exams --patients 24 --seed 1` makes a folder "
    "of synthetic exams that can be added here."
)


def show_adding() -> None:
    """What runs, what became of it; then the way to another dataset."""
    running = next((job for job in job_watch.running_jobs() if _is_index(job)), None)
    if running is not None:
        job_view.show_job(running)
        return
    _tell_last()
    source = _choose_source()
    if source is None:
        st.caption(HOW_TO_TRY)
    else:
        with st.empty().container():  # what was told of another source goes at once
            frame.show_errors_of(_show_source, source)


def _is_index(job: jobs.Job) -> bool:
    return job.description["arguments"][:1] == ["index"]


def _tell_last() -> None:
    """What became of the index that was started here; a new dataset is chosen and offered."""
    job = intake.find_started(STARTED)
    if job is None:
        return
    if job.status().state != "done":
        job_view.tell_end(job)
        return
    name = job.description["title"].removeprefix("Index ")
    st.session_state.pop(STARTED)
    incoming.drop_all()
    state.choose_dataset_next(name)
    state.open_tab_next("Composition")
    st.rerun()


def _choose_source() -> Source | None:
    """The folder, table or archive that the user names; None before there is one."""
    typed, uploaded = st.columns([1.4, 1], gap="medium")
    path = typed.text_input(
        "Path of a folder, a table or a zip archive on this machine",
        key="add_path",
        persist_state="session",
        placeholder="/data/INbreast",
        help="The images stay where they are; only what is known about them is written down.",
    )
    file = uploaded.file_uploader(
        "… or a zip archive", type=["zip"], key="add_archive",
        help="It is unpacked into the dataset's own folder on this machine.",
    )  # fmt: skip
    if file is not None:
        return _open_once(file.file_id, lambda: incoming.open_upload(file.name, file.getvalue()))
    text = path.replace("\0", "").strip().strip("\"'")
    return _open_path(text) if text else None


def _open_path(text: str) -> Source | None:
    source = incoming.open_folder(text)
    try:
        if not incoming.is_archive(source.root):
            return source
        version = source.root.stat().st_mtime_ns
    except (OSError, ValueError):
        return source  # the look into it says what is wrong
    return _open_once((source.root, version), lambda: incoming.open_archive(source.root))


def _open_once(known_by: object, open_it: Callable[[], Source]) -> Source | None:
    """An archive, unpacked once; None where it cannot be, which is told."""
    known, source = st.session_state.get(UNPACKED, (None, None))
    if known == known_by and source.folder.is_dir():
        return source
    try:
        with st.spinner("Unpacking; nothing outside of its own folder is written", show_time=True):
            source = open_it()
    except MammoError as error:
        st.error(frame.plain(error))
        return None
    st.session_state[UNPACKED] = (known_by, source)
    return source


def _show_source(source: Source) -> None:
    for reason, n in source.left_out.items():
        st.warning(f"{count(n, 'file')} left in the archive: {frame.plain(reason)}")
    detected = _detect(source.folder)
    asked, found = st.columns([1, 1.4], gap="large")
    with asked:
        choices = ask_choices(source.folder, detected)
        if choices is None:
            return
        key = f"add_name_{source.root}"  # another source, another suggestion
        name = st.text_input("Name", _suggest_name(source), max_chars=40, key=key)
        is_asked = st.button("Index it", type="primary")
        st.caption("Reads headers, never pixels; you can stop it and nothing half-done is left.")
    with found:
        frame.show_errors_of(_show_survey, source.folder, choices)
    if is_asked:
        frame.show_errors_of(_start, source, name, choices)


def _detect(folder: Path) -> str | None:
    """The layout that is found by looking; None where there is none, which is told."""
    try:
        return str(survey(folder)["format"])
    except BadDataset as error:
        st.error(frame.plain(word_for_page(str(error))))
        return None


def word_for_page(text: str) -> str:
    """A sentence for the command line as one for this page, where a layout is chosen by a box."""
    return re.sub(r"write --format (\w+)", _name_layout, text)


def _name_layout(found: re.Match[str]) -> str:
    from mammo_core.datasets.layouts import LAYOUTS

    return f"choose the layout {LAYOUTS[found[1]].title} below"


def _show_survey(folder: Path, choices: Choices) -> None:
    """What an index would hold; nothing has run yet."""
    told = survey(folder, choices)
    st.markdown(f"**Found: {frame.plain(told['title'])}**")
    st.caption(f"Licence: {frame.plain(told['licence'])}")
    cards = {"Images": told["images"], "Patients": told["patients"], "Refused": told["refused"]}
    for place, (title, n) in zip(st.columns(3), cards.items(), strict=True):
        place.metric(title, frame.DASH if n is None else f"{n:,}", border=True)
    for title, counts in (("Classes", told["classes"]), ("Splits", told["splits"])):
        st.markdown(f"{title}: {_list_counts(counts) or 'none'}")
    for reason, n in list(told["reasons"].items())[:8]:
        st.markdown(f"- {n} x {frame.plain(reason)}")
    for warning in told["warnings"]:
        st.warning(frame.plain(word_for_page(warning)))
    st.caption("A dry run: no image was opened yet, so that more files may be refused later.")


def _list_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{frame.plain(name)} **{n:,}**" for name, n in counts.items())


def _suggest_name(source: Source) -> str:
    """The source's name as far as it can be a dataset's, with a number where it is taken."""
    letters = "".join(letter if letter.isalnum() else "-" for letter in source.name.lower())
    plain = letters.encode("ascii", "ignore").decode().strip("-")[:32] or "dataset"
    names = [plain, *(f"{plain}-{n}" for n in range(2, 1000))]
    return next(name for name in names if _is_free(name))


def _is_free(name: str) -> bool:
    from mammo_core.datasets.registry import known_datasets

    return name not in known_datasets() and not (_folder(name) / "index.parquet").exists()


def _folder(name: str) -> Path:
    return state_folder() / "datasets" / name


def _start(source: Source, name: str, choices: Choices) -> None:
    """Start the index as a job.

    Raises:
        BadConfiguration: Where a setting is wrong or the name is taken.
    """
    name = checked_name(name)
    if not _is_free(name):
        raise BadConfiguration(f"The name {name} is taken; choose another")
    read_settings(choices)
    arguments = ["index", str(source.root), "--out", str(_folder(name)), *choices.to_arguments()]
    st.session_state[STARTED] = jobs.start_job(f"Index {name}", arguments).id
    st.rerun()
