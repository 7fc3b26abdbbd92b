"""The images that a finished training finds hardest, as pictures: label errors show up here."""

from pathlib import Path

import streamlit as st

from mammo_core.errors import MammoError
from mammo_core.hard_examples import Row, find_common_traits, read_losses
from mammo_core.paths import read_json
from mammo_ui import frame, library, routes, state
from mammo_ui.gallery import Line, Tile, show_gallery
from mammo_ui.theme import class_colors

SHOWN = 8


def show_highest_losses(folder: Path) -> None:
    """The images with the highest losses; a click opens the case. Nothing before they are known.

    Raises:
        BadTable: Where the folder's losses.csv is damaged.
    """
    rows = read_losses(folder)
    dataset = _find_dataset(folder)
    if not rows or dataset is None:
        return
    st.subheader(f"Highest losses of {frame.plain(folder.name)}", anchor=False)
    st.caption(
        "The training and validation images that the model finds hardest. Label errors show up "
        "here: look at each, and mend the table where it is wrong."
    )
    for sentence in find_common_traits(rows):
        st.caption(f"**{frame.plain(sentence)}.**")
    tiles = [_build_tile(row, dataset) for row in rows[:SHOWN]]
    picked = show_gallery(tiles, key=f"losses_{folder.name}", width=110)
    if picked:
        state.choose_next(model=folder.name, dataset=dataset.name, split="all")
        state.open_page("case", case=picked)


def _find_dataset(folder: Path) -> library.DatasetCard | None:
    """The dataset that the model was trained on, if it is here and still the same."""
    try:
        trained_on = read_json(folder / "training.json")["dataset"]
        card = library.read_card(trained_on["name"])
    except (MammoError, KeyError):
        return None
    return card if card.version == trained_on["fingerprint"] else None


def _build_tile(row: Row, dataset: library.DatasetCard) -> Tile:
    colors = class_colors(dataset.classes)
    label, predicted = row["label"], row["predicted"]
    return Tile(
        id=row["image_id"],
        source=routes.thumbnail_address(dataset, row["image_id"]),
        href=state.address("case", case=row["image_id"], dataset=dataset.name, split="all"),
        alt=f"{row['image_id']}, labeled {label}, predicted {predicted}",
        lines=write_lines(row, colors),
        mark="correct" if label == predicted else "wrong",
    )


def write_lines(row: Row, colors: dict[str, str]) -> tuple[Line, ...]:
    """What stands below the picture: id, label, prediction, loss."""
    sign = "✓" if row["label"] == row["predicted"] else "✗"
    return (
        Line(f"{row['image_id']} ({row['split']})", strong=True),
        Line(f"labeled {row['label']}", colors.get(row["label"])),
        Line(f"{sign} said {row['predicted']}", colors.get(row["predicted"])),
        Line(f"loss {row['loss']:.2f}"),
    )
