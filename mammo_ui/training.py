"""The parts of the Train page: the form, the running job and those before it."""

import re
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.errors import BadConfiguration, MammoError
from mammo_core.jobs import Job, JobStatus, list_jobs, start_job
from mammo_core.paths import models_folder
from mammo_core.progress import time_left
from mammo_core.training.diagnosis import find_best_epoch
from mammo_ui import frame, library
from mammo_ui.learning_curves import read_history, show_history
from mammo_ui.names import checked_name

if TYPE_CHECKING:
    from mammo_core.training.plan import Plan

STATES = {
    "running": ("blue", "running"),
    "done": ("green", "done"),
    "stopped": ("gray", "stopped; the same settings and name go on from its last epoch"),
    "failed": ("red", "failed"),
    "died": ("red", "ended without a word"),
}
RECIPES = {
    "patch_to_image": "Patches first, then whole images",
    "whole_image": "Whole images only",
}
HOW_TO_MAKE = (
    "sample exams --patients 60 --seed 1",
    "index exams --out .mammo/datasets/exams",
)
IMBALANCE = {"class_weights": "Weigh more", "none": "As they are"}


def trainable_datasets() -> list[str]:
    """The datasets that hold training images."""
    return [name for name in library.dataset_names() if _has_training_images(name)]


def _has_training_images(name: str) -> bool:
    try:
        dataset = library.find_dataset(name)
    except MammoError:
        return False  # a damaged dataset is told of where it is chosen in the sidebar
    return dataset is not None and "train" in set(dataset.index["split"])


def show_form(dataset: str | None) -> None:
    """The form that starts a training; a wrong setting is told before anything runs.

    Args:
        dataset: The one to begin with, if it holds training images.
    """
    names = trainable_datasets()
    with st.form("training"):
        chosen = st.selectbox(
            "Dataset",
            names,
            index=names.index(dataset) if dataset in names else 0,
            disabled=not names,
            placeholder="none with training images",
            help="Those that hold training images.",
        )
        name = st.text_input("Name of the model", suggest_name(), max_chars=40)
        values = _ask_settings()
        if not names:
            _tell_how_to_make_one()
        is_asked = st.form_submit_button(
            "Start training", type="primary", width="stretch", disabled=not names
        )
    if is_asked and chosen:
        frame.show_errors_of(start_training, chosen, name, values)


def _tell_how_to_make_one() -> None:
    st.info("No dataset here has training images. Make synthetic exams to try with:")
    st.code("\n".join(f"python -m mammo_core {one}" for one in HOW_TO_MAKE), language="bash")


def suggest_name() -> str:
    """The first of my-model, my-model-2, ... that no finished model has."""
    names = (f"my-model-{n}" if n > 1 else "my-model" for n in count(1))
    return next(name for name in names if not (models_folder() / name / "model.json").exists())


def _ask_settings() -> dict[str, Any]:
    from mammo_core.training.configuration import TrainingConfiguration

    usual = TrainingConfiguration()
    rows, columns = usual.image_size
    recipe = st.selectbox("Recipe", list(RECIPES), format_func=RECIPES.get)
    left, right = st.columns(2)
    values = {
        "recipe": recipe,
        "epochs": left.number_input("Epochs of whole images", 1, 500, usual.epochs),
        "patch_epochs": right.number_input("Epochs of patches", 1, 500, usual.patch_epochs),
        "image_size": left.text_input("Image size", f"{rows}x{columns}", help="Rows x columns."),
        "patch_size": right.number_input("Side of a patch", 32, 512, usual.patch_size),
        "batch_size": left.number_input("Batch size", 1, 256, usual.batch_size),
        "learning_rate": right.number_input(
            "Learning rate", 1e-6, 1.0, usual.learning_rate, format="%.5f", help="It decays."
        ),
        "seed": left.number_input("Seed", 0, 2**31 - 1, 0, help="The same seed, the same model."),
        "imbalance": right.selectbox("Rare classes", list(IMBALANCE), format_func=IMBALANCE.get),
    }
    st.caption(
        "Cancers are rare, so rare classes weigh more unless you say otherwise. Patches around "
        "lesions help most on small data, and need lesion masks; without masks take whole images."
    )
    return values


