"""What maps that explain a difference compare an image with: what is kept, and drawing it."""

from typing import TYPE_CHECKING

import streamlit as st

from mammo_core import jobs
from mammo_ui import frame, job_view, job_watch, library

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

SPLITS = ("train", "val", "test")
ANY = "any class"
HELP = "What expected gradients and SHAP compare an image with."
PRIVATE = (
    "The model's folder then holds the pixels of these patients: do not share it further than "
    "them. Each such map asks the model about all of them once more."
)


def offer_references(model: "StoredModel") -> None:
    """A button that opens what is kept with a model as references, and how to draw others."""
    place = st.popover(
        "Reference images", help=HELP, key=f"references_{model.id}", on_change="rerun"
    )
    if place.open:
        with place:
            frame.show_errors_of(_show, model)


def _show(model: "StoredModel") -> None:
    from mammo_core.background import describe_background

    last = job_watch.last_job_of("background", str(model.path))
    if last is not None and last.state in jobs.UNFINISHED:
        job_view.show_job(last)
        return
    frame.show_errors_of(lambda: st.markdown(frame.plain(describe_background(model))))
    if last is not None:
        job_view.tell_end(last)
    _ask(model)


def _ask(model: "StoredModel") -> None:
    """Which images, and the button that draws them in the background."""
    datasets = library.dataset_names()
    if not datasets:
        st.caption("Add a dataset on Data to draw some from it.")
        return
    dataset = st.selectbox("Draw at random from", datasets, key="references_from")
    there = set(library.require_dataset(dataset).index["split"])
    splits = [name for name in SPLITS if name in there]
    if not splits:
        st.caption("Its images are of no split: none can be drawn.")
        return
    split = st.segmented_control(
        "Split", splits, default=splits[0], required=True, key=f"references_split_{dataset}"
    )
    label = st.selectbox("Of", [ANY, *model.classes], key="references_label")
    count = st.number_input("Images", 1, 200, 20, key="references_count")
    arguments = ["background", str(model.path), str(library.dataset_path(dataset))]
    arguments += ["--count", str(count), "--split", split]
    arguments += [] if label == ANY else ["--label", label]
    if st.button("Keep them with the model", key="references_draw"):
        jobs.start_job(f"Reference images of {model.id}", arguments)
        st.rerun()
    st.caption(PRIVATE)
