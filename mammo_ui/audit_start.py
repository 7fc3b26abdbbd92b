"""Starting an audit: methods, measures, how many images, how long it will take."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core import jobs
from mammo_core.attribution import METHODS
from mammo_core.audit.options import SAMPLINGS, AuditOptions
from mammo_core.audit.storage import audit_folder, count_explained
from mammo_core.evidence import METHOD_METRICS, METRICS
from mammo_core.wording import count
from mammo_ui import audit_duration, frame, job_view, job_watch, library
from mammo_ui.audit_replacing import ask_replacing

if TYPE_CHECKING:
    from mammo_ui.state import Choice

MEASURES = {**METRICS, **METHOD_METRICS}
USUAL = SAMPLINGS["default"].images


def show_start(choice: "Choice", *, is_first: bool) -> None:
    """The job at work, or the choices with a button that starts one.

    Args:
        choice: Of model and data.
        is_first: Whether nothing was audited yet, so that the button is what the page is about.
    """
    last = last_audit_job(choice)
    if last and last.state in jobs.UNFINISHED:
        job_view.show_job(last)
        st.caption("Each image is kept as soon as it is measured; you may leave this page.")
        return
    if last:
        _tell_end(last)
    if not audit_duration.count_images(choice):
        st.caption("The chosen split of this dataset has no images: choose another in the sidebar.")
        return
    start = st.container()
    with st.expander("Methods, measures and number of images"):
        options = _choose(choice)
    replace = ask_replacing(choice, options)
    _tell_begun(choice)
    with start:
        title = f"Audit {frame.plain(choice.model.id)} on {frame.plain(choice.dataset)}"
        if st.button(
            title if is_first else "Audit again", type="primary" if is_first else "secondary"
        ):
            start_audit(choice, options, replace=replace)
            st.rerun()
        audit_duration.tell_duration(choice, options)


def start_audit(choice: "Choice", options: AuditOptions, *, replace: bool = False) -> jobs.Job:
    """Start it in the background; a smaller one takes a larger one's place only if told so."""
    title = f"Audit of {choice.model.id} on {choice.dataset}"
    replacing = ["--replace"] if replace else []
    return jobs.start_job(title, [*_head(choice), *_write_options(options), *replacing])


def last_audit_job(choice: "Choice") -> jobs.Job | None:
    """The newest job that audits these images of this model, with whatever options."""
    head = _head(choice)
    recent = jobs.list_jobs()[: job_watch.RECENT]
    return next((j for j in recent if j.description["arguments"][: len(head)] == head), None)


def _head(choice: "Choice") -> list[str]:
    dataset = str(library.dataset_path(choice.dataset))
    return ["audit", str(choice.model.path), dataset, "--split", choice.split]


def _write_options(options: AuditOptions) -> list[str]:
    words = ["--limit", str(options.limit), "--sampling", options.sampling]
    for name in ("methods", "metrics"):
        chosen = getattr(options, name)
        words += [f"--{name}", ",".join(chosen)] if chosen else []
    return words


def _choose(choice: "Choice") -> AuditOptions:
    methods = _choose_names("Methods", METHODS)
    metrics = _choose_names("Measures", MEASURES)
    left, right = st.columns(2)
    n_images = audit_duration.count_images(choice)
    limit = left.number_input(
        "Images",
        1,
        n_images,
        min(USUAL or n_images, n_images),
        key=f"audit_limit_{n_images}",
        persist_state="session",
    )
    sampling = right.selectbox(
        "Dear methods and explaining again",
        list(SAMPLINGS),
        key="audit_sampling",
        persist_state="session",
        help="Methods of 100 passes and more, and measures that explain again, see fewer images "
        "by default; full lets them see all.",
    )
    return AuditOptions(
        split=choice.split, methods=methods, metrics=metrics, limit=int(limit), sampling=sampling
    )


def _choose_names(label: str, table: dict[str, Any]) -> tuple[str, ...]:
    """The chosen names; none, which is all, where nothing is chosen."""
    chosen = st.multiselect(
        label,
        list(table),
        format_func=lambda name: table[name].title,
        key=f"audit_{label.lower()}",
        persist_state="session",
        placeholder="All of them",
    )
    return tuple(chosen)


def _tell_begun(choice: "Choice") -> None:
    folder = audit_folder(choice.model, choice.dataset, choice.split)
    n_kept = _count_explained(folder, _look(folder / "cases"))
    if n_kept:
        st.caption(
            f"{count(n_kept, 'image')} explained before: what is asked again in the same way is "
            "taken over."
        )


def _look(folder: Path) -> int:
    """Changes whenever a file is put into the folder; 0 where there is none."""
    return folder.stat().st_mtime_ns if folder.is_dir() else 0


@lru_cache(maxsize=4)
def _count_explained(folder: Path, version: int) -> int:
    return count_explained(folder)


def _tell_end(job: jobs.Job) -> None:
    """What became of an audit that was not finished, and a button that goes on with it."""
    failure = job_watch.failure_of(job)
    if failure:
        st.error(f"**The last audit failed.** {frame.plain(failure)}")
    elif job.state == "stopped":
        st.info("The audit was stopped. What was measured is kept.")
    else:
        return
    if st.button("Go on with it", key="audit_go_on"):
        jobs.resume_job(job)
        st.rerun()