def start_training(dataset: str, name: str, values: dict[str, Any]) -> Job:
    """Start the training as a job of its own, or let an unfinished one of the same plan go on.

    Raises:
        MammoError: For a setting, name or dataset that cannot be used.
    """
    from mammo_core.config import read_settings
    from mammo_core.training.configuration import TrainingConfiguration
    from mammo_core.training.plan import plan_training

    texts = {key: str(value) for key, value in values.items()}
    config = read_settings(TrainingConfiguration, texts)
    out = models_folder() / checked_name(name)
    plan = plan_training(library.require_dataset(dataset), config)
    check_free(out, plan)
    settings = [word for key, text in texts.items() for word in ("--set", f"{key}={text}")]
    folder = str(library.dataset_path(dataset))
    return start_job(f"Train {out.name}", ["train", folder, "--out", str(out), *settings])


def check_free(out: Path, plan: "Plan") -> None:
    """Refuse a folder that holds anything but an unfinished training of this very plan.

    Raises:
        BadConfiguration: For a finished model, a training under way, other settings or content.
    """
    from mammo_core.training.plan import check_folder

    if (out / "model.json").exists():
        raise BadConfiguration(f"The name {out.name} is taken; choose another")
    if any(_model_folder(job) == out and _is_running(job) for job in training_jobs()):
        raise BadConfiguration(f"The name {out.name} is taken by a training that runs now")
    try:
        check_folder(out, plan)
    except MammoError as error:
        raise BadConfiguration(
            f"The name {out.name} is taken; choose another. An unfinished training goes on only "
            "with the data and settings that it began with"
        ) from error


def _is_running(job: Job) -> bool:
    return job.status().state == "running"


def training_jobs() -> list[Job]:
    """All trainings, the newest first."""
    return [job for job in list_jobs() if job.description["arguments"][:1] == ["train"]]


def show_live(job: Job) -> None:
    """How a training stands; renews itself while it runs."""
    is_running = job.status().state == "running"
    st.fragment(_draw_live, run_every=2 if is_running else None)(job, is_running)


def _draw_live(job: Job, was_running: bool) -> None:
    status = job.status()
    color, words = STATES[status.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{frame.plain(job.description['title'])}**", width="content")
        st.badge(words, color=color)
        if status.state == "running" and st.button("Stop", key=f"stop_{job.id}"):
            job.cancel()
            st.toast("It stops after the step that it is in.")
    _show_progress(status)
    show_history(_model_folder(job))
    if was_running and status.state != "running":
        st.rerun()  # a whole run ends the renewing and shows the new model in the sidebar


def _show_progress(status: JobStatus) -> None:
    progress = status.progress
    if status.state == "running":
        done, total = int(progress.get("done", 0)), max(1, int(progress.get("total", 1)))
        left = time_left(done, total, float(progress.get("seconds", 0)))
        text = f"{progress.get('doing', 'Starting')}: {done} of {total}{left}"
        st.progress(min(1.0, done / total), text=frame.plain(text))
    elif status.state in ("failed", "died"):
        st.error(frame.plain(status.message or "It left no word; see its log below."))


def show_past_jobs(jobs: Sequence[Job]) -> None:
    """A row a training, and the log of the newest."""
    st.subheader("Trainings so far", anchor=False)
    st.table(describe_jobs(jobs[:30]), hide_index=True)
    with st.expander("Log of the newest"):
        st.code(jobs[0].log(8000) or "empty", language=None)


def describe_jobs(jobs: Sequence[Job]) -> list[dict[str, str]]:
    """What the table of past trainings says, the newest first.

    A folder's history belongs to the newest job that wrote into it, so only that one shows it.
    """
    rows, seen = [], set()
    for job in jobs:
        folder, status = _model_folder(job), job.status()
        color, words = STATES[status.state]
        rows.append(
            {
                "training": frame.plain(job.description["title"]),
                "started": time.strftime("%d %b %H:%M", time.localtime(job.description["created"])),
                "state": f":{color}[{words}]",
                "best epoch": "" if folder in seen else _best_epoch_text(folder),
                "last word": frame.plain(_last_word(status)),
            }
        )
        seen.add(folder)
    return rows


def _best_epoch_text(folder: Path) -> str:
    rows = read_history(folder)
    best = find_best_epoch([row for row in rows if row.get("stage") == rows[-1].get("stage")])
    if best is None:
        return frame.DASH
    return f"{best} of {len(rows)}, AUROC {rows[best - 1]['val_auroc']:.2f}"


def _last_word(status: JobStatus) -> str:
    """What a job says last, without the digits that nobody reads."""
    progress = status.progress
    if status.state == "running":
        return f"{progress.get('doing', 'Starting')}: {progress.get('done', 0)} of " + str(
            progress.get("total", "many")
        )
    return re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.3g}", status.message)


def _model_folder(job: Job) -> Path:
    arguments = job.description["arguments"]
    return Path(arguments[arguments.index("--out") + 1])
