"""Cases that the model takes for alike, beside the one that is open."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.embeddings.storage import are_current, embeddings_path
from mammo_ui import embedding_map, library, routes, state
from mammo_ui.gallery import Line, Tile, show_gallery
from mammo_ui.theme import class_colors

if TYPE_CHECKING:
    from mammo_core.embeddings.neighbors import Neighbor


def show_similar(choice: state.Choice, image_id: str) -> None:
    """The images of other patients that are most alike to one."""
    path = embeddings_path(choice.model, choice.dataset)
    if not are_current(path, choice.model, library.read_card(choice.dataset).version):
        st.markdown(
            "Similar cases are found by what the model makes of each image before it decides. For "
            "that it must look at each of them once."
        )
        embedding_map.offer_map(choice)
        return
    neighbors = _nearest(path, library.version_of(path), image_id)
    picked = show_gallery([_build_tile(choice, one) for one in neighbors], key="similar")
    st.caption(
        "The images of other patients that look most alike to the model; this patient's own are "
        "left out. The number is the cosine of the angle between what its last layer decides "
        "from, 1 for equal. Where their truth differs from the prediction above, the model takes "
        "for alike what is not."
    )
    if picked:
        state.open_page("case", case=picked)


@lru_cache(maxsize=64)
def _nearest(path: Path, version: int, image_id: str) -> "tuple[Neighbor, ...]":
    from mammo_core.embeddings.neighbors import find_nearest
    from mammo_core.embeddings.storage import read_embeddings

    return tuple(find_nearest(read_embeddings(path), image_id))


def _build_tile(choice: state.Choice, neighbor: "Neighbor") -> Tile:
    dataset = library.require_dataset(choice.dataset)
    label = dataset.index.set_index("image_id")["label"].get(neighbor.image_id)
    truth = label if isinstance(label, str) else "unknown"
    return Tile(
        id=neighbor.image_id,
        source=routes.thumbnail_address(dataset, neighbor.image_id),
        href=state.address("case", case=neighbor.image_id),
        alt=f"{neighbor.image_id}, truth {truth}",
        lines=(
            Line(neighbor.image_id, strong=True),
            Line(f"truth {truth}", class_colors(dataset.classes).get(truth)),
            Line(f"alike {neighbor.similarity:.2f}"),
        ),
    )
