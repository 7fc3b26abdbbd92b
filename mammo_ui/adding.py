"""The Data page's tab Add: a folder or an archive looked into first, then indexed as a job."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core import jobs
from mammo_core.errors import BadConfiguration, MammoError
from mammo_core.paths import state_folder
from mammo_ui import frame, incoming, job_view, job_watch, state
from mammo_ui.incoming import Source
from mammo_ui.names import checked_name

if TYPE_CHECKING:
    from mammo_core.datasets.labeling import Labeling
    from mammo_core.datasets.splits import Dealing

STARTED, UPLOADED = "started_index", "uploaded_archive"
HOW_TO_TRY = (
    "No images at hand? `python -m mammo_core sample exams --patients 24 --seed 1` makes a folder "
    "of synthetic exams that can be added here."
)


@dataclass(frozen=True)
class Choices:
    """What the user chose about an index, as the command line takes it.

    Attributes:
        layout: The layout's name.
        labels: The label scheme.
        birads: The class of each BI-RADS, empty for the usual one.
        shares: Of train, val and test.
        seed: Of the splits.
    """

    layout: str
    labels: str
    birads: str
    shares: str
    seed: int

    def to_arguments(self) -> list[str]:
        """The options of the verb `index`."""
        options = ["--format", self.layout, "--labels", self.labels]
        options += ["--shares", self.shares, "--seed", str(self.seed)]
        return options + (["--birads", self.birads] if self.birads else [])


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
        frame.show_errors_of(_show_source, source)


def _is_index(job: jobs.Job) -> bool:
    return job.description["arguments"][:1] == ["index"]


def _tell_last() -> None:
    """What became of the index that was started here; a new dataset is chosen and offered."""
    started = st.session_state.get(STARTED)
    job = next((job for job in jobs.list_jobs() if job.id == started), None)
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
        "Path of a folder or a table on this machine",
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
        return _open_upload(file)
    text = path.replace("\0", "").strip().strip("\"'")
    return incoming.open_folder(Path(text).expanduser()) if text else None


def _open_upload(file: Any) -> Source | None:
    """The uploaded archive, unpacked once; None where it cannot be, which is told."""
    known_id, source = st.session_state.get(UPLOADED, (None, None))
    if known_id == file.file_id and source.folder.is_dir():
        return source
    try:
        with st.spinner("Unpacking; nothing outside of its own folder is written"):
            source = incoming.open_upload(file.name, file.getvalue())
    except MammoError as error:
        st.error(frame.plain(error))
        return None
    st.session_state[UPLOADED] = (file.file_id, source)
    return source


def _show_source(source: Source) -> None:
    for reason, n in source.left_out.items():
        st.warning(f"{n} files were left in the archive: {frame.plain(reason)}")
    detected = _survey(source.folder)
    asked, found = st.columns([1, 1.4], gap="large")
    with asked:
        choices = _ask_choices(source.folder, detected)
        name = st.text_input("Name", _suggest_name(source), max_chars=40, key="add_name")
        is_asked = st.button("Index it", type="primary")
        st.caption("Reads headers, never pixels; you can stop it and nothing half-done is left.")
    with found:
        frame.show_errors_of(_show_survey, source.folder, choices)
    if is_asked:
        frame.show_errors_of(_start, source, name, choices)


def _ask_choices(folder: Path, detected: dict[str, Any]) -> Choices:
    from mammo_core.datasets.labeling import SCHEMES
    from mammo_core.datasets.layouts import LAYOUTS

    names = list(LAYOUTS)
    layout = st.selectbox(
        "Layout", names, names.index(detected["format"]),
        format_func=lambda name: LAYOUTS[name].title, key=f"add_layout_{folder}",
        help="Found out by looking; change it where that went wrong.",
    )  # fmt: skip
    schemes = list(dict.fromkeys((*LAYOUTS[layout].schemes, "none")))
    labels = st.selectbox(
        "Labels", schemes, format_func=lambda name: SCHEMES[name].meaning, key="add_labels"
    )
    birads = _ask_birads() if labels == "birads" else ""
    left, right = st.columns([2, 1])
    shares = left.text_input(
        "Shares of train, val, test in %", "60,20,20", key="add_shares",
        help="Patients are dealt, never single images; a source's own splits are kept.",
    )  # fmt: skip
    seed = right.number_input("Seed", 0, 2**31, 0, key="add_seed")
    return Choices(layout, labels, birads, shares, int(seed))


def _ask_birads() -> str:
    from mammo_core.datasets.labeling import BIRADS_CLASSES

    usual = ",".join(f"{grade}:{label}" for grade, label in BIRADS_CLASSES.items())
    return st.text_input(
        "Class of each BI-RADS assessment", usual, key="add_birads",
        help="An assessment is a suspicion, not pathology: 3 turns out malignant in up to 2 %.",
    )  # fmt: skip


def _show_survey(folder: Path, choices: Choices) -> None:
    """What an index would hold; nothing has run yet."""
    told = _survey(folder, choices)
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
        st.warning(frame.plain(warning))
    st.caption("A dry run: no image was opened yet, so that more files may be refused later.")


def _list_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{frame.plain(name)} **{n:,}**" for name, n in counts.items())


@st.cache_data(ttl=300, max_entries=16, show_spinner="Looking into it; no image is opened")
def _survey(folder: Path, choices: Choices | None = None) -> Any:
    """The dry run, with what the layout itself suggests where nothing was chosen yet."""
    from mammo_core.datasets.survey import survey_dataset

    if choices is None:
        return survey_dataset(folder)
    labeling, dealing = _settings(choices)
    return survey_dataset(folder, choices.layout, labeling=labeling, dealing=dealing)


def _settings(choices: Choices) -> tuple["Labeling", "Dealing"]:
    from mammo_core.datasets.labeling import BIRADS_CLASSES, Labeling, parse_birads_classes
    from mammo_core.datasets.splits import Dealing, parse_shares

    classes = parse_birads_classes(choices.birads) if choices.birads else BIRADS_CLASSES
    return Labeling(choices.labels, classes), Dealing(choices.seed, parse_shares(choices.shares))


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
    _settings(choices)
    arguments = ["index", str(source.root), "--out", str(_folder(name)), *choices.to_arguments()]
    st.session_state[STARTED] = jobs.start_job(f"Index {name}", arguments).id
    st.rerun()
