"""The head of the Data page: what kind of collection it is, and how much of it there is."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core import jobs
from mammo_ui import frame, job_view, job_watch
from mammo_ui.inventory import Inventory

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

CARDS = {
    "images": ("Images", "That the dataset holds, those to be decided about among them."),
    "patients": ("Patients", "Whom the images are of."),
    "refused": ("Refused", "Files that were left out; the tab Refused says why."),
    "asked": ("To decide", "Images to look at on the tab Refused; they are in no split yet."),
    "warnings": ("Warnings", "What to know before numbers from these data are trusted."),
}


def show_head(stock: Inventory, dataset: "Dataset") -> None:
    """Layout, labels and licence in a line, the counts as cards, the warnings, what to do next."""
    st.caption(
        f"**{frame.plain(stock.layout)}**  ·  {_labels(stock)}  \n"
        f"Licence: {frame.plain(stock.licence)}"
    )
    numbers = {
        "images": stock.images,
        "patients": stock.patients,
        "refused": stock.refused,
        "asked": stock.asked,
        "warnings": len(stock.warnings),
    }
    with st.container(key="stock"):
        places = st.columns(len(CARDS), gap="small")
    for place, (key, (title, meaning)) in zip(places, CARDS.items(), strict=True):
        place.metric(title, f"{numbers[key]:,}", border=True, help=meaning)
    _show_warnings(stock.warnings)
    if dataset.has_pictures and not stock.is_prepared:
        _offer_preparation(dataset)
    _offer_removal(dataset)


def _offer_removal(dataset: "Dataset") -> None:
    """The way to take a dataset off the list, behind a question."""
    from mammo_core.datasets.registry import is_removable

    if not is_removable(dataset.path):
        return
    with st.popover("Remove", type="tertiary", help="Takes this dataset off the list."):
        st.markdown(
            f"Take **{frame.plain(dataset.name)}** off the list? If it lies in the app's own "
            "folder its index goes, with what was decided about its images and with what an "
            "archive was unpacked into. Your own files and archives stay, and predictions too."
        )
        if st.button(f"Remove {frame.plain(dataset.name)}", key="remove_dataset"):
            frame.show_errors_of(_remove, dataset)


def _remove(dataset: "Dataset") -> None:
    from mammo_core.datasets.registry import remove

    remove(dataset.path)
    st.toast(f"{frame.plain(dataset.name)} is off the list.")
    st.rerun()


def _offer_preparation(dataset: "Dataset") -> None:
    """The pixels of a new dataset were not seen yet: the job that looks at them."""
    arguments = ["prepare", str(dataset.path)]
    last = job_watch.last_job(arguments)
    if last is not None and last.status().state == "running":
        job_view.show_job(last)
        return
    if last is not None:
        job_view.tell_end(last)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            "Only headers were read so far. **Prepare** looks at the pixels: what is no mammogram "
            "is refused then, and models get their input."
        )
        if st.button("Prepare", type="primary"):
            jobs.start_job(f"Prepare {dataset.name}", arguments)
            st.rerun()


def _show_warnings(warnings: Sequence[str]) -> None:
    """The first warning, the others behind it."""
    if not warnings:
        return
    others = f" … and {len(warnings) - 1} more" if len(warnings) > 1 else ""
    with st.expander(f":orange[**Warning:**] {frame.plain(warnings[0])}{others}"):
        for warning in warnings:
            st.markdown(f"- {frame.plain(warning)}")


def _labels(stock: Inventory) -> str:
    if not stock.classes:
        return "no labels: images to predict on, not to train or evaluate with"
    told = f"classes {', '.join(frame.plain(name) for name in stock.classes)}"
    basis = f" ({frame.plain(stock.scheme)})" if stock.scheme else ""
    return f"{told}{basis}{_mapping(stock.birads)}"


def _mapping(birads: Mapping[str, str]) -> str:
    if not birads:
        return ""
    groups: dict[str, list[str]] = {}
    for assessment, label in birads.items():
        groups.setdefault(label, []).append(assessment)
    parts = [f"{', '.join(of)} = {frame.plain(label)}" for label, of in groups.items()]
    return f"  ·  BI\\-RADS {'; '.join(parts)}"
