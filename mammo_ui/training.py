"""The parts of the Train page: the form, the running job and its learning curves."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from mammo_core.jobs import Job, JobStatus, list_jobs, start_job
from mammo_core.paths import models_folder
from mammo_core.progress import time_left
from mammo_ui import charts, frame, library

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
IMBALANCE = {"class_weights": "Weigh more", "none": "As they are"}


def show_form(dataset: str | None) -> None:
    """The form that starts a training; a wrong setting is told before anything runs."""
    names = library.dataset_names()
    with st.form("training"):
        chosen = st.selectbox(
            "Dataset", names, index=names.index(dataset) if dataset in names else 0
        )
        name = st.text_input("Name of the model", "my-model", max_chars=40)
        values = _ask_settings()
        is_asked = st.form_submit_button("Start training", type="primary", width="stretch")
    if is_asked and chosen:
        frame.show_errors_of(start_training, chosen, name, values)


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
    """Start the training as a job of its own.

    Raises:
        MammoError: For a setting, name or dataset that cannot be used.
    """
    from mammo_core.config import read_settings
    from mammo_core.training.configuration import TrainingConfiguration

    read_settings(TrainingConfiguration, {key: str(value) for key, value in values.items()})
    _check_split(dataset)
    out = models_folder() / checked_name(name)
    settings = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    folder = str(library.dataset_path(dataset))
    return start_job(f"Train {out.name}", ["train", folder, "--out", str(out), *settings])


def _check_split(dataset: str) -> None:
    from mammo_core.errors import BadDataset

    if "train" not in set(library.require_dataset(dataset).index["split"]):
        raise BadDataset(
            f"Dataset {dataset} has no training images. Make some to try with: python -m "
            "mammo_core sample exams --patients 60 --seed 1, then: python -m mammo_core index "
            "exams --out .mammo/datasets/exams"
        )


def checked_name(name: str) -> str:
    """The name of a model's folder.

    Raises:
        BadConfiguration: Where it is anything but letters, digits, dots, dashes, underscores.
    """
    from mammo_core.errors import BadConfiguration

    name = name.strip()
    is_plain = name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    if not (is_plain and name.isascii() and name[0].isalnum()):
        raise BadConfiguration(
            "Expected a name of letters, digits, dashes and dots that begins with a letter or "
            f"digit, such as mias-1, got '{name}'"
        )
    return name


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
    rows = read_history(_model_folder(job))
    if rows:
        show_history(rows)
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


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The rows of a model folder's history.csv, numbers as numbers; empty before the first."""
    try:
        text = (folder / "history.csv").read_text(encoding="utf-8")
    except OSError:
        return []
    return [
        {key: _as_number(value) for key, value in row.items()}
        for row in csv.DictReader(io.StringIO(text))
    ]


def show_history(rows: Sequence[dict[str, Any]]) -> None:
    """Loss and AUROC over the epochs with the best one marked, and what that means in words."""
    stages = list(dict.fromkeys(row.get("stage", "training") for row in rows))
    stage = stages[-1]
    if len(stages) > 1:
        stage = st.segmented_control("Stage", stages, default=stage, required=True)
    shown = [row for row in rows if row.get("stage", "training") == stage]
    best = find_best_epoch(shown)
    st.markdown(f"**{judge_history(shown)}**")
    loss, auroc = st.columns(2)
    with loss:
        lines = {"train": "loss", "val": "val_loss"}
        _show_lines(
            "Loss",
            "Cross-entropy",
            shown,
            lines,
            best,
            "Lower is better; a validation "
            "line that rises while the training line falls means overfitting.",
        )
    with auroc:
        lines = {"val": "val_auroc"}
        _show_lines(
            "Validation AUROC",
            "AUROC",
            shown,
            lines,
            best,
            "Higher is better, 0.5 is "
            "chance; the dashed line marks the best epoch, whose weights stay.",
        )


def _show_lines(
    title: str,
    quantity: str,
    rows: Sequence[dict[str, Any]],
    lines: dict[str, str],
    best: int | None,
    reading: str,
) -> None:
    points = [
        {"epoch": row["epoch"], "split": split, "value": row[column]}
        for row in rows
        for split, column in lines.items()
        if isinstance(row.get(column), float)
    ]
    if points:
        key = f"history_{quantity.lower()}"
        charts.show_chart(
            title, charts.learning_curves(quantity, list(lines), best), reading, points, key=key
        )


def find_best_epoch(rows: Sequence[dict[str, Any]]) -> int | None:
    """The epoch of the highest validation AUROC, the first of equals; None where none has one."""
    scored = [row for row in rows if isinstance(row.get("val_auroc"), float)]
    return int(max(scored, key=lambda row: row["val_auroc"])["epoch"]) if scored else None


def judge_history(rows: Sequence[dict[str, Any]]) -> str:
    """One sentence on whether it is learning."""
    best = find_best_epoch(rows)
    if best is None:
        return f"Epoch {int(rows[-1]['epoch'])}: no validation AUROC in this stage."
    then, now = next(row for row in rows if row["epoch"] == best), rows[-1]
    value, since = then["val_auroc"], int(now["epoch"]) - best
    text = f"Best validation AUROC {value:.2f} at epoch {best}"
    if value < 0.6:
        return f"{text}: hardly better than chance so far."
    if since >= 4 and now["loss"] < then["loss"] and now["val_loss"] > then["val_loss"]:
        return f"{text}; since then only the training loss falls: it is overfitting."
    if since >= 4:
        return f"{text}; no better for {since} epochs: it has stopped learning."
    return f"{text}: it is learning."


def show_past_jobs(jobs: Sequence[Job]) -> None:
    """A row a training, and the log of the newest."""
    st.subheader("Trainings so far", anchor=False)
    st.dataframe(
        [
            {
                "training": job.description["title"],
                "state": job.status().state,
                "best epoch": find_best_epoch(read_history(_model_folder(job))),
                "last word": job.last_line()[:200],
            }
            for job in jobs[:30]
        ],
        hide_index=True,
    )
    with st.expander("Log of the newest"):
        st.code(jobs[0].log(8000) or "empty", language=None)


def _model_folder(job: Job) -> Path:
    arguments = job.description["arguments"]
    return Path(arguments[arguments.index("--out") + 1])


def _as_number(value: str | None) -> Any:
    try:
        return float(value or "")
    except ValueError:
        return value
