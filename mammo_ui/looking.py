"""The Data page's tab Look: random images, and one of them in its own values, step by step."""

import random
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.wording import count
from mammo_ui import frame, routes, state, traces
from mammo_ui.gallery import Line, Tile, show_gallery
from mammo_ui.state import IMAGE
from mammo_ui.theme import class_colors
from mammo_ui.viewer.original import show_original

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.model_store import StoredModel

AT_ONCE = 24
SEED = "draw"
HEADER_FACTS = {
    "kind": "File",
    "modality": "Modality",
    "acquisition": "Acquisition",
    "laterality": "Side",
    "view": "View",
    "photometric": "Gray scale",
    "intent": "Intent",
    "bits_stored": "Bits",
    "pixel_spacing_mm": "Spacing in mm",
    "spacing_basis": "Spacing from",
    "manufacturer": "Scanner",
    "implant": "Implant",
    "transfer_syntax": "Transfer syntax",
}
INDEX_FACTS = {
    "patient_id": "Patient",
    "label": "Label",
    "split": "Split",
    "laterality": "Side",
    "view": "View",
    "density": "Density",
    "age": "Age",
    "birads": "BI-RADS",
    "lesion": "Lesion",
    "source": "Source",
}


def show_look(dataset: "Dataset", model: "StoredModel | None") -> None:
    """The grid, or the one image that the address names."""
    image_id = st.query_params.get(IMAGE)
    if image_id is None:
        _show_grid(dataset)
    elif image_id in set(dataset.index["image_id"]):
        _show_one(dataset, image_id, model)
    else:
        st.info(f"There is no image {frame.plain(image_id)} in this dataset.")
        _show_way_back()


def draw_sample(image_ids: list[str], seed: int) -> list[str]:
    """Up to `AT_ONCE` ids; one seed gives one draw."""
    return random.Random(seed).sample(image_ids, min(AT_ONCE, len(image_ids)))


def _show_grid(dataset: "Dataset") -> None:
    seed = _read_seed()
    images = dataset.index.set_index("image_id", drop=False)
    drawn = draw_sample(list(images.index), seed)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{len(drawn)} of {count(len(images), 'image')}**, drawn at random", width="content"
        )
        st.button("Others", on_click=_write_seed, args=(seed + 1,))
    tiles = [_build_tile(dataset, image) for image in images.loc[drawn].to_dict("records")]
    picked = show_gallery(tiles, key="look_grid", width=120)
    st.caption("Click an image to see its header, its own gray values and what a model gets of it.")
    if picked:
        st.query_params[IMAGE] = picked
        st.rerun()


def _read_seed() -> int:
    text = st.query_params.get(SEED, "0")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _write_seed(seed: int) -> None:
    st.query_params[SEED] = str(seed)


def _build_tile(dataset: "Dataset", image: dict[str, Any]) -> Tile:
    label = image["label"] if isinstance(image["label"], str) else None
    where = [image[name] for name in ("laterality", "view") if isinstance(image[name], str)]
    return Tile(
        id=image["image_id"],
        source=routes.thumbnail_address(dataset, image["image_id"]),
        href=state.address("data", dataset=dataset.name, tab="Look", image=image["image_id"]),
        alt=f"{' '.join(where)} mammogram {image['image_id']}, {label or 'no label'}",
        lines=(
            Line(image["image_id"], strong=True),
            Line(label or "no label", class_colors(dataset.classes).get(label or "")),
            Line(" ".join(where) or "side and view unknown"),
        ),
    )


def _show_one(dataset: "Dataset", image_id: str, model: "StoredModel | None") -> None:
    from mammo_core.preprocess import Preprocess

    _show_way_back()
    path = dataset.file_of(image_id)
    facts, original = st.columns([1, 2.4], gap="medium")
    with facts:
        frame.show_errors_of(_show_facts, dataset, image_id)
    with original, st.container(key="own_values"):
        _show_original(dataset, image_id)
    taken = f"**{frame.plain(model.id)}**" if model else "a model with the usual settings"
    st.markdown(f"**From the file to the input of** {taken}")
    preprocess = model.preprocess if model and not model.is_table else Preprocess()
    frame.show_errors_of(_show_trace, path, preprocess, f"{dataset.fingerprint}/{image_id}")


def _show_trace(path: Any, preprocess: Any, key: str) -> None:
    traces.show_trace(path, preprocess, key=key)


def _show_way_back() -> None:
    if st.button("Back to the images"):
        del st.query_params[IMAGE]
        st.rerun()


def _show_facts(dataset: "Dataset", image_id: str) -> None:
    row = dataset.index.set_index("image_id").loc[image_id]
    st.markdown(f"**{frame.plain(image_id)}**")
    st.table(_list_facts(row, INDEX_FACTS), hide_header=True, border="horizontal")
    header = _read_header(f"{dataset.fingerprint}/{image_id}", dataset.file_of(image_id))
    st.markdown("**What the file says**", help="Names, ids and dates are never read out.")
    st.table(_list_facts(header, HEADER_FACTS), hide_header=True, border="horizontal")
    for sentence in header.get("conflicts") or ():
        st.warning(frame.plain(sentence))


def _list_facts(source: Any, titles: dict[str, str]) -> dict[str, str]:
    known = {title: source.get(key) for key, title in titles.items()}
    return {
        title: _tell(value)
        for title, value in known.items()
        if value is not None and value == value and value != ""
    }


def _tell(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else frame.as_text(value)


@st.cache_data(max_entries=64, show_spinner=False)
def _read_header(key: str, _path: Any) -> dict[str, Any]:
    from pydicom.uid import UID

    from mammo_core.dicom import read_header

    header = read_header(_path)
    syntax = header.get("transfer_syntax")
    return {**header, "transfer_syntax": UID(syntax).name} if syntax else header


def _show_original(dataset: "Dataset", image_id: str) -> None:
    st.markdown("**The file's own gray values**")
    alt = f"The stored gray values of {image_id}"
    show_original(routes.original_address(dataset, image_id), alt=alt, key="original")
