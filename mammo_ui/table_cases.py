"""A case of a model that is only a table: its picture where there is one, and what is missing."""

from typing import TYPE_CHECKING

import streamlit as st

from mammo_ui import frame, routes
from mammo_ui.viewer import Panel, show_viewer

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.model_store import StoredModel


def show_picture(model: "StoredModel", dataset: "Dataset", image_id: str) -> None:
    """The image with its lesions' outline; in words why there is no map, and perhaps no image."""
    st.info(
        f"{frame.plain(model.id)} is only a table of predictions: without a network behind it, "
        "none of its answers can be explained."
    )
    if not dataset.has_pictures:
        st.caption(
            "Its table was taken in without a dataset, so that there are no pictures. Index the "
            "images with the same ids, and take the table in again with that dataset to see them."
        )
        return
    image = dataset.index.set_index("image_id").loc[image_id]
    outline = routes.outline_address(dataset, image_id) if dataset.mask_of(image_id) else None
    panel = Panel("Original", routes.image_address(dataset, image_id), alt=f"Mammogram {image_id}")
    show_viewer([panel], aspect=image["columns"] / image["rows"], outline=outline, key="viewer")
